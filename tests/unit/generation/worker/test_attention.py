from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import pytest
import torch
from diffusers.models.attention_processor import Attention as Layer

from generation.settings import Attention
from generation.worker.attention import PromptKeys, kernels
from tests.tiny_networks import TEXTS, tiny_unet


def kernels_at_work() -> list[str]:
    """Return by which of torch's operations attention is carried out now."""
    query = torch.rand(1, 2, 16, 8)
    profiler: Any = torch.profiler
    with torch.no_grad(), profiler.profile(activities=[profiler.ProfilerActivity.CPU]) as seen:
        torch.nn.functional.scaled_dot_product_attention(query, query, query)
    return [event.key for event in seen.key_averages() if "dot_product_" in event.key]


def predict(unet: Any, texts: torch.Tensor, time: int = 500, **options: Any) -> torch.Tensor:
    batch = len(texts)
    random = torch.Generator().manual_seed(1)
    told = {
        "text_embeds": torch.rand(batch, 96, generator=random),
        "time_ids": torch.full((batch, 6), 64.0),
    }
    with torch.no_grad():
        found: torch.Tensor = unet(
            torch.rand(batch, 4, 8, 8, generator=random),
            torch.tensor(time),
            encoder_hidden_states=texts,
            added_cond_kwargs=told,
            return_dict=False,
            **options,
        )[0]
    return found


def embeddings(seed: int, tokens: int = 77, batch: int = 2) -> torch.Tensor:
    return torch.rand(batch, tokens, TEXTS, generator=torch.Generator().manual_seed(seed))


def counted(unet: Any) -> Callable[[], int]:
    """Return what tells how often keys were made since the last question."""
    calls: list[int] = []
    for module in unet.modules():
        if isinstance(module, Layer) and module.is_cross_attention:
            module.to_k.register_forward_hook(lambda *args: calls.append(1))

    def number() -> int:
        found = len(calls)
        calls.clear()
        return found

    return number


@pytest.mark.parametrize("wanted", get_args(Attention))
def test_attention_is_carried_out_by_the_kernel_that_was_asked_for(wanted: Attention) -> None:
    with kernels(wanted):
        names = kernels_at_work()
    # On a CPU there are these two: what is not there is carried out by the next.
    kernel = "attention_math" if wanted == "math" else "flash_attention"
    assert any(kernel in name for name in names)
    assert any("flash_attention" in name for name in names) is (wanted != "math")


def test_the_choice_of_a_kernel_ends_with_what_it_was_made_for() -> None:
    with kernels("math"):
        pass
    assert any("flash_attention" in name for name in kernels_at_work())


def test_keys_that_are_kept_change_no_bit() -> None:
    unet, bare = tiny_unet(1), tiny_unet(1)
    keys = PromptKeys(unet)
    for texts in (embeddings(1), embeddings(2, tokens=154), embeddings(3, batch=1)):
        for time in (900, 100):
            assert torch.equal(predict(unet, texts, time), predict(bare, texts, time))
    keys.forget()
    assert torch.equal(predict(unet, texts), predict(bare, texts))


def test_keys_of_a_prompt_are_made_once_and_belong_to_its_tensor_alone() -> None:
    unet = tiny_unet(1)
    PromptKeys(unet)
    made = counted(unet)
    one, other = embeddings(1), embeddings(2)
    for time in (900, 500, 100):
        predict(unet, one, time)
    layers = made()
    assert layers == sum(
        isinstance(each, Layer) and each.is_cross_attention for each in unet.modules()
    )
    predict(unet, one)
    assert made() == 0
    predict(unet, other)
    assert made() == layers
    predict(unet, one)
    assert made() == layers
    predict(unet, one.clone())
    assert made() == layers


def test_keys_that_are_forgotten_are_made_by_the_layers_as_they_are_now() -> None:
    unet, texts = tiny_unet(1), embeddings(1)
    keys = PromptKeys(unet)
    before = predict(unet, texts)
    layers = [each for each in unet.modules() if isinstance(each, Layer)]
    for layer in layers:
        layer.to_k.weight.mul_(2)
        layer.to_v.weight.mul_(2)
    keys.forget()

    now = predict(unet, texts)

    fresh = tiny_unet(1)
    fresh.load_state_dict(unet.state_dict())
    assert torch.equal(now, predict(fresh, texts))
    assert not torch.equal(now, before)


def test_keys_of_sdxl_take_what_is_written_of_them() -> None:
    """51 MB a picture with the base, a prompt and its negative, in float16."""
    # Transformer layers at 640 and at 1280 channels, down, in the middle, and up.
    wide, wider = 2 * 2 + 3 * 2, 2 * 10 + 10 + 3 * 10
    assert wide + wider == 70
    assert 2 * 77 * 2 * (wide * 640 + wider * 1280) * 2 == 51_251_200


def test_a_mask_for_a_prompt_is_heeded() -> None:
    unet, bare, texts = tiny_unet(1), tiny_unet(1), embeddings(1)
    PromptKeys(unet)
    mask = torch.ones(2, 77)
    mask[:, 5:] = 0
    masked = predict(unet, texts, encoder_attention_mask=mask)
    assert torch.equal(masked, predict(bare, texts, encoder_attention_mask=mask))
    assert not torch.equal(masked, predict(unet, texts))
