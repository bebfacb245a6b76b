"""Text to conditions, as diffusers and compel make them from plain and from weighted prompts."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

import torch
from torch import Tensor
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from generation.worker.training.captions import Caption

Embedding = tuple[Tensor, Tensor]
"""Text (N, 77, 160) and pooled text (N, 96)."""


@dataclass
class Reader:
    """Both tokenizers and text encoders of the base."""

    tokenizer: CLIPTokenizer
    tokenizer_2: CLIPTokenizer
    encoder: CLIPTextModel
    encoder_2: CLIPTextModelWithProjection

    def read(self, texts: list[str]) -> Embedding:
        """Read plain text; equal to those of the SDXL pipeline."""
        rows_1, rows_2 = tokens(self.tokenizer, texts), tokens(self.tokenizer_2, texts)
        return self._encode(rows_1, rows_2, torch.ones_like(rows_1), 0)

    def read_weighted(self, captions: list[Caption], rng: random.Random) -> Embedding:
        """Read weighted words as compel does.

        A word above 1 is pushed away from the empty prompt. A word below 1 is blended with a
        reading that may not attend to it. The pooled text comes from the raw prompt with its signs.
        """
        count, texts = len(captions), [caption.text for caption in captions]
        lower = [
            (row, word, weight)
            for row, caption in enumerate(captions)
            for word, weight in caption.weights.items()
            if weight < 1
        ]
        again = [*texts, "", *(texts[row] for row, _, _ in lower)]
        raw = [row for row, caption in enumerate(captions) if caption.weights]
        rows_1 = tokens(self.tokenizer, again)
        mask = torch.ones_like(rows_1)
        for place, (_, word, _) in enumerate(lower, count + 1):
            mask[place][rows_1[place] == self._number(word)] = 0
        rows_2 = tokens(self.tokenizer_2, [*again, *(captions[r].decorated(rng) for r in raw)])
        text, pooled = self._encode(rows_1, rows_2, mask, len(raw))
        stress = self._stress(captions, rows_1[:count])
        read = text[count] + (text[:count] - text[count]) * stress
        blended = list(read)
        for place, (row, _, weight) in enumerate(lower, count + 1):
            pull = math.tan((1 - weight) * math.pi / 2)
            blended[row] = (blended[row] + pull * text[place]) / (1 + pull)
        source = list(range(count))
        for place, row in enumerate(raw, len(again)):
            source[row] = place
        return torch.stack(blended), pooled[source]

    def _encode(self, rows_1: Tensor, rows_2: Tensor, mask: Tensor, extra: int) -> Embedding:
        """Encode; the last `extra` rows are for the second encoder's pooled text alone."""
        mask_2 = torch.cat([mask, torch.ones_like(mask[:1]).expand(extra, -1)])
        first = self.encoder(rows_1, mask, output_hidden_states=True).hidden_states[-2]
        second = self.encoder_2(rows_2, mask_2, output_hidden_states=True)
        text_2 = second.hidden_states[-2][: len(rows_1)]
        return torch.cat([first, text_2], -1), second.text_embeds

    def _stress(self, captions: list[Caption], rows: Tensor) -> Tensor:
        """Make factors of at least 1 for every token, (N, 77, 1)."""
        stress = torch.ones(*rows.shape, 1)
        for row, caption in enumerate(captions):
            for word, weight in caption.weights.items():
                if weight > 1:
                    stress[row][rows[row] == self._number(word)] = weight
        return stress

    def _number(self, word: str) -> int:
        number: int = self.tokenizer.get_vocab().get(f"{word}</w>", -1)
        return number


def tokens(tokenizer: CLIPTokenizer, texts: list[str]) -> Tensor:
    """Turn texts into token numbers, padded and cut to (N, 77)."""
    numbers: Tensor = tokenizer(
        texts, padding="max_length", max_length=77, truncation=True, return_tensors="pt"
    ).input_ids
    return numbers
