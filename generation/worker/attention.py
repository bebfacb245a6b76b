"""Attention: which kernel carries it out, and what of a prompt is kept from step to step.

``set_attention_backend`` of the library does nothing for the UNets of Stable Diffusion; torch's own
choice of a kernel is what counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Final

import torch
from diffusers.models.attention_processor import Attention as Layer
from diffusers.models.attention_processor import AttnProcessor2_0
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from generation.settings import Attention

Pair = tuple[torch.Tensor, torch.Tensor]
"""Keys and values of one layer, each batch × heads × tokens × width of a head."""

_KERNELS: Final[dict[Attention, list[SDPBackend]]] = {
    "flash": [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH],
    "efficient": [SDPBackend.EFFICIENT_ATTENTION, SDPBackend.FLASH_ATTENTION, SDPBackend.MATH],
    "cudnn": [
        SDPBackend.CUDNN_ATTENTION,
        SDPBackend.FLASH_ATTENTION,
        SDPBackend.EFFICIENT_ATTENTION,
        SDPBackend.MATH,
    ],
    # It takes every call, so nothing has to come after it; on a CPU torch heeds no order.
    "math": [SDPBackend.MATH],
}
"""What is tried in turn, so that no picture fails where a kernel does not take its numbers.

With ``auto`` the order is torch's: flash first, and since 2.10 cuDNN on data-centre cards of Hopper
and Blackwell where it is newer than 9.15 (``check_prefer_cudnn_attention`` in aten's
``cuda/sdp_utils.cpp``). An older one was wrong at some lengths (pytorch issue 169849), and is not
forced there.
"""


def kernels(wanted: Attention) -> AbstractContextManager[object]:
    """Let attention be carried out by a kernel, or by the next one where it takes no such call."""
    if wanted == "auto":
        return nullcontext()
    chosen: AbstractContextManager[object] = sdpa_kernel(_KERNELS[wanted], set_priority=True)
    return chosen


class PromptKeys:
    """Keys and values that the cross-attention of one UNet makes of a prompt.

    They are the same in every step, and so they are made once a picture, by the same operations as
    ever. In memory they are tokens × 2 × the widths of all layers: with SDXL's base, a prompt and a
    negative of 77 tokens each, and float16 that is 51 MB a picture, and twice that for 154 tokens.

    What is kept belongs to one tensor of embeddings, not to equal ones, and ``forget`` drops it:
    it has to be called whenever the UNet's layers may act otherwise, as after every picture.
    """

    def __init__(self, unet: Any) -> None:
        self._layers = [module for module in unet.modules() if _reads_prompts_plainly(module)]
        self._texts: torch.Tensor | None = None
        self._kept: dict[int, Pair] = {}
        self._given: Sequence[Pair] | None = None
        for place, layer in enumerate(self._layers):
            layer.set_processor(_Keeping(self, place))

    def forget(self) -> None:
        """Drop what is kept."""
        self._texts = None
        self._kept.clear()

    def of(self, place: int, texts: torch.Tensor) -> Pair:
        """Return keys and values of the layer at that place, made if they are not there."""
        if self._given is not None:
            return self._given[place]
        if texts is not self._texts:
            self.forget()
            self._texts = texts
        pair = self._kept.get(place)
        if pair is None:
            pair = self._kept[place] = _pair(self._layers[place], texts)
        return pair

    def all_of(self, texts: torch.Tensor) -> list[Pair]:
        """Return keys and values of every layer, in their order."""
        return [self.of(place, texts) for place in range(len(self._layers))]

    @contextmanager
    def given(self, pairs: Sequence[Pair]) -> Iterator[None]:
        """Let the layers take these, whatever the prompt."""
        self._given = pairs
        try:
            yield
        finally:
            self._given = None


class _Keeping:
    """The processor of one layer of cross-attention: as the library's, with keys that are kept."""

    def __init__(self, keys: PromptKeys, place: int) -> None:
        self._keys = keys
        self._place = place
        self._usual = AttnProcessor2_0()

    def __call__(
        self,
        attn: Any,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        **others: Any,
    ) -> torch.Tensor:
        """Return what the layer makes of ``batch × places × width``."""
        if encoder_hidden_states is None or attention_mask is not None or hidden_states.ndim != 3:
            usual: torch.Tensor = self._usual(
                attn, hidden_states, encoder_hidden_states, attention_mask, **others
            )
            return usual
        key, value = self._keys.of(self._place, encoder_hidden_states)
        query = _by_heads(attn.to_q(hidden_states), attn.heads)
        found = functional.scaled_dot_product_attention(query, key, value)
        batch, heads, _, width = found.shape
        joined = found.transpose(1, 2).reshape(batch, -1, heads * width)
        result: torch.Tensor = attn.to_out[1](attn.to_out[0](joined))
        if attn.residual_connection:
            result = result + hidden_states
        scaled: torch.Tensor = result / attn.rescale_output_factor
        return scaled


def _pair(layer: Any, texts: torch.Tensor) -> Pair:
    return _by_heads(layer.to_k(texts), layer.heads), _by_heads(layer.to_v(texts), layer.heads)


def _by_heads(tensor: torch.Tensor, heads: int) -> torch.Tensor:
    batch, _, width = tensor.shape
    return tensor.view(batch, -1, heads, width // heads).transpose(1, 2)


def _reads_prompts_plainly(module: torch.nn.Module) -> bool:
    """Whether it is cross-attention that does nothing but attend, as in SD and SDXL."""
    if not isinstance(module, Layer) or not module.is_cross_attention:
        return False
    extras = ("spatial_norm", "group_norm", "norm_cross", "norm_q", "norm_k", "added_kv_proj_dim")
    return type(module.processor) is AttnProcessor2_0 and all(
        getattr(module, extra, None) is None for extra in extras
    )
