"""The encoder of prompts against compel called by hand, and against plain diffusers."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import accelerate
import pytest
import torch
from accelerate.hooks import remove_hook_from_module
from compel import Compel, CompelForSD, CompelForSDXL, ReturnedEmbeddingsType
from diffusers import (
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)

from generation.errors import BadPrompt
from generation.models import MINI
from generation.prompt import translate
from generation.worker.prompts import CACHE_ENTRIES, Conditioning, PromptEncoder

PLAIN = [
    "a red circle",
    "a red circle on a blue background, simple, no text",
    'a (small) sign "open", state-of-the-art... 1) here :) a.b.blend',
    "new\nline,and,commas 🎨 “smart” don't",
]
WEIGHTED = [
    "a red++ circle",
    "a red-- circle, blue-",
    "(a red circle)1.3 on a (blue background)0.7",
    "(a red circle:1.3) on a [blue] background",
    "((red)1.2 circle)0.9 and \\(brackets\\)",
    "(red)0 circle",
    '("a red circle", "a blue star").and()',
    '("a red circle++", "a blue star").blend(0.7, 0.3)',
    '("red", "blue").blend(1, 0.5, no_normalize)',
    "a red++ circle, " + "very simple, " * 60 + "blue--",
]
LONG = "a red circle, " + "masterpiece, best quality, " * 40


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Two threads wait for each other on a busy machine, and so small a model gains nothing."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def base() -> Any:
    return StableDiffusionXLPipeline.from_pretrained(MINI.base, dtype=torch.float32)


@pytest.fixture(scope="module")
def refiner(base: Any) -> Any:
    shared = {part: getattr(base, part) for part in ("tokenizer_2", "text_encoder_2", "vae")}
    return StableDiffusionXLImg2ImgPipeline.from_pretrained(
        MINI.refiner, dtype=torch.float32, **shared
    )


@pytest.fixture(scope="module")
def first_generation(base: Any) -> Any:
    """A pipeline of the Stable Diffusion 1.x kind: one text encoder, no pooled embeddings."""
    unet = UNet2DConditionModel(
        block_out_channels=(8, 8),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        norm_num_groups=4,
        cross_attention_dim=64,
    )
    return StableDiffusionPipeline(
        vae=base.vae,
        text_encoder=base.text_encoder,
        tokenizer=base.tokenizer,
        unet=unet,
        scheduler=base.scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )


def first_layer(encoder: torch.nn.Module) -> torch.nn.Parameter:
    return next(value for name, value in encoder.named_parameters() if "fc2.weight" in name)


@pytest.fixture
def changed_encoders(base: Any) -> Iterator[None]:
    """Text encoders with other weights, as a LoRA leaves them."""
    weights = [first_layer(encoder) for encoder in (base.text_encoder, base.text_encoder_2)]
    saved = [weight.detach().clone() for weight in weights]
    with torch.no_grad():
        for weight in weights:
            weight.mul_(1.5)
    yield
    with torch.no_grad():
        for weight, before in zip(weights, saved, strict=True):
            weight.copy_(before)


def tensors(conditioning: Conditioning) -> tuple[torch.Tensor | None, ...]:
    """In the order in which the pipelines' ``encode_prompt`` returns them."""
    return (
        conditioning.embeds,
        conditioning.negative_embeds,
        conditioning.pooled,
        conditioning.negative_pooled,
    )


def same(ours: tuple[torch.Tensor | None, ...], theirs: tuple[torch.Tensor | None, ...]) -> bool:
    return len(ours) == len(theirs) and all(
        one is other is None or (one is not None and other is not None and torch.equal(one, other))
        for one, other in zip(ours, theirs, strict=True)
    )


@pytest.mark.parametrize("prompt", PLAIN)
def test_an_unweighted_prompt_gives_what_plain_diffusers_gives(
    base: Any, refiner: Any, prompt: str
) -> None:
    for pipeline, encoder in (
        (base, PromptEncoder.for_base(base)),
        (refiner, PromptEncoder.for_refiner(refiner)),
    ):
        with torch.no_grad():
            alone = pipeline.encode_prompt(prompt)
            against = pipeline.encode_prompt(prompt, negative_prompt="blurry, (small)")
        assert same(tensors(encoder.encode(prompt, "")), alone)
        assert same(tensors(encoder.encode(prompt, "blurry, (small)")), against)


