"""Small UNets without the time that Python takes: their operations are recorded, and replayed.

A step of the mini model's base is some 600 operations of 20 µs each, between which a third of the
time goes by in the library's layers. ``torch.jit.trace`` writes the operations down; replayed, they
are the same kernels with the same numbers in the same order, and so the same bits come out. None of
torch's optimizations is let near them, each recording is held against the network itself, and one
that differs in a bit is never used: whether a call is replayed decides no pixel.
"""

from __future__ import annotations

import logging
import warnings
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any, Final

import torch

from generation.worker.attention import Pair, PromptKeys

WORTH: Final = 24
"""Calls of a kind before it is recorded, which takes as long as 30 to 50 of them: pictures of a
size that nobody asks for again are painted as they are."""
KINDS: Final = 32
"""Kinds of calls that are known at a time; the one used longest ago leaves first."""
LARGEST: Final = 256 * 2**20
"""Bytes of a UNet from which on Python's share is not worth the while."""

Tensors = tuple[torch.Tensor, ...]
Program = Callable[..., torch.Tensor]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Known:
    """A kind of call: how often it came, its recording, and whether there can be none."""

    calls: int = 0
    program: Program | None = None
    spoiled: bool = False


@dataclass(frozen=True, slots=True)
class _Call:
    """What a UNet is called with; ``names`` are those of ``told``."""

    sample: torch.Tensor
    time: torch.Tensor
    texts: torch.Tensor
    names: tuple[str, ...]
    told: Tensors

    @property
    def tensors(self) -> Tensors:
        return (self.sample, self.time, self.texts, *self.told)

    @property
    def kind(self) -> Hashable:
        form = ((each.shape, each.stride(), each.dtype) for each in self.tensors)
        return self.names, tuple(form)


class TracedUNet:
    """Stands in for ``forward`` of a UNet that stays where it is.

    ``keys`` are those that its layers keep, if they do. ``altered`` says whether its layers act
    otherwise at the moment than they did when it was made: then nothing is replayed. A recording
    holds on to the weights as they lay: ``forget`` has to be called when they are sent elsewhere.
    """

    def __init__(
        self, unet: Any, keys: PromptKeys | None, altered: Callable[[], bool] = lambda: False
    ) -> None:
        self.unet = unet
        self._keys = keys
        self._altered = altered
        self._known: OrderedDict[Hashable, _Known] = OrderedDict()
        unet.forward = self

    @property
    def recordings(self) -> int:
        """How many kinds of calls are replayed."""
        return sum(known.program is not None for known in self._known.values())

    def forget(self) -> None:
        """Drop all recordings, and begin to count anew."""
        self._known.clear()

    def __call__(
        self,
        sample: torch.Tensor,
        timestep: Any,
        encoder_hidden_states: torch.Tensor,
        *,
        added_cond_kwargs: Mapping[str, torch.Tensor] | None = None,
        return_dict: bool = True,
        **others: Any,
    ) -> Any:
        """Return what the UNet predicts, as its own ``forward`` does."""
        told = added_cond_kwargs or {}
        plain = isinstance(timestep, torch.Tensor) and not return_dict
        if plain and not self._altered() and all(other is None for other in others.values()):
            call = _Call(sample, timestep, encoder_hidden_states, tuple(told), tuple(told.values()))
            program = self._program(call)
            if program is not None:
                return (_replayed(program, self._inputs(call)),)
        return self._own(
            sample,
            timestep,
            encoder_hidden_states,
            added_cond_kwargs=added_cond_kwargs,
            return_dict=return_dict,
            **others,
        )

    def _own(self, *values: Any, **named: Any) -> Any:
        return type(self.unet).forward(self.unet, *values, **named)

    def _program(self, call: _Call) -> Program | None:
        """Return the recording of this kind of call, if there is one or it is time to make it."""
        kind = call.kind
        known = self._known.setdefault(kind, _Known())
        self._known.move_to_end(kind)
        if len(self._known) > KINDS:
            self._known.popitem(last=False)
        known.calls += 1
        if known.program is None and known.calls > WORTH and not known.spoiled:
            known.program = self._recorded(call)
            known.spoiled = known.program is None
        return known.program

    def _inputs(self, call: _Call) -> Tensors:
        if self._keys is None:
            return call.tensors
        kept = self._keys.all_of(call.texts)
        return (*call.tensors, *(tensor for pair in kept for tensor in pair))

    def _recorded(self, call: _Call) -> Program | None:
        """Record a call; none where that fails, or where the replay differs from the network."""
        inputs = self._inputs(call)
        network = _Recorded(self.unet, self._keys, call.names)
        try:
            with _as_the_library_has_it(self.unet), torch.no_grad(), warnings.catch_warnings():
                # Of sizes that become constants, as they should, and that there is a newer way.
                warnings.simplefilter("ignore")
                program = _recording(network, inputs)
                expected = network(*inputs)
                same = torch.equal(_replayed(program, inputs), expected)
        except Exception as error:  # noqa: BLE001 - the network itself does as well
            log.warning("a UNet cannot be recorded: %s", str(error).strip()[:200])
            return None
        if not same:
            log.warning("a recording of a UNet gives other numbers, and is not used")
            return None
        log.info("recorded a UNet at %s", " x ".join(map(str, call.sample.shape)))
        return program


class _Recorded(torch.nn.Module):
    """A UNet as a function of tensors alone."""

    def __init__(self, unet: Any, keys: PromptKeys | None, names: tuple[str, ...]) -> None:
        super().__init__()
        self.unet = unet
        self._keys = keys
        self._names = names

    def forward(
        self, sample: torch.Tensor, time: torch.Tensor, texts: torch.Tensor, *rest: torch.Tensor
    ) -> torch.Tensor:
        told, kept = rest[: len(self._names)], rest[len(self._names) :]
        pairs: list[Pair] = list(zip(kept[::2], kept[1::2], strict=True))
        with self._keys.given(pairs) if self._keys is not None else nullcontext():
            predicted: torch.Tensor = self.unet(
                sample,
                time,
                texts,
                added_cond_kwargs=dict(zip(self._names, told, strict=True)) or None,
                return_dict=False,
            )[0]
        return predicted


def _recording(network: torch.nn.Module, inputs: Tensors) -> Program:
    jit: Any = torch.jit
    traced = jit.trace(network.eval(), inputs, check_trace=False)
    # Weights become constants of the program, which are the same tensors; none is changed.
    program: Program = jit.freeze(traced, optimize_numerics=False)
    return program


def _replayed(program: Program, inputs: Tensors) -> torch.Tensor:
    jit: Any = torch.jit
    with torch.no_grad(), jit.optimized_execution(False):
        return program(*inputs)


@contextmanager
def _as_the_library_has_it(unet: Any) -> Iterator[None]:
    """Let a network's calls reach its own ``forward`` for a while."""
    standing_in = unet.__dict__.pop("forward", None)
    try:
        yield
    finally:
        if standing_in is not None:
            unet.forward = standing_in
