"""Networks that move to the device for their turn: the same pixels, and LoRAs all the same."""

from __future__ import annotations

import pytest
import torch

from generation.recipe import LoraUse, Refiner
from generation.worker.memory import MemoryPlan, Offload
from generation.worker.painter import Stopped
from generation.worker.residence import Residence
from generation.worker.studio import Studio
from tests.studio_bench import Witness, new_studio, paint, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


def moved_to(studio: Studio, offload: Offload) -> None:
    """Let the mini model live by a plan that only accelerators get; here all is one memory."""
    studio.load("mini")
    easel = studio.easel("mini")
    residence = Residence(
        MemoryPlan(offload, vae_tiles=False),
        torch.device("cpu"),
        easel.loaded.networks,
        easel.loaded.vae,
    )
    easel.residence = easel.adapters._residence = residence


@pytest.mark.parametrize("offload", ["model-offload", "group-offload", "sequential-offload"])
def test_moving_networks_changes_no_pixel(offload: Offload) -> None:
    resident, moving = new_studio(), new_studio()
    moved_to(moving, offload)
    lora = (LoraUse("inkstyle", 0.8),)
    for changes in ({}, {"refiner": Refiner(0.5)}, {"loras": lora}, {"refiner": Refiner(0.6)}):
        assert sha256(paint(moving, **changes)) == sha256(paint(resident, **changes))
    with pytest.raises(Stopped):
        paint(moving, watch=Witness(stop_at=2), loras=lora)
    assert sha256(paint(moving)) == sha256(paint(resident))
