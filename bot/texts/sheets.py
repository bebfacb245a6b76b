"""Sheets of pictures, and drawings of where one comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bot.reply import Line, Span, faint, line, strong
from bot.texts.amounts import count_text

WITHHELD_PLACE: Final = "withheld"
EXPIRED_PLACE: Final = "expired"
UNREADABLE_PLACE: Final = "no file"
"""What stands on a sheet in place of a picture."""
DELETED_PLACE: Final = "deleted"
PRIVATE_PLACE: Final = "private"

HISTORY_SHEET: Final = "History"
FAVORITES_SHEET: Final = "Favourites"
JOB_SHEET: Final = "Sheet of #{id}"
FAMILY_TITLE: Final = "Where #{id} comes from, and what came from it"
FAMILY_EARLIER: Final = "and earlier"
CHANGED_SEED: Final = "another seed"
COMPARED: Final = "compared"
ALTERNATIVES: Final = "alternatives"


def sheet_label(identifier: str, pictures: int = 1) -> str:
    """Name a picture on a sheet, or the job of several by its first."""
    return f"#{identifier} ×{pictures}" if pictures > 1 else f"#{identifier}"


def look_button(identifier: str) -> str:
    """Label the button that shows one of those on a sheet."""
    return f"#{identifier}"


def family_more(count: int) -> str:
    """Stand for those that a drawing has no room for."""
    return f"+{count} more"


def enlarged_briefly(scale: int) -> str:
    """Say on a drawing that a picture is an enlargement of the one before."""
    return f"enlarged ×{scale}"


def redrawn_briefly(strength: float) -> str:
    """Say on a drawing that a picture starts from the one before."""
    return f"redrawn, strength {strength:g}"


def came_from_it(count: int, newest: Sequence[str]) -> Line:
    """Say what came from a picture, by the ids of the newest."""
    spans: list[Span] = []
    for identifier in newest:
        spans += [faint(", ")] if spans else []
        spans.append(strong(f"#{identifier}"))
    more = count - len(newest)
    rest = f" and {more} more" if more else ""
    what = count_text(count, "job", "jobs")
    return line(faint(f"{what} came from it: "), *spans, *([faint(rest)] if rest else []))
