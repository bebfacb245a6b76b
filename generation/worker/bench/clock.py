"""Times of every call of every network while pictures are made, on the device's own clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import torch

from generation.worker.loading import Loaded

Role = Literal["base", "refiner", "text", "decode"]


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a network: when it began and ended, in seconds from an unknown moment."""

    role: Role
    begun: float
    ended: float


class Clock:
    """Looks on while networks are called, and does not hold them up.

    On CUDA the moments are those at which the device came to them.
    """

    def __init__(self, loaded: Loaded, device: torch.device) -> None:
        base, refiner = loaded.base.text, loaded.refiner
        self._networks: list[tuple[Role, Any]] = [("base", base.unet), ("decode", base.vae.decoder)]
        if refiner is not None:
            self._networks.append(("refiner", refiner.unet))
        encoders = (base.text_encoder, getattr(base, "text_encoder_2", None))
        self._networks += [("text", each) for each in encoders if each is not None]
        self._on_device = device.type == "cuda"
        self._moments: list[tuple[Role, Any]] = []
        self._first: Any = None

    @contextmanager
    def looking_on(self) -> Iterator[None]:
        """Take down the calls that are made meanwhile, and forget those before."""
        self._moments.clear()
        self._first = self._now()
        hooks = [hook for role, network in self._networks for hook in self._hook(role, network)]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    @property
    def calls(self) -> list[Call]:
        """The calls in order; waits until the device is through with them."""
        if self._on_device:
            torch.cuda.synchronize()
        moments = iter(self._moments)
        return [
            Call(role, self._seconds(begun), self._seconds(ended))
            for (role, begun), (_, ended) in zip(moments, moments, strict=True)
        ]

    def _hook(self, role: Role, network: Any) -> tuple[Any, Any]:
        def look(*arguments: Any) -> None:
            self._moments.append((role, self._now()))

        return network.register_forward_pre_hook(look), network.register_forward_hook(look)

    def _now(self) -> Any:
        if not self._on_device:
            return time.perf_counter()
        moment: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        moment.record()
        return moment

    def _seconds(self, moment: Any) -> float:
        if self._on_device:
            milliseconds: float = self._first.elapsed_time(moment)
            return milliseconds / 1000
        return float(moment - self._first)


def at_work(calls: list[Call]) -> float:
    """Return the seconds in which any network worked."""
    return sum(call.ended - call.begun for call in calls)


def step_seconds(calls: list[Call], role: Role) -> float | None:
    """Return the median seconds from one step of a stage to the next; none without a second."""
    begun = [call.begun for call in calls if call.role == role]
    return statistics.median(later - one for one, later in pairwise(begun)) if begun[1:] else None
