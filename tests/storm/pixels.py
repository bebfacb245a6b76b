"""Pictures as chats have them: by the names of their files, and by their pixels."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Final

from PIL import Image

_NAME: Final = re.compile(r"([0-9a-z]{6}\.\d+)\.(?:png|jpg|jpeg|webp)")
_SHEET: Final = re.compile(r"([0-9a-z]{6})\.[0-9a-f]{24}\.(?:png|jpg|jpeg|webp)")


def picture_of(filename: str) -> str:
    """Return the id of the picture that a file of this name is; empty where it is none."""
    found = _NAME.fullmatch(filename)
    return found[1] if found else ""


def sheet_of(filename: str) -> str:
    """Return the job whose sheet a file of this name is; empty where it is none."""
    found = _SHEET.fullmatch(filename)
    return found[1] if found else ""


def sha256_of(data: bytes) -> str:
    """Return the SHA-256 of a picture's RGB bytes; nothing where it is not whole."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            return hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()
    except (OSError, SyntaxError):
        return ""
