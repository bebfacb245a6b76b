"""The figures as a picture: bars of both ways side by side, and of what has no counterpart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import Image, ImageDraw, ImageFont

from generation.bench import words
from generation.errors import CannotWrite

WIDTH: Final = 960
MARGIN: Final = 32
NAMES: Final = 330
"""Pixels that the names of bars take at the left."""
BAR, GAP, BETWEEN = 20, 6, 14
PAPER, INK, FAINT = "#ffffff", "#1c2430", "#6b7684"
OURS, PLAIN, SINGLE = "#2f6fde", "#b9c2cf", "#39a28f"
MORE: Final = " (more: better)"
"""Beside bars of seconds, of which fewer are better."""
VALUES: Final = 96
"""Pixels for a bar's value behind the longest bar."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: how long it is, what stands behind it, and its colour."""

    length: float
    value: str
    colour: str


@dataclass(frozen=True, slots=True)
class Group:
    """Bars under one name; those of one ``scale`` can be compared by eye."""

    name: str
    scale: str
    bars: Sequence[Bar]


def check_writable(file: Path) -> None:
    """Raise ``CannotWrite`` for what cannot be a file of ours; figures take minutes."""
    is_new = not file.exists()
    try:
        with file.open("ab"):
            pass
        if is_new:
            file.unlink()
    except OSError as error:
        raise CannotWrite(str(file), error.strerror or str(error)) from None


def save(found: Mapping[str, Any], file: Path) -> None:
    """Draw the figures into a PNG file. Raises ``CannotWrite``."""
    try:
        draw(found).save(file, format="PNG")
    except OSError as error:
        raise CannotWrite(str(file), error.strerror or str(error)) from None


def draw(found: Mapping[str, Any]) -> Image.Image:
    """Return the figures that can be compared by eye, as a picture of 960 pixels' width."""
    groups = list(_groups(found))
    longest = {
        scale: max(bar.length for group in groups if group.scale == scale for bar in group.bars)
        for scale in {group.scale for group in groups}
    }
    rows = sum(len(group.bars) for group in groups)
    height = 2 * MARGIN + 78 + rows * (BAR + GAP) + len(groups) * BETWEEN
    image = Image.new("RGB", (WIDTH, height), PAPER)
    pen = ImageDraw.Draw(image)
    pen.text((MARGIN, MARGIN), words.title(found), INK, _font(20))
    _legend(pen, MARGIN + 36)
    top = MARGIN + 78
    for group in groups:
        top = _group(pen, group, longest[group.scale], top)
    return image


def _group(pen: ImageDraw.ImageDraw, group: Group, longest: float, top: int) -> int:
    """Draw a group and return where the next one begins."""
    room = WIDTH - 2 * MARGIN - NAMES - VALUES
    pen.text((MARGIN, top + 1), group.name, INK, _font(15))
    for bar in group.bars:
        left = MARGIN + NAMES
        right = left + max(1, round(room * bar.length / longest)) if longest > 0 else left + 1
        pen.rectangle((left, top, right, top + BAR - 1), bar.colour)
        pen.text((right + 8, top + 1), bar.value, INK, _font(15))
        top += BAR + GAP
    return top + BETWEEN


def _legend(pen: ImageDraw.ImageDraw, top: int) -> None:
    left = MARGIN
    for name, colour in (("Reroll", OURS), ("plain diffusers", PLAIN), ("Reroll alone", SINGLE)):
        pen.rectangle((left, top, left + 13, top + 13), colour)
        pen.text((left + 20, top - 2), name, FAINT, _font(14))
        left += 44 + round(_font(14).getlength(name))


def _font(size: int) -> Any:
    return ImageFont.load_default(size)


def _groups(found: Mapping[str, Any]) -> Iterator[Group]:
    if picture := found.get("picture"):
        yield _pair(words.picture_name(found), picture)
    if base := found.get("base"):
        yield _pair(f"base alone, {base['steps']} steps", base)
    if together := found.get("together"):
        seconds = together["ours_s"]
        bar = Bar(seconds, f"{seconds:.3g} s", SINGLE)
        yield Group(f"each of {together['pictures']} painted together", "seconds", [bar])
    if queue := found.get("queue"):
        bars = [
            Bar(queue[f"{way}_per_minute"], f"{queue[f'{way}_per_minute']:.1f}", colour)
            for way, colour in (("ours", OURS), ("plain", PLAIN))
        ]
        yield Group(f"pictures a minute, {queue['pictures']} queued{MORE}", "a minute", bars)
    for role, milliseconds in found.get("step_ms", {}).items():
        bar = Bar(milliseconds, f"{milliseconds:.1f} ms", SINGLE)
        yield Group(f"a step of the {role}", "steps", [bar])
    if start := found.get("start"):
        for kind in ("cold", "warm"):
            seconds = start[f"{kind}_s"]
            bar = Bar(seconds, f"{seconds:.1f} s", SINGLE)
            yield Group(f"{kind} start to the first picture", "starts", [bar])
    for row in found.get("levers", ()):
        bars = [Bar(row["gain"], f"{row['gain']:.2f} times", SINGLE), Bar(1.0, "without", PLAIN)]
        yield Group(f"{row['lever']}{MORE}", "levers", bars)


def _pair(name: str, figures: Mapping[str, Any]) -> Group:
    bars = [
        Bar(figures[f"{way}_s"], f"{figures[f'{way}_s']:.3g} s", colour)
        for way, colour in (("ours", OURS), ("plain", PLAIN))
    ]
    return Group(name, "seconds", bars)
