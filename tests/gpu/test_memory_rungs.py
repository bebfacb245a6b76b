"""SDXL with its refiner under allocators as small as cards are: it fits, and looks the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest
import torch

from generation.bench.published import random_model
from generation.recipe import Refiner
from generation.settings import GenerationSettings
from generation.worker.bench.random_weights import load_random
from generation.worker.exhaustion import free_memory
from generation.worker.loading import Loaded
from generation.worker.machine import Machine
from generation.worker.memory import CONTEXT_BYTES, Offload
from generation.worker.studio import Studio
from tests.memory_ladder import HALF, Taken, peak, plan_on, total_of
from tests.studio_bench import paint, sha256

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

Cap = Callable[[int], AbstractContextManager[None]]
MODEL = random_model("sdxl")
RECIPE: dict[str, Any] = {
    "model": MODEL.name,
    "width": 1024,
    "height": 1024,
    "steps": 4,
    "refiner": Refiner(0.5),
}
LADDER: tuple[tuple[int, Offload], ...] = (
    (24, "resident"),
    (16, "resident"),
    (12, "model-offload"),
    (8, "model-offload"),
    (6, "group-offload"),
    (4, "sequential-offload"),
)


class Rungs:
    """Studios on cards of any size, with one set of random weights that lies in the machine."""

    def __init__(self) -> None:
        self._loaded: Loaded | None = None
        self.studio: Studio | None = None

    def on(self, gigabytes: int) -> Studio:
        """Return a studio on a card that is sold with so much memory."""
        self.leave()
        studio = Studio(GenerationSettings(models=(MODEL,), device="cuda", threads=1), self._load)
        machine = replace(studio._machine, total_bytes=total_of(gigabytes))
        studio._machine = studio._shelf._machine = machine
        self.studio = studio
        return studio

    def leave(self) -> None:
        """Bring the networks home from the last studio, without its hooks."""
        if self.studio is not None:
            for easel in self.studio._shelf.easels.values():
                for network in easel.loaded.networks:
                    easel.residence._unhook(network)
            device = self.studio._machine.device
            self.studio = None
            free_memory(device)

    def _load(self, model: Any, machine: Machine, report: Any, cache: Any = None) -> Loaded:
        if self._loaded is None:
            self._loaded = load_random(model, machine, report, cache)
            for network in self._loaded.networks:
                network.to("cpu")
            free_memory(machine.device)
        return self._loaded


@pytest.fixture(scope="module")
def rungs() -> Iterator[Rungs]:
    """Weights that are built before any cap, where the whole device is there for them."""
    rungs = Rungs()
    rungs.on(141).load(MODEL.name)
    yield rungs
    rungs.leave()


@pytest.fixture(scope="module")
def pixels() -> dict[bool, str]:
    """The first picture's hash, by whether the VAE works in tiles."""
    return {}


@pytest.mark.parametrize(("gigabytes", "offload"), LADDER)
def test_a_picture_fits_and_is_the_same_wherever_the_weights_wait(
    rungs: Rungs, pixels: dict[bool, str], capped: Cap, gigabytes: int, offload: Offload
) -> None:
    studio = rungs.on(gigabytes)
    with capped(total_of(gigabytes) - CONTEXT_BYTES):
        painting = paint(studio, **RECIPE)
        most = torch.cuda.max_memory_allocated()
        again = paint(studio, **RECIPE)
        rungs.leave()
    assert painting.environment["offload"] == offload
    assert sha256(again) == sha256(painting)
    assert pixels.setdefault(painting.environment["vae_tiles"], sha256(painting)) == sha256(
        painting
    )
    counted = peak(plan_on(gigabytes, Taken(HALF)), Taken(HALF)) - CONTEXT_BYTES
    # Kernels have workspaces, which counted tensors know nothing of.
    assert most < counted + CONTEXT_BYTES


def test_the_vae_is_never_converted(rungs: Rungs) -> None:
    studio = rungs.on(141)
    studio.load(MODEL.name)
    vae = studio.easel(MODEL.name).loaded.vae
    lying = [parameter.data_ptr() for parameter in vae.parameters()]
    seen = set()
    handle = vae.decoder.conv_in.register_forward_hook(
        lambda _layer, given, _made: seen.add(given[0].dtype)
    )
    paint(studio, **RECIPE)
    handle.remove()
    assert seen == {torch.float16}
    assert [parameter.data_ptr() for parameter in vae.parameters()] == lying
