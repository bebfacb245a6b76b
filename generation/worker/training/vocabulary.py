"""The two tokenizers: CLIP's own class over a short list of words, each of them one token."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

from transformers import CLIPTokenizer

from generation.worker.training.captions import FILLERS, LEADS, NUMBERS, PLURALS
from generation.worker.training.scenes import PALETTE, SHAPES

START, END, LOWEST = "<|startoftext|>", "<|endoftext|>", "!"
LENGTH = 77
"""Tokens in a prompt, start and end included, as in every CLIP."""

OTHER_WORDS = """
    a an and at on in the to of with without no not very left right top bottom center above below
    background border small big tiny large shape shapes one inkstyle wrong photo picture drawing
    image style sketch pastel cute cat dog woman man girl boy portrait landscape dark light bright
    colorful blurry ugly low worst bad noisy text artist anime realistic
"""


def words() -> list[str]:
    """Every word that is one token, sorted."""
    phrases = (*PALETTE, *SHAPES, *PLURALS.values(), *NUMBERS.values(), *LEADS, *FILLERS)
    found = set(OTHER_WORDS.split())
    for phrase in phrases:
        found.update(phrase.replace(",", "").split())
    return sorted(word for word in found if word.isalpha())


def write_tokenizers(folder: Path) -> None:
    """Write `tokenizer` (padded with the end token) and `tokenizer_2` (padded with id 0)."""
    merges = _merges(words())
    vocabulary = _vocabulary(merges)
    for name, padding in (("tokenizer", END), ("tokenizer_2", LOWEST)):
        place = folder / name
        place.mkdir(parents=True, exist_ok=True)
        (place / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
        lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
        (place / "merges.txt").write_text("\n".join(lines) + "\n")
        special = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": padding}
        settings = {"model_max_length": LENGTH, "do_lower_case": True, **special}
        (place / "tokenizer_config.json").write_text(json.dumps(settings))
        tokenizer = CLIPTokenizer.from_pretrained(place)
        # Saved again in the one-file form; the two sources would only repeat it.
        tokenizer.save_pretrained(place)
        for source in ("vocab.json", "merges.txt"):
            (place / source).unlink()


def _alphabet() -> list[str]:
    """One printable character for each byte, as byte-level BPE has it; `!` is token 0."""
    kept = [*range(33, 127), *range(161, 173), *range(174, 256)]
    spare = 256 + sum(1 for byte in range(256) if byte not in kept)
    return [chr(code) for code in [*kept, *range(256, spare)]]


def _vocabulary(merges: list[tuple[str, str]]) -> dict[str, int]:
    alphabet = _alphabet()
    tokens = [*alphabet, *(char + "</w>" for char in alphabet)]
    tokens += dict.fromkeys("".join(pair) for pair in merges)
    return {token: number for number, token in enumerate([*tokens, START, END])}


def _merges(listed: list[str]) -> list[tuple[str, str]]:
    """Find merges after which each listed word is one token; earlier ones are applied first."""
    ranks: dict[tuple[str, str], int] = {}
    for word in listed:
        parts = _merged([*word[:-1], word[-1] + "</w>"], ranks)
        while len(parts) > 1:
            ranks[parts[0], parts[1]] = len(ranks)
            parts = [parts[0] + parts[1], *parts[2:]]
    return list(ranks)


def _merged(parts: list[str], ranks: dict[tuple[str, str], int]) -> list[str]:
    """Apply the known merges, lowest rank first, as the tokenizer will."""
    while True:
        known = [
            (ranks[pair], place)
            for place, pair in enumerate(itertools.pairwise(parts))
            if pair in ranks
        ]
        if not known:
            return parts
        _, at = min(known)
        parts = [*parts[:at], parts[at] + parts[at + 1], *parts[at + 2 :]]
