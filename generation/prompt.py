r"""What people type as a prompt, read once and for all encoders.

The grammar is compel's, with the parts of the A1111 web interface that people bring along:

=====================  ==========================================================================
``word++``, ``word-``  the word, times 1.1 for every plus, times 0.9 for every minus
``(a phrase)1.3``      the phrase times 1.3; ``(a phrase)++`` and ``"a phrase"1.3`` work too
``(a phrase:1.3)``     the same, as A1111 writes it
``[a phrase]``         the phrase divided by 1.1
``("a", "b").and()``   both, one after the other; ``.and(1, 0.5)`` weights them
``("a", "b").blend(0.7, 0.3)``  the mean of both; a last ``no_normalize`` leaves the weights as are
``<lora:name:0.8>``    a LoRA; ``extract_loras`` takes it out, the rest of this module passes it by
``\(`` ``\)`` ``\[`` ``\]`` ``\"``  the character itself
=====================  ==========================================================================

Brackets nest, and their weights multiply. Four rules settle what could be read in two ways:

1. Brackets and quotes without a weight are no weight. A prompt without any weight is *plain*: it
   reaches the encoders letter by letter, as plain diffusers would take it. In a prompt that has
   weights somewhere, they group and vanish, as in compel; inside a word, as in ``photo(s)``, they
   stay.
2. A lone bracket is refused, except where it cannot be one of a pair: in a smiley, ``:)`` or
   ``;-(``, and after the letter or number of a list, as in ``1) a cat``.
3. A sign belongs to the word that it ends: ``state-of-the-art`` has none, ``C++`` has two.
4. Words whose weights come to a product outside ``WEIGHTS`` are refused. compel treats what is
   below 0 as 0, and reads ``(word)-2`` as the word made weaker, then "2"; nothing good comes of
   weights above 5.

Refused too is what compel drops without a word: ``.swap()``, ``.attend()``, ``withLora()``, A1111's
prompt editing, and any text before or after an ``.and()`` or ``.blend()``.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from generation.errors import BadPrompt, BadValue
from generation.prompt_joined import find_join, read_joined
from generation.prompt_reading import Passage, Reading
from generation.prompt_scanner import Scanner
from generation.prompt_syntax import DEPTH_MAX, WEAKENED_MAX, WEIGHTS
from generation.recipe import LoraUse, check_text

__all__ = [
    "DEPTH_MAX",
    "WEIGHTS",
    "Passage",
    "Reading",
    "check",
    "extract_loras",
    "plain_words",
    "read",
    "translate",
]

_TAG: Final = re.compile(r"<lora:([^<>]*)>", re.IGNORECASE)
_REFUSED: Final = (
    ("unsupported", re.compile(r"(?<=[^\s\\])\.(?:swap|attend)(?=\s*\()")),
    ("unsupported", re.compile(r"\b(?:use|with)Lora(?=\s*\()")),
    ("tokenizer word", re.compile(r"<\|(?:start|end)oftext\|>", re.IGNORECASE)),
)
"""compel drops the first two without a word; the third would end the text for the encoder."""


def read(text: str, field: str = "prompt") -> Reading:
    """Read a prompt. Raises ``BadPrompt`` that points at what cannot be read.

    The time is linear in the length, whatever the text; compel's own parser takes five times as
    long for every further level of brackets.
    """
    check_text(field, text)
    for reason, pattern in _REFUSED:
        if found := pattern.search(text):
            raise BadPrompt(reason, text, found.start(), field, found[0])
    # A tag becomes blanks, so that positions stay those of what was typed.
    tagless = _TAG.sub(lambda tag: " " * len(tag[0]), text)
    try:
        reading = _read(tagless, field)
    except BadPrompt as error:
        error.text = text
        raise
    weakened = sum(part.weight < 1 for prompt in reading.prompts for part in prompt)
    if weakened > WEAKENED_MAX:
        raise BadPrompt("too many weakened", text, 0, field, f"{weakened} {WEAKENED_MAX}")
    return reading


def _read(text: str, field: str) -> Reading:
    if join := find_join(text):
        return read_joined(text, join, field)
    reading = Scanner(text, field).scan(0, len(text))
    if not reading.plain:
        return reading
    # compel is to take every bracket of a plain prompt for a character.
    return replace(reading, compel=re.sub(r'[()"]', r"\\\g<0>", reading.literal))


def translate(text: str, field: str = "prompt") -> str:
    """Return the prompt in compel's grammar. Raises as ``read`` does."""
    return read(text, field).compel


def check(text: str, field: str = "prompt") -> None:
    """Raise ``BadPrompt`` for what cannot be read, and for a prompt that has no words.

    A negative prompt may be empty.
    """
    reading = read(text, field)
    if field == "prompt" and not reading.words:
        raise BadPrompt("empty", text, 0, field)


def plain_words(text: str) -> str:
    """Return the words alone, for a search or a picture's description.

    A text that cannot be read is returned as it is, less its LoRA tags.
    """
    try:
        return read(text).words
    except BadPrompt:
        return " ".join(_TAG.sub(" ", text).split())


def extract_loras(text: str) -> tuple[str, tuple[LoraUse, ...]]:
    """Take the LoRA tags out: return the text without them, and the LoRAs in order.

    ``<lora:name>`` has scale 1. Raises ``BadValue`` for a scale that is no number or out of
    range, and for an empty name.
    """
    loras = tuple(_lora(tag) for tag in _TAG.findall(text))
    if not loras:
        return text, ()
    pieces = (piece.strip(" \t") for piece in _TAG.split(text)[::2])
    return " ".join(piece for piece in pieces if piece), loras


def _lora(inside: str) -> LoraUse:
    name, colon, scale = inside.partition(":")
    if not colon:
        return LoraUse(name.strip())
    try:
        value = float(scale.partition(":")[0])
    except ValueError:
        raise BadValue("lora", f"<lora:{inside}>"[:100], "<lora:name:0.8>") from None
    return LoraUse(name.strip(), value)
