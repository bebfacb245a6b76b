"""Which files of a repository a model needs: safetensors of one variant, and what describes them.

Nothing else is ever fetched: no pickles, no ONNX, no Flax, no second precision, no safety checker,
and nothing that another part of the model replaces or shares.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from generation.classifier import CONFIG, PREPROCESSOR
from generation.models import Model

Role = Literal["base", "refiner", "vae", "classifier"]
SINGLE: Final = ("vae", "classifier")
"""Roles of which all files lie at the top, and describe themselves."""

INDEX: Final = "model_index.json"
_LEFT_OUT: Final = frozenset({"safety_checker", "feature_extractor", "image_encoder"})
_OF_REFINER: Final = frozenset({"unet", "scheduler"})
"""A refiner shares its text encoder and VAE with the base, see ``generation.worker.loading``."""

_WEIGHTS: Final = re.compile(
    r"(?:diffusion_pytorch_model|model)(?:\.(?P<variant>\w+))?"
    r"(?:-(?P<number>\d{5})-of-(?P<count>\d{5}))?\.safetensors"
)
_DESCRIBING: Final = re.compile(r"[\w.-]+\.(?:json|txt)")
_NOT_DESCRIBING: Final = re.compile(r"(?:openvino|flax|tf|onnx|preprocessor).*|.*\.index\..*json")


@dataclass(frozen=True, slots=True)
class Part:
    """One source of a model."""

    role: Role
    source: str


def parts(model: Model) -> tuple[Part, ...]:
    """Return the sources that a model names."""
    if model.family == "classifier":
        return (Part("classifier", model.base),)
    named = (("base", model.base), ("refiner", model.refiner), ("vae", model.vae))
    return tuple(Part(role, source) for role, source in named if source)  # type: ignore[arg-type]


def components(index: Mapping[str, Any], role: Role, model: Model) -> tuple[str, ...]:
    """Return the folders that a repository's ``model_index.json`` names and this part needs."""
    named = [
        name
        for name, kind in index.items()
        if isinstance(kind, list) and len(kind) == 2 and all(kind) and name not in _LEFT_OUT
    ]
    if role == "refiner":
        named = [name for name in named if name in _OF_REFINER]
    elif model.vae:
        named = [name for name in named if name != "vae"]
    return tuple(named)


def weights(names: Iterable[str], variant: str) -> tuple[str, ...]:
    """Return the weights files to read out of one folder's file names; none if it has none.

    The wanted variant comes first, then the plain files, then any other variant; one file before
    shards, and shards only if all are there.
    """
    found: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name in sorted(names):
        if match := _WEIGHTS.fullmatch(name):
            found[match["variant"] or "", int(match["count"] or 1)].append(name)
    whole = {key: files for key, files in found.items() if len(files) == key[1]}
    variants = dict.fromkeys([variant, "", *sorted(name for name, _ in whole if name != "non_ema")])
    for wanted in variants:
        for name, count in sorted(whole):
            if name == wanted:
                return tuple(whole[name, count])
    return ()


def wanted_in(names: Iterable[str], variant: str) -> tuple[str, ...]:
    """Return what to take out of one folder's file names: descriptions, and weights if it has any.

    Of sharded weights the index comes along.
    """
    names = list(names)
    chosen = weights(names, variant)
    describing = [
        name
        for name in names
        if _DESCRIBING.fullmatch(name) and not _NOT_DESCRIBING.fullmatch(name)
    ]
    indices = []
    if len(chosen) > 1:
        match = _WEIGHTS.fullmatch(chosen[0])
        tail = f".{match['variant']}" if match and match["variant"] else ""
        indices = [name for name in names if name.endswith(f".safetensors.index{tail}.json")]
    return (*sorted(describing), *sorted(indices), *chosen)


def is_complete(component: str, names: Iterable[str], variant: str) -> bool:
    """Say whether one folder's file names are all that its part of a pipeline needs."""
    here = set(names)
    if component.startswith("scheduler"):
        return "scheduler_config.json" in here
    if component.startswith("tokenizer"):
        words = "tokenizer.json" in here or {"vocab.json", "merges.txt"} <= here
        return words and "tokenizer_config.json" in here
    if component == "classifier" and PREPROCESSOR not in here:
        return False
    return CONFIG in here and bool(weights(here, variant))
