"""Variations of pictures."""

from __future__ import annotations

from bot.reply import Line, line


def varied_instead(asked: str, original: str) -> Line:
    """Say that not an enlargement is varied but what it was made from."""
    return line(f"#{asked} was enlarged from #{original}, which is what I vary.")


def varied_too_often(picture: str, most: int) -> Line:
    """Say why the picture itself is the start, where its noise was to be."""
    return line(f"The noise of #{picture} was varied {most} times, the most: I repaint it instead.")