@pytest.mark.parametrize("prompt", PLAIN)
def test_a_first_generation_model_gets_what_plain_diffusers_gives(
    first_generation: Any, prompt: str
) -> None:
    ours = PromptEncoder.for_base(first_generation).encode(prompt, "")
    with torch.no_grad():
        theirs = first_generation.encode_prompt(
            prompt, torch.device("cpu"), num_images_per_prompt=1, do_classifier_free_guidance=True
        )
    assert same((ours.embeds, ours.negative_embeds), theirs)
    assert ours.pooled is None
    assert ours.negative_pooled is None


@pytest.mark.parametrize("prompt", WEIGHTED)
def test_weights_give_the_numbers_of_compel_called_by_hand(
    base: Any, refiner: Any, first_generation: Any, prompt: str
) -> None:
    negative = "ugly++, (blurry)0.5"
    text = translate(prompt)
    by_hand = CompelForSDXL(base)(text, negative_prompt=negative)
    ours = PromptEncoder.for_base(base).encode(prompt, negative)
    assert same(
        tensors(ours),
        (
            by_hand.embeds,
            by_hand.negative_embeds,
            by_hand.pooled_embeds,
            by_hand.negative_pooled_embeds,
        ),
    )
    second = Compel(
        tokenizer=refiner.tokenizer_2,
        text_encoder=refiner.text_encoder_2,
        returned_embeddings_type=ReturnedEmbeddingsType.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED,
        requires_pooled=True,
        truncate_long_prompts=False,
    )
    embeds, pooled = second([text, negative])
    ours = PromptEncoder.for_refiner(refiner).encode(prompt, negative)
    assert same(tensors(ours), (embeds[:1], embeds[1:], pooled[:1], pooled[1:]))
    one = CompelForSD(first_generation)(text, negative_prompt=negative)
    ours = PromptEncoder.for_base(first_generation).encode(prompt, negative)
    assert same((ours.embeds, ours.negative_embeds), (one.embeds, one.negative_embeds))


def test_an_empty_negative_is_zeros_for_the_base_alone(base: Any, refiner: Any) -> None:
    for negative in ("", " \n", "<lora:wrong:1>"):
        ours = PromptEncoder.for_base(base).encode("a red++ circle", negative)
        assert not ours.negative_embeds.any()
        assert ours.negative_pooled is not None
        assert not ours.negative_pooled.any()
        assert PromptEncoder.for_refiner(refiner).encode("red++", negative).negative_embeds.any()


@pytest.mark.parametrize(
    ("prompt", "negative"), [(LONG, ""), (LONG, "blurry"), ("a red circle", LONG), ("red++", LONG)]
)
def test_positive_and_negative_have_the_same_number_of_tokens(
    base: Any, refiner: Any, first_generation: Any, prompt: str, negative: str
) -> None:
    for encoder in (
        PromptEncoder.for_base(base),
        PromptEncoder.for_refiner(refiner),
        PromptEncoder.for_base(first_generation),
    ):
        ours = encoder.encode(prompt, negative)
        assert ours.embeds.shape == ours.negative_embeds.shape
        assert ours.embeds.shape[1] > 77
        assert ours.embeds.shape[1] % 77 == 0


def test_the_last_words_of_a_long_prompt_are_not_cut_off(base: Any) -> None:
    encoder = PromptEncoder.for_base(base)
    red, blue = encoder.encode(LONG + "red", ""), encoder.encode(LONG + "blue", "")
    assert red.embeds.shape == blue.embeds.shape
    assert not torch.equal(red.embeds, blue.embeds)


