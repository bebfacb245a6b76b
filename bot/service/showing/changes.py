"""What is not as it was when a picture was made, told from what was written down with it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from bot import texts
from bot.reply import Reply
from generation.engine import EngineStatus
from generation.recipe import Recipe
from generation.surroundings import PATIENCE, Surroundings
from storage.records import JobRecord, PictureRecord
from storage.store import Store

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
    try:
        environment = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
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


class Changes:
    """Tells what has changed since pictures were made, before anything is made again."""

    def __init__(
        self, store: Store, surroundings: Surroundings, status: Callable[[], EngineStatus]
    ) -> None:
        self._store = store
        self._surroundings = surroundings
        self._status = status

    async def since(
        self, pictures: Collection[PictureRecord], recipe: Recipe, patience: float = PATIENCE
    ) -> tuple[Change, ...]:
        """Return what would decide the pixels of a recipe otherwise than those of pictures.

        Takes little longer than ``patience`` seconds; what is not known by then is not told.
        """
        before = await _environments(self._store, pictures)
        if not any(before):
            return ()
        status = self._status()
        now = await asyncio.to_thread(self._surroundings.now, recipe, status, patience)
        return _all_between(before, now)


async def since_parent(
    store: Store, job: JobRecord, pictures: Collection[PictureRecord]
) -> tuple[Change, ...]:
    """Return what decided the pictures of a reroll otherwise than those that it is one of."""
    parent = await store.pictures.get(job.parent) if job.parent else None
    if parent is None:
        return ()
    before = await _environments(store, [parent])
    found = [_all_between(before, now) for now in await _environments(store, pictures)]
    changes = dict.fromkeys(change for changes in found for change in changes)
    return left_alone(changes, parent.recipe, job.recipe)


async def _environments(
    store: Store, pictures: Collection[PictureRecord]
) -> list[Mapping[str, Any]]:
    """Return the different environments of pictures, which mostly is one for all of them."""
    hashes = dict.fromkeys(picture.environment for picture in pictures)
    return [read_environment(await store.pictures.environment(sha256)) for sha256 in hashes]


def at_a_time(environment: Mapping[str, Any]) -> int:
    """Return how many pictures were painted in one pass with the one that it is of, and that."""
    batch = environment.get("batch", 1)
    return batch if isinstance(batch, int) else 1


async def most_at_a_time(store: Store, pictures: Collection[PictureRecord]) -> int:
    """Return how many pictures were painted in the largest of the passes that made some."""
    return max(map(at_a_time, await _environments(store, pictures)), default=1)


def _all_between(before: Iterable[Mapping[str, Any]], now: Mapping[str, Any]) -> tuple[Change, ...]:
    return tuple(dict.fromkeys(each for one in before for each in changes_between(one, now)))


def in_words(changes: Iterable[Change]) -> tuple[str, ...]:
    """Return changes as people are told them."""
    return tuple(texts.change(change.what, change.before, change.now) for change in changes)


def with_changes(reply: Reply, changes: Iterable[Change]) -> Reply:
    """Let the reply about a job tell what has changed, if anything has."""
    if reply.deleted is not None:
        return reply
    words = in_words(changes)
    lines = (*reply.lines, texts.changed(words)) if words else reply.lines
    data = tuple({**entry, "changes": list(words)} for entry in reply.data)
    return replace(reply, lines=lines, data=data)


def _is_of_model(what: Key) -> bool:
    is_weights = what[0] == "weights" and not what[-1].startswith("lora ")
    return is_weights or what[0] in _OF_MODEL


def _flat(prefix: Key, value: Any) -> Iterator[tuple[Key, str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat((*prefix, str(key)), inner)
    else:
        yield prefix, str(value)
