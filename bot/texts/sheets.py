"""Sheets of pictures, and drawings of where one comes from."""

from __future__ import annotations

from typing import Final

WITHHELD_PLACE: Final = "withheld"
EXPIRED_PLACE: Final = "expired"
UNREADABLE_PLACE: Final = "no file"
"""What stands on a sheet in place of a picture."""
