"""Networks that move to the device for their turn: the same pixels, and LoRAs all the same."""

from __future__ import annotations

from typing import Any

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


def lying(network: torch.nn.Module) -> list[int]:
    """Return where the tensors of a network are; a CPU as a device gets copies as any other."""
    return [tensor.data_ptr() for tensor in (*network.parameters(), *network.buffers())]


def test_a_network_comes_for_its_turn_and_goes_home_without_a_copy() -> None:
    shared, own = torch.nn.Linear(2, 2), torch.nn.BatchNorm1d(2).eval()
    plan = MemoryPlan("model-offload", vae_tiles=False)
    residence = Residence(plan, torch.device("cpu"), [shared, own, shared], own)
    home, own_home = lying(shared), lying(own)
    for _ in range(2):
        shared(torch.ones(1, 2))
        visiting = lying(shared)
        assert not set(visiting) & set(home)
        shared(torch.ones(1, 2))
        assert (lying(shared), lying(own)) == (visiting, own_home)
        own(torch.ones(1, 2))
        residence.leave(shared, None)
        assert lying(shared) == home
        assert not set(lying(own)) & set(own_home)
        residence.leave_all()
        assert lying(own) == own_home


def test_layers_are_put_in_where_a_network_lives() -> None:
    network = torch.nn.Linear(2, 2)
    plan = MemoryPlan("model-offload", vae_tiles=False)
    residence = Residence(plan, torch.device("cpu"), [network], network)
    home = lying(network)
    network(torch.ones(1, 2))
    with residence.unhooked():
        assert lying(network) == home
        network.bias = torch.nn.Parameter(torch.ones(2))
    with torch.no_grad():
        assert network(torch.zeros(1, 2)).tolist() == [[1, 1]]
    residence.leave(network)
    assert network.bias.tolist() == [1, 1]
    assert lying(network)[0] == home[0]


class Stubborn(torch.nn.Linear):
    """A network for which there is no memory."""

    def to(self, *args: Any, **kwargs: Any) -> Any:
        raise torch.OutOfMemoryError


def test_networks_of_which_some_could_not_leave_have_to_settle_again() -> None:
    one, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    plan = MemoryPlan("resident", vae_tiles=False)
    residence = Residence(plan, torch.device("cpu"), [one, other], one)
    other.__class__ = Stubborn
    with pytest.raises(torch.OutOfMemoryError):
        residence.withdraw()
    assert residence.is_away
    other.__class__ = torch.nn.Linear
    residence.settle()
    assert not residence.is_away
