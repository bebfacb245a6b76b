from __future__ import annotations

from typing import Any

import pytest
import torch

from generation.worker.attention import PromptKeys
from generation.worker.tracing import KINDS, WORTH, TracedUNet
from tests.tiny_networks import TEXTS, tiny_unet

Asked = tuple[int, int, int, int, int]
"""Batch, height, width, tokens and time of a call."""


def call(unet: Any, asked: Asked, seed: int = 1, **options: Any) -> torch.Tensor:
    batch, height, width, tokens, time = asked
    random = torch.Generator().manual_seed(seed)
    told = {
        "text_embeds": torch.rand(batch, 96, generator=random),
        "time_ids": torch.rand(batch, 6, generator=random),
    }
    with torch.no_grad():
        found: torch.Tensor = unet(
            torch.rand(batch, 4, height, width, generator=random),
            torch.tensor(time),
            encoder_hidden_states=torch.rand(batch, tokens, TEXTS, generator=random),
            added_cond_kwargs=told,
            return_dict=False,
            **options,
        )[0]
    return found


@pytest.fixture(scope="module", params=[True, False], ids=["keys kept", "keys not kept"])
def traced(request: pytest.FixtureRequest) -> TracedUNet:
    """A UNet that was called so often at one size that this is replayed."""
    unet = tiny_unet(1)
    traced = TracedUNet(unet, PromptKeys(unet) if request.param else None)
    for step in range(WORTH + 1):
        call(unet, (2, 8, 8, 77, step))
    assert traced.recordings == 1
    return traced


@pytest.fixture(scope="module")
def bare() -> Any:
    return tiny_unet(1)


@pytest.mark.parametrize(
    "asked",
    [(2, 8, 8, 77, 3), (2, 8, 8, 77, 901), (1, 8, 8, 77, 3), (2, 10, 7, 77, 3), (2, 8, 8, 154, 3)],
)
def test_replayed_or_not_the_same_bits_come_out(
    traced: TracedUNet, bare: Any, asked: Asked
) -> None:
    for seed in (5, 6):
        assert torch.equal(call(traced.unet, asked, seed), call(bare, asked, seed))


def test_a_kind_of_call_is_recorded_once_it_came_often() -> None:
    unet = tiny_unet(2)
    traced = TracedUNet(unet, None)
    for step in range(WORTH):
        call(unet, (1, 4, 4, 77, step))
    for tokens in (76, 78, 79):
        call(unet, (1, 4, 4, tokens, 1))
    assert traced.recordings == 0
    call(unet, (1, 4, 4, 77, 1))
    assert traced.recordings == 1


def test_kinds_that_nobody_asks_for_again_are_forgotten() -> None:
    unet = tiny_unet(2)
    traced = TracedUNet(unet, None)
    for step in range(WORTH):
        call(unet, (1, 2, 2, 77, step))
    for tokens in range(1, KINDS + 1):
        call(unet, (1, 2, 2, tokens, 1))
    call(unet, (1, 2, 2, 77, 1))
    assert traced.recordings == 0, "the count began anew"


def test_what_is_recorded_keeps_no_weights_once_it_is_forgotten() -> None:
    unet = tiny_unet(2).requires_grad_(True)
    traced = TracedUNet(unet, None)
    asked = (1, 4, 4, 77, 1)
    for _ in range(WORTH + 1):
        call(unet, asked)
    assert traced.recordings == 1
    for weight in unet.parameters():
        # As a move to another device and back has it.
        weight.data = weight.data * 2
    traced.forget()
    other = tiny_unet(2)
    for weight in other.parameters():
        weight.data = weight.data * 2
    for _ in range(WORTH + 1):
        assert torch.equal(call(unet, asked), call(other, asked))
    assert traced.recordings == 1, "made anew, of the weights as they lie now"


def test_layers_that_act_otherwise_are_never_replayed() -> None:
    unet = tiny_unet(3)
    acting: list[str] = []
    traced = TracedUNet(unet, None, lambda: bool(acting))
    asked = (1, 4, 4, 77, 9)
    for _ in range(WORTH + 1):
        bare = call(unet, asked)
    assert traced.recordings == 1
    acting.append("a LoRA")
    hook = unet.conv_out.register_forward_hook(lambda module, args, out: out + 1)
    assert torch.equal(call(unet, asked), bare + 1)
    hook.remove()
    acting.clear()
    assert torch.equal(call(unet, asked), bare)


def test_a_recording_that_differs_in_a_bit_is_not_used(caplog: pytest.LogCaptureFixture) -> None:
    unet = tiny_unet(4)
    drift: list[int] = []

    def drifting(module: Any, args: Any, out: torch.Tensor) -> torch.Tensor:
        # Python's own doing is what no recording has.
        drift.append(1)
        return out + len(drift)

    unet.conv_out.register_forward_hook(drifting)
    traced = TracedUNet(unet, None)
    for _ in range(WORTH + 3):
        call(unet, (1, 4, 4, 77, 9))
    assert traced.recordings == 0
    assert "gives other numbers" in caplog.text
    assert caplog.text.count("gives other numbers") == 1, "it is not tried again and again"


def test_what_cannot_be_recorded_is_painted_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    unet = tiny_unet(5)

    jit: Any = torch.jit

    def refuse(module: Any, args: Any) -> None:
        if jit.is_tracing():
            raise ValueError("not while somebody writes it down")

    unet.conv_in.register_forward_pre_hook(refuse)
    traced = TracedUNet(unet, None)
    for _ in range(WORTH + 3):
        found = call(unet, (1, 4, 4, 77, 9))
    assert torch.equal(found, call(tiny_unet(5), (1, 4, 4, 77, 9)))
    assert traced.recordings == 0
    assert caplog.text.count("cannot be recorded") == 1


def test_calls_with_more_than_pictures_need_reach_the_network_itself() -> None:
    unet, bare = tiny_unet(6), tiny_unet(6)
    traced = TracedUNet(unet, None)
    mask = torch.ones(1, 77)
    mask[:, 3:] = 0
    for _ in range(WORTH + 3):
        found = call(unet, (1, 4, 4, 77, 9), encoder_attention_mask=mask)
    assert torch.equal(found, call(bare, (1, 4, 4, 77, 9), encoder_attention_mask=mask))
    assert traced.recordings == 0
