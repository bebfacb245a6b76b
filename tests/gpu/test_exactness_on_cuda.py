"""The mini model on a CUDA device: the same pixels, whatever came before and wherever it waited."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.hooks.group_offloading import _LAYER_EXECUTION_TRACKER

from generation.models import MINI, MINI_FOLDER, Model
from generation.recipe import LoraUse, Refiner
from generation.settings import Levers, Memory
from generation.worker.painter import Stopped
from generation.worker.studio import Studio
from tests.studio_bench import Witness, new_studio, paint, sha256

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

INKSTYLE = (LoraUse("inkstyle", 0.8),)
TURNS: tuple[dict[str, Any], ...] = (
    {},
    {"refiner": Refiner(0.5)},
    {"loras": INKSTYLE},
    {"width": 192, "height": 128},
    {"loras": INKSTYLE, "width": 192, "height": 128},
    {"sampler": "dpm++2m"},
)


def on_cuda(**settings: Any) -> Studio:
    return new_studio(device="cuda", **settings)


def hashes(studio: Studio) -> list[str]:
    return [sha256(paint(studio, **changes)) for changes in TURNS]


@pytest.fixture(scope="module")
def expected() -> list[str]:
    """Each turn's picture, by a studio of its own that has painted nothing else."""
    return [sha256(paint(on_cuda(), **changes)) for changes in TURNS]


def test_what_came_before_does_not_matter(expected: list[str]) -> None:
    studio = on_cuda()
    assert hashes(studio) == expected
    assert hashes(studio) == expected


@pytest.mark.parametrize("memory", ["model-offload", "group-offload", "sequential-offload"])
def test_moving_networks_changes_no_pixel(memory: Memory, expected: list[str]) -> None:
    studio = on_cuda(memory=memory)
    assert hashes(studio) == expected
    with pytest.raises(Stopped):
        paint(studio, watch=Witness(stop_at=2), loras=INKSTYLE)
    assert hashes(studio) == expected
    unet = studio.easel("mini").loaded.base.text.unet
    registries = [getattr(module, "_diffusers_hook", None) for module in unet.modules()]
    assert not [each for each in registries if each and each.get_hook(_LAYER_EXECUTION_TRACKER)]


def test_between_their_turns_networks_take_nothing_of_the_device() -> None:
    studio = on_cuda(memory="model-offload")
    paint(studio, refiner=Refiner(0.5))
    devices = {
        parameter.device.type
        for network in studio.easel("mini").loaded.networks
        for parameter in network.parameters()
    }
    assert devices == {"cpu"}


def test_a_model_that_waited_in_the_machine_paints_the_same(expected: list[str]) -> None:
    studio = on_cuda()
    paint(studio, loras=INKSTYLE)
    easel = studio.easel("mini")
    held = torch.cuda.memory_allocated()
    easel.withdraw()
    assert torch.cuda.memory_allocated() < held - easel.size // 2
    assert hashes(studio) == expected


def test_a_model_waits_on_the_device_while_another_is_used() -> None:
    other = Model("other", str(MINI_FOLDER / "base"), size=(128, 128))
    studio = on_cuda(models=(MINI, other))
    first = sha256(paint(studio))
    paint(studio, model="other")
    assert studio.models == ("mini", "other")
    assert {each.is_on_device for each in studio._shelf.easels.values()} == {True}
    witness = Witness()
    assert sha256(paint(studio, watch=witness)) == first
    assert "loading" not in {event.phase for event in witness.prepared}


def test_compiled_networks_paint_the_same_pixels_each_time(tmp_path: Path) -> None:
    settings: dict[str, Any] = {"levers": Levers(compile="on"), "compiled": tmp_path / "compiled"}
    studio = on_cuda(**settings)
    first = hashes(studio)
    assert hashes(studio) == first
    assert hashes(on_cuda(**settings)) == first
