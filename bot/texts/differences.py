"""What is otherwise in a recipe than in the one that it was made from, and seeds that vary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.characters import clipped
from bot.reply import Line, Span, faint, line, user
from bot.texts.amounts import count_text
from generation.recipe import Recipe

DIFFERENCES_SHOWN: Final = 12
PASSAGE_SHOWN: Final = 60
"""Characters of a passage that came into a prompt or left it."""


def differs(name: str, before: str, now: str) -> Line:
    """Say what a setting was and what it is."""
    return line(f"{name} ", user(before), " → ", user(now))


def came(name: str, value: str = "", detail: str = "") -> Line:
    """Say that something is new; ``detail`` follows its name."""
    return line(name, *_valued(value), f"{detail} added")


REFINER_ALONE: Final = "the refiner redraws alone and takes none"
"""Why a LoRA is left out of an enlargement."""


def went(name: str, value: str = "", why: str = "") -> Line:
    """Say that something is not there any more, and perhaps why."""
    return line(name, *_valued(value), " left out", f" ({why})" if why else "")


def other(name: str) -> Line:
    """Say that something is another one, where its name says nothing to people."""
    return line(f"another {name}")


def passage(name: str, gone: str, new: str) -> Line:
    """Say which words of a prompt came, went, or took the place of others."""
    if not gone:
        return line(f"{name}: ", *_quoted(new), " added")
    if not new:
        return line(f"{name}: ", *_quoted(gone), " left out")
    return line(f"{name}: ", *_quoted(gone), " → ", *_quoted(new))


def rewritten(name: str) -> Line:
    """Say that a prompt has little in common with the one before."""
    return line(f"{name} rewritten")


def spaced(name: str) -> Line:
    """Say that a prompt has the same words with other spaces between."""
    return line(f"spaces of the {name}")


def varied_by(amount: float) -> Line:
    """Say how far the noise goes towards that of another seed."""
    return line(f"varied by {amount:g}")


ITSELF: Final = "the picture itself"
INPUT: Final = "input picture"


def starts_from(what: str, strength: float) -> Line:
    """Say what a picture starts from now."""
    return line(f"starts from {what} with strength {strength:g}")


def enlarged(scale: int, how: str, strength: float | None) -> Line:
    """Say that a picture is an enlargement of the one before, and how much of it is redrawn."""
    drawn = "" if strength is None else f" with strength {strength:g}"
    return line(enlarged_in_words(scale, f"{how}{drawn}"))


def enlarged_in_words(scale: int, how: str) -> str:
    """Say how often larger than before a picture is."""
    return f"enlarged {scale} times ({how})"


LORA_ORDER: Final = line("LoRAs in another order")
STYLE_WORDS: Final = line("the words of the style")


def changed_from(parent: str, differences: Sequence[Line]) -> Line:
    """List what is otherwise than in the recipe that one was made from."""
    spans: list[Span] = []
    for each in differences[:DIFFERENCES_SHOWN]:
        spans += [faint(", ")] if spans else []
        spans += (Span(span.text, "faint") if span.style == "plain" else span for span in each)
    more = len(differences) - DIFFERENCES_SHOWN
    rest = f", and {count_text(more, 'thing', 'things')} more" if more > 0 else ""
    return line(faint(f"Changed from #{parent}: "), *spans, faint(rest))


def varied_towards(recipes: Sequence[Recipe]) -> str:
    """Say how noise is varied: by how much towards which seeds, one step after the other.

    Empty where it is not, or where the recipes have more in it apart than the last seed.
    """
    if not recipes or not recipes[0].variations:
        return ""
    *steps, last = recipes[0].variations
    for each in recipes:
        rest = each.variations[:-1]
        if not each.variations or (each.seed, rest) != (recipes[0].seed, tuple(steps)):
            return ""
        if each.variations[-1].amount != last.amount:
            return ""
    seeds = ", ".join(dict.fromkeys(str(each.variations[-1].seed) for each in recipes))
    said = [f"by {each.amount:g} towards {each.seed}" for each in steps]
    return ", then ".join([*said, f"by {last.amount:g} towards {seeds}"])


def _valued(value: str) -> tuple[Span, ...]:
    return (Span(" "), user(value)) if value else ()


def _quoted(words: str) -> tuple[Span, ...]:
    return Span("“"), user(clipped(words, PASSAGE_SHOWN)), Span("”")
