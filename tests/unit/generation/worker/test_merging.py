"""UNets that share weights, and what LoRAs leave in them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from peft import LoraConfig
from peft.tuners.tuners_utils import BaseTunerLayer

from generation.worker.merging import _Layered
from generation.worker.precision import lower_precision
from tests.tiny_networks import tiny_unet

pytestmark = pytest.mark.filterwarnings("ignore:Already found a `peft_config`:UserWarning")

LORAS = {"one": ["to_q", "to_k"], "two": ["to_v"]}


@pytest.fixture
def bare() -> Any:
    return tiny_unet(1)


@pytest.fixture
def layered(bare: Any) -> _Layered:
    made = _Layered(bare)
    for name, ends in LORAS.items():
        lora = LoraConfig(r=2, target_modules=ends, init_lora_weights=False)
        made.unet.add_adapter(lora, name)
    return made


def layers_of(layered: _Layered, name: str) -> list[Any]:
    """Let one LoRA act, and return its layers."""
    found: list[Any] = [each for each in layered.unet.modules() if isinstance(each, BaseTunerLayer)]
    for layer in found:
        layer.enable_adapters(name in layer.r)
        if name in layer.r:
            layer.set_adapter([name])
    return [layer for layer in found if name in layer.r]


def other_weights(network: Any, bare: Any) -> set[str]:
    weights = dict(bare.named_parameters())
    return {name for name, each in network.named_parameters() if each is not weights[name]}


def test_a_lora_for_which_memory_ran_out_is_in_no_later_picture(
    layered: _Layered, bare: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(name: str) -> torch.Tensor:
        raise torch.OutOfMemoryError(name)

    with monkeypatch.context() as short:
        short.setattr(layers_of(layered, "one")[3], "get_delta_weight", run_out)
        with pytest.raises(torch.OutOfMemoryError):
            layered.merged(("one",))
    layers_of(layered, "two")
    merged = layered.merged(("two",))
    assert {name.split(".")[-2] for name in other_weights(merged, bare)} == {"to_v"}


@pytest.mark.parametrize("lowered", [True, False])
def test_what_was_moved_shares_its_weights_as_before(
    layered: _Layered, bare: Any, lowered: bool
) -> None:
    if lowered:
        bare = tiny_unet(2)
        lower_precision([bare], "fp8")
        layered = _Layered(bare)
    else:
        layers_of(layered, "two")
        layered.merged(("two",))
        layered.move(torch.device("cpu"))
    loras = layered.size
    assert loras > 0 or lowered
    # Another dtype does to parameters and buffers what another device does.
    bare.bfloat16()
    layered.move(torch.device("cpu"))
    assert layered.size == loras
