"""UNets of eight-bit weights: smaller, near the full ones, and as exact in what they repeat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import nn

from generation.errors import CompilerMissing, PrecisionMissing
from generation.recipe import LoraUse, Refiner
from generation.settings import Levers, Precision
from generation.worker.precision import compiled_on_cuda, compiled_with, lower_precision
from generation.worker.studio import Studio
from tests.integration.test_studio_residence import moved_to
from tests.studio_bench import difference, new_studio, paint, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

INKSTYLE = (LoraUse("inkstyle", 1.0),)
SMALL: Mapping[str, Any] = {"width": 64, "height": 64, "steps": 3}
LOWERED: tuple[Precision, ...] = ("fp8", "int8")


@pytest.fixture(scope="module")
def studios() -> dict[Precision, Studio]:
    kinds: tuple[Precision, ...] = ("full", *LOWERED)
    return {kind: new_studio(levers=Levers(precision=kind)) for kind in kinds}


def size(studio: Studio) -> int:
    unets = studio.easel("mini").loaded.unets
    tensors = [tensor for unet in unets for tensor in (*unet.parameters(), *unet.buffers())]
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@pytest.mark.parametrize(("precision", "most"), [("fp8", 0.35), ("int8", 0.75)])
def test_weights_of_eight_bits_take_less_memory_and_paint_nearly_the_same(
    studios: dict[Precision, Studio], precision: Precision, most: float
) -> None:
    full, lowered = studios["full"], studios[precision]
    assert size(lowered) < most * size(full)
    for changes in ({"loras": INKSTYLE}, {"refiner": Refiner(0.5)}):
        painted = paint(lowered, **SMALL, **changes)
        assert 0 < difference(paint(full, **SMALL, **changes), painted) < 2
        assert painted.environment["precision"] == precision


@pytest.mark.parametrize("precision", LOWERED)
def test_a_lora_acts_on_weights_of_eight_bits_and_leaves_nothing_behind(
    studios: dict[Precision, Studio], precision: Precision
) -> None:
    before = paint(studios[precision], **SMALL)
    assert difference(before, paint(studios[precision], **SMALL, loras=INKSTYLE)) > 1
    assert sha256(paint(studios[precision], **SMALL)) == sha256(before)


@pytest.mark.parametrize("precision", LOWERED)
def test_layers_of_eight_bits_move_layer_by_layer(
    studios: dict[Precision, Studio], precision: Precision
) -> None:
    moving = new_studio(levers=Levers(precision=precision))
    moved_to(moving, "group-offload")
    for loras in ((), INKSTYLE):
        here = paint(studios[precision], **SMALL, loras=loras)
        assert sha256(paint(moving, **SMALL, loras=loras)) == sha256(here)


@pytest.mark.parametrize(("precision", "rough"), [("fp8", 1 / 16), ("int8", 1 / 254)])
def test_a_weight_is_rounded_and_no_more(precision: Precision, rough: float) -> None:
    layer = nn.Linear(64, 32)
    layer.weight.data *= torch.logspace(-4, 2, 32)[:, None]
    before = layer.weight.detach().clone()
    lower_precision([nn.Sequential(layer)], precision)
    rows = before.abs().amax(dim=1, keepdim=True)
    # Floats are off by a share of themselves, whole numbers by a share of the largest in a row.
    allowed = rough * (before.abs() + rows / 64 if precision == "fp8" else rows)
    assert ((layer.weight - before).abs() <= allowed * 1.01).all()
    assert not torch.equal(layer.weight, before)


@pytest.mark.parametrize("rows", [1, 16, 17, 200])
def test_whole_numbers_are_multiplied_as_the_rounded_weight_would_be(rows: int) -> None:
    layer = nn.Linear(64, 32)
    lower_precision([nn.Sequential(layer)], "int8")
    given = torch.cat([torch.randn(rows - 1, 64), torch.zeros(1, 64)])[None]
    expected = nn.functional.linear(given, layer.weight, layer.bias)
    found = layer(given)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() < 0.05
    assert torch.equal(found[0, -1], layer.bias)


@pytest.mark.parametrize("precision", LOWERED)
def test_layers_of_eight_bits_are_compiled_in_one_graph(precision: Precision) -> None:
    network = nn.Sequential(nn.Conv2d(8, 8, 3), nn.Flatten(2), nn.Linear(64, 32))
    lower_precision([network], precision)
    given = torch.randn(4, 8, 10, 10)
    compiled = torch.compile(network, fullgraph=True, dynamic=False, backend="aot_eager")
    with torch.no_grad():
        assert torch.equal(compiled(given), network(given))


def test_few_weights_that_all_others_act_through_are_kept() -> None:
    network = nn.ModuleDict({"conv_in": nn.Conv2d(4, 8, 3), "block": nn.Conv2d(8, 8, 3)})
    lower_precision([network], "fp8")
    assert "weight" in dict(network["conv_in"].named_parameters())
    assert "weight" not in dict(network["block"].named_parameters())
    assert torch.isfinite(network["block"](torch.randn(1, 8, 4, 4))).all()


@pytest.mark.parametrize("precision", LOWERED)
def test_a_device_without_such_numbers_is_told_at_the_start(precision: Precision) -> None:
    with pytest.raises(PrecisionMissing) as caught:
        compiled_with(precision, "mps", "auto")
    assert (caught.value.precision, caught.value.device) == (precision, "mps")
    assert compiled_with("full", "mps", "auto") == "auto"
    assert compiled_with(precision, "cpu", "on") == "on"


def test_an_older_card_compiles_no_floats_of_eight_bits_and_multiplies_no_whole_numbers() -> None:
    turing, volta = (7, 5), (7, 0)
    assert compiled_on_cuda("fp8", "auto", (8, 9), "new") == "auto"
    assert compiled_on_cuda("fp8", "auto", turing, "old") == "off"
    assert compiled_on_cuda("fp8", "off", turing, "old") == "off"
    with pytest.raises(CompilerMissing):
        compiled_on_cuda("fp8", "on", turing, "old")
    assert compiled_on_cuda("int8", "on", turing, "old") == "on"
    with pytest.raises(PrecisionMissing) as caught:
        compiled_on_cuda("int8", "auto", volta, "older")
    assert caught.value.device == "older"
