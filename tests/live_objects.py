"""Counts the objects of ours that live, and those of asyncio that we make: what leaks, shows."""

from __future__ import annotations

import asyncio
import gc
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Collection
from typing import Any, Final
from weakref import WeakValueDictionary

OURS: Final = ("bot.", "generation.", "storage.", "__main__")
"""The last is what a process was started with: in the worker, the worker."""
THEIRS: Final = (asyncio.Future, asyncio.Event, asyncio.Lock, asyncio.Semaphore)
"""Tasks are futures."""
REMEMBERED: Final = frozenset({"JobSummary", "RecentJob", "RecentJobs", "Entry"})
"""The newest jobs of all, for completion: they are many, and have a bound of their own."""
PASSING: Final = 5
"""So many of a kind may be on their way, whatever was done before."""
PATIENCE: Final = 60.0


def census() -> Counter[str]:
    """Return how many objects of each kind live, once all that can go has gone.

    Where one of ours has a collection of its own, all that is in it counts, too, but for the
    ordered dictionaries: those have a bound each. What was set aside as staying counts as well.
    """
    gc.unfreeze()
    for _ in range(3):
        gc.collect()
    found: Counter[str] = Counter()
    for each in gc.get_objects():
        kind = type(each)
        if not _is_counted(kind):
            continue
        found[kind.__name__] += 1
        for name, value in _collections(each):
            found[f"{kind.__name__}.{name}"] += len(value)
    gc.freeze()
    return found


def grown(before: Counter[str], after: Counter[str]) -> dict[str, int]:
    """Return of what there is more now, and by how much; a beat that just comes is no leak."""
    return {name: more for name, more in (after - before).items() if more > PASSING}


async def settled_census(is_idle: Callable[[], bool]) -> Counter[str]:
    """Return the census once the bot has nothing to do, and what ended has been let go."""
    until = time.monotonic() + PATIENCE
    while not is_idle():
        assert time.monotonic() < until, "the bot is not idle"
        await asyncio.sleep(0.02)
    for _ in range(20):
        await asyncio.sleep(0)
    return census()


def _is_counted(kind: type) -> bool:
    if kind.__name__ in REMEMBERED:
        return False
    return str(kind.__module__).startswith(OURS) or issubclass(kind, THEIRS)


def _collections(each: Any) -> list[tuple[str, Collection[Any]]]:
    if not str(type(each).__module__).startswith(OURS):
        return []
    named = dict(getattr(each, "__dict__", {}))
    for kind in type(each).__mro__:
        for name in getattr(kind, "__slots__", ()):
            named[name] = getattr(each, name, None)
    return [
        (name, value)
        for name, value in named.items()
        if isinstance(value, dict | set | list | tuple | deque | WeakValueDictionary)
        and not isinstance(value, OrderedDict)
    ]