def test_joined_prompts_make_77_tokens_each_and_their_weights_count(base: Any) -> None:
    encoder = PromptEncoder.for_base(base)
    both = encoder.encode('("a red circle", "a blue star").and()', "blurry")
    weighted = encoder.encode('("a red circle", "a blue star").and(1, 0.5)', "blurry")
    assert both.embeds.shape[1] == both.negative_embeds.shape[1] == 154
    assert torch.equal(both.embeds[:, :77], weighted.embeds[:, :77])
    empty = encoder.encode("", " , ").embeds
    half = empty + (both.embeds[:, 77:] - empty) * 0.5
    assert torch.allclose(weighted.embeds[:, 77:], half, atol=1e-5)


def test_twenty_levels_of_brackets_are_encoded(base: Any) -> None:
    deep = "(" * 20 + "red" + ")1.01" * 20 + " circle"
    ours = PromptEncoder.for_base(base).encode(deep, "")
    flat = PromptEncoder.for_base(base).encode(f"(red){1.01**20:.10f} circle", "")
    assert torch.allclose(ours.embeds, flat.embeds, atol=1e-5)


def test_the_same_text_and_key_give_the_same_tensors_again(base: Any) -> None:
    encoder = PromptEncoder.for_base(base)
    first = encoder.encode("red", "blue", "ink:1")
    assert encoder.encode("red", "blue", "ink:1") is first
    assert encoder.encode("red", "blue", "ink:0.5") is not first
    assert encoder.encode("red", "", "ink:1") is not first
    encoder.forget()
    assert encoder.encode("red", "blue", "ink:1") is not first


def test_the_entry_that_was_not_used_longest_goes_first(base: Any) -> None:
    encoder = PromptEncoder.for_base(base)
    kept, dropped = encoder.encode("kept", ""), encoder.encode("dropped", "")
    for number in range(CACHE_ENTRIES - 1):
        encoder.encode(f"red {number}", "")
        assert encoder.encode("kept", "") is kept
    assert encoder.encode("dropped", "") is not dropped


def test_another_state_of_the_text_encoders_leaves_nothing_of_the_one_before(
    base: Any, changed_encoders: None
) -> None:
    used, prompt = PromptEncoder.for_base(base), "a (red)1.4 circle"
    now = PromptEncoder.for_base(base).encode(prompt, "(blurry)0.5")
    with torch.no_grad():
        weight = first_layer(base.text_encoder)
        weight.div_(3)
        used.encode(prompt, "(blurry)0.5", "before")
        weight.mul_(3)
    after = used.encode(prompt, "(blurry)0.5", "after")
    assert all(
        torch.allclose(one, other, atol=1e-6)
        for one, other in zip(tensors(after), tensors(now), strict=True)
        if one is not None and other is not None
    )


def test_offloaded_text_encoders_give_the_same(base: Any, refiner: Any) -> None:
    prompt = '("a (red)1.3 circle", "blue--").and(1, 0.5)'
    expected = tensors(PromptEncoder.for_base(base).encode(prompt, "blurry+"))
    modules = (base.text_encoder, base.text_encoder_2)
    weights = [{name: value.clone() for name, value in m.state_dict().items()} for m in modules]
    try:
        for module in modules:
            accelerate.cpu_offload(module, execution_device=torch.device("cpu"))
        assert base.text_encoder.device.type == "meta"
        ours = tensors(PromptEncoder.for_base(base).encode(prompt, "blurry+"))
    finally:
        for module, saved in zip(modules, weights, strict=True):
            remove_hook_from_module(module, recurse=True)
            module.load_state_dict(saved, assign=True)
    assert same(ours, expected)


def test_a_long_prompt_is_encoded_without_a_word(
    base: Any, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    tokenizer = base.tokenizer.__class__.from_pretrained(f"{MINI.base}/tokenizer")
    loud = StableDiffusionXLPipeline(**{**base.components, "tokenizer": tokenizer})
    logger = logging.getLogger("transformers")
    logger.addHandler(caplog.handler)
    try:
        PromptEncoder.for_base(loud).encode(LONG, LONG)
    finally:
        logger.removeHandler(caplog.handler)
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_a_bad_negative_is_refused_as_the_negative(base: Any) -> None:
    with pytest.raises(BadPrompt) as caught:
        PromptEncoder.for_base(base).encode("a red circle", "(red:50)")
    assert (caught.value.field, caught.value.position) == ("negative", 5)
