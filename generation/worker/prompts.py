"""Prompts made into the tensors that the UNets are conditioned on, by compel."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from compel import Compel, CompelForSD, CompelForSDXL, ReturnedEmbeddingsType
from compel.prompt_parser import Blend, Conjunction, FlattenedPrompt, Fragment
from diffusers.utils.torch_utils import get_module_execution_device

from generation.prompt import read
from generation.prompt_reading import Reading

CACHE_ENTRIES: Final = 64


@dataclass(frozen=True, slots=True)
class Conditioning:
    """One prompt and its negative, or those of several pictures one after the other.

    ``embeds`` and ``negative_embeds`` are ``1 × tokens × width`` with the same number of tokens, a
    multiple of 77; the pooled ones ``1 × width``, or none for models without them. All are on the
    device that the text encoders run on, in their dtype. Of several pictures the first number is
    theirs.
    """

    embeds: torch.Tensor
    pooled: torch.Tensor | None
    negative_embeds: torch.Tensor
    negative_pooled: torch.Tensor | None

    @property
    def tokens(self) -> int:
        """How many tokens the prompt was filled up to."""
        return int(self.embeds.shape[1])


def together(each: Sequence[Conditioning]) -> Conditioning:
    """Return the tensors of several pictures in one; all have the same number of tokens."""
    if len(each) == 1:
        return each[0]
    return Conditioning(
        torch.cat([one.embeds for one in each]),
        _all_of([one.pooled for one in each]),
        torch.cat([one.negative_embeds for one in each]),
        _all_of([one.negative_pooled for one in each]),
    )


def _all_of(pooled: Sequence[torch.Tensor | None]) -> torch.Tensor | None:
    found = [one for one in pooled if one is not None]
    return torch.cat(found) if found else None


class PromptEncoder:
    """Encodes prompts with the text encoders of one pipeline, and remembers the last ones.

    A prompt without weights gives exactly what the pipeline itself makes of the text, and so does
    an empty negative: zeros for a pipeline with ``force_zeros_for_empty_prompt``, as when it is
    called without ``negative_prompt``, else the encoded empty text. With weights the numbers are
    compel's for ``generation.prompt.translate``; compel pools the text with its weights in it.
    """

    def __init__(self, compels: Callable[[], list[Compel]], *, pools: bool, zeros: bool) -> None:
        self._compels = compels
        self._pools = pools
        self._zeros = zeros
        self._cache: OrderedDict[tuple[str, str, str], Conditioning] = OrderedDict()

    @classmethod
    def for_base(cls, pipeline: Any) -> PromptEncoder:
        """Return the encoder for an SDXL pipeline, or for one of Stable Diffusion 1.x or 2.x."""
        view = _View(pipeline)

        def sdxl() -> list[Compel]:
            both = CompelForSDXL(view, device=view.device)
            # The pooled tensor is made here: with it, compel 2.5 fails on ``.and(1, 0.5)``.
            both.compel_2.requires_pooled = False
            return [both.compel_1, both.compel_2]

        if getattr(pipeline, "text_encoder_2", None) is None:
            return cls(
                lambda: [CompelForSD(view, device=view.device).compel], pools=False, zeros=False
            )
        if pipeline.text_encoder is None:
            return cls.for_refiner(pipeline)
        return cls(sdxl, pools=True, zeros=_forces_zeros(pipeline))

    @classmethod
    def for_refiner(cls, pipeline: Any) -> PromptEncoder:
        """Return the encoder for a pipeline that has the second text encoder alone."""
        view = _View(pipeline)

        def second() -> list[Compel]:
            return [
                Compel(
                    tokenizer=view.tokenizer_2,
                    text_encoder=view.text_encoder_2,
                    returned_embeddings_type=_PENULTIMATE,
                    truncate_long_prompts=False,
                    device=view.device,
                )
            ]

        return cls(second, pools=True, zeros=_forces_zeros(pipeline))

    def encode(self, prompt: str, negative: str, key: str = "") -> Conditioning:
        """Return the tensors for a prompt as a person typed it, and a negative that may be empty.

        ``key`` names the state of the text encoders, such as the LoRAs in them with their scales;
        the same texts and key give the same tensors again. Raises ``BadPrompt``.
        """
        entry = (prompt, negative, key)
        if entry in self._cache:
            self._cache.move_to_end(entry)
            return self._cache[entry]
        with torch.no_grad():
            result = self._encoded(read(prompt), read(negative, "negative"))
        self._cache[entry] = result
        if len(self._cache) > CACHE_ENTRIES:
            self._cache.popitem(last=False)
        return result

    def forget(self) -> None:
        """Drop all remembered tensors."""
        self._cache.clear()

    def _encoded(self, prompt: Reading, negative: Reading) -> Conditioning:
        # New ones for each text: compel keeps the empty text's embedding, which a LoRA changes.
        compels = self._compels()
        embeds = [_embeds(compel, prompt) for compel in compels]
        pooled = self._pooled(compels[-1], prompt)
        if self._zeros and not negative.words:
            whole = _side_by_side(compels, embeds, _longest(embeds))
            nothing = None if pooled is None else torch.zeros_like(pooled)
            return Conditioning(whole, pooled, torch.zeros_like(whole), nothing)
        negatives = [_embeds(compel, negative) for compel in compels]
        tokens = _longest([*embeds, *negatives])
        return Conditioning(
            _side_by_side(compels, embeds, tokens),
            pooled,
            _side_by_side(compels, negatives, tokens),
            self._pooled(compels[-1], negative),
        )

    def _pooled(self, compel: Compel, reading: Reading) -> torch.Tensor | None:
        """Pool the first 77 tokens of the text, weights included, as compel does."""
        if not self._pools:
            return None
        text = reading.literal if reading.plain else reading.compel
        pooled: torch.Tensor = compel.conditioning_provider.get_pooled_embeddings(
            [text], device=compel.device
        )
        return pooled


_PENULTIMATE: Final = ReturnedEmbeddingsType.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED


class _Encoder:
    """A text encoder as compel sees it: always on the device that it runs on.

    Between its turns an offloaded encoder lies elsewhere, or nowhere; compel would move what comes
    out of it to there.
    """

    def __init__(self, module: Any) -> None:
        self.module = module

    @property
    def device(self) -> torch.device:
        device: torch.device = get_module_execution_device(self.module)
        return device

    @property
    def dtype(self) -> torch.dtype:
        dtype: torch.dtype = self.module.dtype
        return dtype

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self.module(*args, **options)


class _View:
    """The parts of a pipeline that compel asks for, with encoders that know where they run."""

    def __init__(self, pipeline: Any) -> None:
        self.tokenizer = _quiet(getattr(pipeline, "tokenizer", None))
        self.tokenizer_2 = _quiet(getattr(pipeline, "tokenizer_2", None))
        self.text_encoder = _encoder(getattr(pipeline, "text_encoder", None))
        self.text_encoder_2 = _encoder(getattr(pipeline, "text_encoder_2", None))

    @property
    def device(self) -> torch.device:
        encoder = self.text_encoder_2 or self.text_encoder
        if encoder is None:
            raise ValueError("a pipeline without text encoders")
        return encoder.device


def _encoder(module: torch.nn.Module | None) -> _Encoder | None:
    return None if module is None else _Encoder(module)


def _quiet(tokenizer: Any) -> Any:
    """Keep the tokenizer from warning of more than 77 tokens, which compel splits."""
    if tokenizer is not None:
        tokenizer.deprecation_warnings["sequence-length-is-longer-than-the-specified-maximum"] = (
            True
        )
    return tokenizer


def _forces_zeros(pipeline: Any) -> bool:
    return bool(pipeline.config.get("force_zeros_for_empty_prompt", False))


def _embeds(compel: Compel, reading: Reading) -> torch.Tensor:
    """Return ``1 × tokens × width`` of one encoder."""
    embeds, _ = compel.build_conditioning_tensor_for_conjunction(_conjunction(reading))
    result: torch.Tensor = embeds
    return result


def _conjunction(reading: Reading) -> Conjunction:
    """Return the reading as compel's own objects, past its parser.

    The parser takes five times as long for every further level of brackets, drops what follows an
    ``.and()``, and reads ``(a - b)1.3`` as plain text.
    """
    if reading.plain:
        return Conjunction([_flat(((reading.literal, 1.0),))])
    prompts = [_flat((part.text, part.weight) for part in prompt) for prompt in reading.prompts]
    if reading.join == "blend":
        return Conjunction([Blend(prompts, list(reading.weights), reading.normalize)])
    return Conjunction(prompts, list(reading.weights))


def _flat(passages: Iterable[tuple[str, float]]) -> FlattenedPrompt:
    fragments = []
    for text, weight in passages:
        fragment = Fragment("", weight)
        # Set here, since a fragment takes backslashes out of the text that it is made with.
        fragment.text = text
        fragments.append(fragment)
    return FlattenedPrompt(fragments)


def _longest(tensors: Iterable[torch.Tensor]) -> int:
    return max(tensor.shape[1] for tensor in tensors)


def _side_by_side(compels: list[Compel], tensors: list[torch.Tensor], tokens: int) -> torch.Tensor:
    """Fill each encoder's tensor up with the empty text's, and put them next to one another."""
    filled = []
    for compel, tensor in zip(compels, tensors, strict=True):
        missing = tokens - tensor.shape[1]
        if missing:
            empty = compel.conditioning_provider.empty_z.to(tensor)
            tensor = torch.cat([tensor, empty.repeat(1, missing // empty.shape[1], 1)], dim=1)
        filled.append(tensor)
    return torch.cat(filled, dim=-1)
