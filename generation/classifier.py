"""What looks at finished pictures: where it lies, and which labels it has, told without loading it.

A folder or a repository of the hub with ``config.json``, ``preprocessor_config.json`` and weights
in safetensors, as ``transformers`` writes a model for the classification of images.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from generation.errors import BadClassifier
from generation.models import Model

NAME: Final = "safety filter"
CONFIG: Final = "config.json"
PREPROCESSOR: Final = "preprocessor_config.json"


def classifier(source: str) -> Model:
    """Return a classifier as something that can be downloaded like any model."""
    return Model(name=NAME, base=source, family="classifier")


def check_classifier(folder: Path, wanted: Iterable[str]) -> None:
    """Raise ``BadClassifier`` unless the files are there and the labels are among the model's."""
    for name in (CONFIG, PREPROCESSOR):
        if not (folder / name).is_file():
            raise BadClassifier(str(folder), "incomplete", name)
    if not any(folder.glob("*.safetensors")):
        raise BadClassifier(str(folder), "no safetensors")
    known = labels_of(folder)
    if not known:
        raise BadClassifier(str(folder), "no labels")
    missing = [label for label in wanted if label.casefold() not in map(str.casefold, known)]
    if missing or not list(wanted):
        raise BadClassifier(str(folder), "labels", ", ".join(missing), known)


def labels_of(folder: Path) -> tuple[str, ...]:
    """Return the labels that a classifier knows, in the order of its outputs; none: it has none."""
    try:
        config: Any = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        labels = config.get("id2label") or {}
        return tuple(str(labels[key]) for key in sorted(labels, key=int))
    except (OSError, ValueError, AttributeError) as error:
        raise BadClassifier(str(folder), "incomplete", CONFIG) from error
