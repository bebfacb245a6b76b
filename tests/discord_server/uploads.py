"""Files that came with a request."""

from __future__ import annotations

from typing import NamedTuple


class Upload(NamedTuple):
    """A file's name, bytes and declared type."""

    filename: str
    data: bytes
    content_type: str | None = None


Uploads = dict[int, Upload]
"""By the number in ``files[n]``."""
