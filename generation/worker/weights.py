"""The weights files of a model: all looked at before any is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from generation.errors import BadWeights
from generation.loras import read_header

PICKLES: Final = frozenset({".bin", ".ckpt", ".pt", ".pth", ".pkl", ".pickle"})
"""Suffixes of files that run code when they are read."""

NETWORKS: Final = frozenset({"unet", "vae", "text_encoder", "text_encoder_2"})
"""Folders of a model in diffusers' layout whose weights are read."""


def check_files(source: Path) -> None:
    """See that the safetensors files of a folder, or the file itself, are whole.

    Raises ``BadWeights``: ``pickle`` where a network has nothing but pickles, ``missing`` where
    nothing lies, ``truncated`` and ``not safetensors`` as ``read_header`` does.
    """
    if not source.is_dir():
        read_header(source)
        return
    files = sorted(path for path in source.rglob("*.safetensors") if _is_read(path, source))
    served = {path.parent for path in files}
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() in PICKLES and path.parent not in served and _is_read(path, source):
            raise BadWeights(str(path), "pickle")
    if not files:
        raise BadWeights(str(source), "missing")
    for path in files:
        read_header(path)


def _is_read(path: Path, source: Path) -> bool:
    """Say whether a file belongs to a network that is loaded, and not to a safety checker, say."""
    return path.is_file() and (path.parent == source or path.parent.name in NETWORKS)
