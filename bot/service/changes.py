"""What is not as it was when a picture was made, told from what was written down with it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generation.recipe import Recipe

Key = tuple[str, ...]

_OF_MODEL: Final = frozenset({"vae_dtype", "offload", "vae_tiles", "configs"})
"""What belongs to one model, as its weights do."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that decides pixels.

    ``what`` are its keys in an environment, such as ``versions`` and ``torch``; ``now`` is empty
    for a file that is not here any more.
    """

    what: Key
    before: str
    now: str


def read_environment(text: str | None) -> Mapping[str, Any]:
    """Read the canonical JSON that is stored with pictures; what is not there says nothing."""
    environment = json.loads(text or "{}")
    return environment if isinstance(environment, dict) else {}


def changes_between(before: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[Change, ...]:
    """Compare two environments. What only one of them knows of is unknown, not changed."""
    old, new = dict(_flat((), before)), dict(_flat((), now))
    return tuple(
        Change(key, old[key], new[key])
        for key in sorted(old.keys() & new.keys())
        if old[key] != new[key]
    )


def left_alone(changes: Iterable[Change], before: Recipe, now: Recipe) -> tuple[Change, ...]:
    """Return the changes that are not of what a person chose to be otherwise in a recipe."""
    return tuple(
        change for change in changes if before.model == now.model or not _is_of_model(change.what)
    )


def _is_of_model(what: Key) -> bool:
    is_weights = what[0] == "weights" and not what[-1].startswith("lora ")
    return is_weights or what[0] in _OF_MODEL


def _flat(prefix: Key, value: Any) -> Iterator[tuple[Key, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat((*prefix, str(key)), inner)
    else:
        yield prefix, str(value)
