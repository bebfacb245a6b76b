"""Sheets of pictures, and drawings of where one comes from."""

from __future__ import annotations

from typing import Final

WITHHELD_PLACE: Final = "withheld"
EXPIRED_PLACE: Final = "expired"
UNREADABLE_PLACE: Final = "no file"
"""What stands on a sheet in place of a picture."""

HISTORY_SHEET: Final = "History"
FAVORITES_SHEET: Final = "Favourites"


def sheet_label(identifier: str, pictures: int = 1) -> str:
    """Name a picture on a sheet, or the job of several by its first."""
    return f"#{identifier} ×{pictures}" if pictures > 1 else f"#{identifier}"


def look_button(identifier: str) -> str:
    """Label the button that shows one of those on a sheet."""
    return f"#{identifier}"
