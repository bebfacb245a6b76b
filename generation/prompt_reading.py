"""A prompt that has been read, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Join = Literal["", "and", "blend"]


@dataclass(frozen=True, slots=True)
class Passage:
    """Words that share a weight; 1 is neutral."""

    text: str
    weight: float = 1.0


Passages = tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A prompt that has been read.

    ``compel`` is the prompt in compel's grammar. ``literal`` is what was typed, less escapes and
    LoRA tags; where nothing has a weight, not even 1, the prompt is ``plain`` and the encoders get
    that. ``prompts`` are one, or the parts of an ``.and()`` or ``.blend()`` with a weight for
    each; ``normalize`` divides the weights of a blend by their sum.
    """

    compel: str
    literal: str
    plain: bool
    prompts: tuple[Passages, ...]
    join: Join = ""
    weights: tuple[float, ...] = (1.0,)
    normalize: bool = True

    @property
    def words(self) -> str:
        """The words alone, each space once; parts are separated by a comma."""
        if self.plain:
            return " ".join(self.literal.split())
        return ", ".join(" ".join(part.text for part in prompt) for prompt in self.prompts)


def fused(pieces: list[Passage]) -> Passages:
    """Join neighbours of equal weight, and leave out what has no words; each blank is one space.

    As compel does it: two neighbours of weight 0.5 are one passage and weaken the picture once.
    """
    runs: list[tuple[float, list[str]]] = []
    for piece in pieces:
        # Blanks part words, whatever weight they have.
        if runs and (not piece.text.strip() or runs[-1][0] == piece.weight):
            runs[-1][1].append(piece.text)
        elif piece.text.strip():
            runs.append((piece.weight, [piece.text]))
    passages = tuple(Passage(" ".join("".join(texts).split()), weight) for weight, texts in runs)
    return passages or (Passage(""),)
