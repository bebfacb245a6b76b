"""The software that decides pixels, by name and version."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from functools import cache
from typing import Final

DECIDING: Final = (
    "torch",
    "diffusers",
    "transformers",
    "tokenizers",
    "compel",
    "peft",
    "numpy",
    "scipy",
    "pillow",
)
"""Of these scipy weighs the steps of ``lms``, and fades and tints what is painted into a picture;
Pillow scales input pictures."""

PAINTING: Final = 1
"""Counted up when this program itself makes other pixels of the same recipe than it did before."""


@cache
def library_versions() -> Mapping[str, str]:
    """Return the versions that were installed when this was first asked for.

    A library that is not here, as on a machine with little more than torch, is not among them.
    """
    found = {name: _version(name) for name in DECIDING}
    return {name: version for name, version in found.items() if version}


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""
