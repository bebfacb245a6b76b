"""How quick the history is when it is long: search, pages, and the last job of somebody."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, insert

from generation.recipe import Recipe
from storage import fulltext, schema, sqlite
from storage.ids import ALPHABET, LENGTH
from storage.jobs import entry
from storage.migration import migrate
from storage.records import NewJob, ReplyTo, Viewer, utc_now
from storage.rows import job_values
from storage.store import Store

_ACTORS: Final = 5_000
_PLACES: Final = 400
_QUERIES: Final = 400
_BATCH: Final = 10_000
_CACHE_KIB: Final = 262_144
_VOCABULARY: Final = 20_000
_PROMPTS: Final = 20_000
_WORDS: Final = 9
_COMMON: Final = ("portrait", "photograph", "cinematic", "landscape")
"""Words that about three of ten prompts have; the last two are never together in one."""


@dataclass(frozen=True, slots=True)
class _World:
    """Draws what people type: few words, people and places often, most of them seldom."""

    chance: random.Random
    vocabulary: tuple[str, ...]
    weights: tuple[float, ...]

    @classmethod
    def new(cls, seed: int) -> _World:
        chance = random.Random(seed)  # noqa: S311 - made-up data, not secrets
        syllables = [first + second for first in "bcdfghklmnprstvw" for second in "aeiou"]
        words = ("".join(chance.choices(syllables, k=chance.randint(2, 5))) for _ in iter(int, 1))
        vocabulary = tuple(itertools.islice(words, _VOCABULARY))
        weights = itertools.accumulate(1 / (rank + 10) for rank in range(_VOCABULARY))
        return cls(chance, vocabulary, tuple(weights))

    def word(self) -> str:
        """Return a word, as often as people type it."""
        return self.chance.choices(self.vocabulary, cum_weights=self.weights)[0]

    def prompt(self) -> str:
        """Return a prompt of about a dozen words."""
        words = self.chance.choices(self.vocabulary, cum_weights=self.weights, k=_WORDS)
        words += [common for common in _COMMON[:2] if self.chance.random() < 0.3]
        drawn = self.chance.random()
        words += [_COMMON[2]] if drawn < 0.3 else [_COMMON[3]] if drawn < 0.6 else []
        self.chance.shuffle(words)
        return " ".join(words)

    def actor(self) -> str:
        """Return somebody: a tenth of the people ask for half of the jobs."""
        return f"discord:{int(_ACTORS * self.chance.random() ** 3)}"

    def channel(self) -> str:
        """Return a channel, some of them busy."""
        return str(int(_PLACES * self.chance.random() ** 2))

    def recipes(self) -> list[Recipe]:
        """Return what the jobs share: people reroll one prompt many times."""
        return [
            Recipe(
                prompt=self.prompt(),
                seed=self.chance.getrandbits(32),
                width=1024,
                height=1024,
                steps=40,
                guidance=7.5,
                model="sdxl",
            )
            for _ in range(_PROMPTS)
        ]

    def job(self, recipe: Recipe) -> NewJob:
        """Return a job, one of ten private."""
        reply_to = ReplyTo("discord", self.channel())
        private = self.chance.random() < 0.1
        return NewJob(recipe=recipe, actor=self.actor(), reply_to=reply_to, private=private)

    def viewer(self) -> Viewer:
        """Return somebody who looks: active or not, in a busy or a quiet place, or an admin."""
        seldom = self.chance.random() < 0.5
        actor = f"discord:{self.chance.randrange(_ACTORS)}" if seldom else self.actor()
        place = f"discord:{self.chance.randrange(_PLACES)}" if seldom else self.channel()
        return Viewer(actor, place, is_admin=self.chance.random() < 0.2)

    def words(self) -> str:
        """Return a search: common and rare words, beginnings of words, words never together."""
        common = self.chance.choice(_COMMON)
        word = self.word()
        return self.chance.choice(
            (
                common,
                word,
                f"{common} {word}",
                f"{word} {common}",
                f"{word} {self.word()}",
                f"{_COMMON[2]} {_COMMON[3]}",
                f"{_COMMON[0]} {_COMMON[1]} {_COMMON[2]} {word[:3]}",
                word[:2],
                common[:5],
                f"{common} nobodytypedthis",
            )
        )


def run(rows: int = 1_000_000, folder: Path = Path()) -> dict[str, float]:
    """Fill a new database in ``folder`` with made-up jobs and measure the history.

    Returns the number of rows and, in milliseconds as a caller of the store sees them, the 99th
    percentiles of searches, of pages at any depth and of looking up somebody's last job.
    """
    path = folder / "history.db"
    world = _World.new(seed=2307)
    migrate(path, utc_now())
    fill(path, rows, world)
    return {"rows": rows} | asyncio.run(_measure(path, rows, world))


def fill(path: Path, rows: int, world: _World) -> None:
    """Insert jobs in bulk, as the store would have stored them one by one."""
    started = utc_now() - timedelta(seconds=rows)
    with sqlite.create(path, "migrate").connect() as connection:
        connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.rollback()
        recipes = world.recipes()
        for first in range(1, rows + 1, _BATCH):
            numbers = range(first, min(first + _BATCH, rows + 1))
            with connection.begin():
                drawn = world.chance.choices(recipes, k=len(numbers))
                jobs = list(zip(numbers, map(world.job, drawn), strict=True))
                _insert(connection, jobs, started)


def _insert(connection: Connection, numbered: list[tuple[int, NewJob]], started: datetime) -> None:
    done = {"status": "delivered", "attempts": 1, "seconds": 1.0}
    jobs = [
        job_values(job)
        | done
        | {"id": _id(number), "number": number}
        | dict.fromkeys(("created", "told"), started + timedelta(seconds=number))
        for number, job in numbered
    ]
    connection.execute(insert(schema.ids), [{"id": job["id"]} for job in jobs])
    connection.execute(insert(schema.jobs), jobs)
    fulltext.add(connection, [entry(number, job) for number, job in numbered])


def _id(number: int) -> str:
    """Return a different id for each number, scattered like random ones."""
    scattered, characters = number * 1_000_003 % len(ALPHABET) ** LENGTH, ""
    for _ in range(LENGTH):
        scattered, digit = divmod(scattered, len(ALPHABET))
        characters += ALPHABET[digit]
    return characters


async def _measure(path: Path, rows: int, world: _World) -> dict[str, float]:
    chance = world.chance
    async with Store(f"sqlite:///{path}") as store:

        async def search() -> object:
            own_only = chance.random() < 0.3
            cursor = chance.randrange(1, rows + 1) if chance.random() < 0.3 else None
            viewer = world.viewer()
            return await store.history.search(
                world.words(), viewer, own_only=own_only, cursor=cursor
            )

        async def page() -> object:
            cursor, own_only = chance.randrange(1, rows + 1), chance.random() < 0.3
            return await store.history.search("", world.viewer(), own_only=own_only, cursor=cursor)

        async def last() -> object:
            viewer = world.viewer()
            return await store.jobs.last_of(viewer.actor, viewer.place)

        return {
            "search_ms_p99": await _p99_ms(search),
            "page_ms_p99": await _p99_ms(page),
            "last_ms_p99": await _p99_ms(last),
        }


async def _p99_ms(look_up: Callable[[], Awaitable[object]]) -> float:
    times = []
    for _ in range(_QUERIES):
        started = time.perf_counter()
        await look_up()
        times.append(time.perf_counter() - started)
    times.sort()
    return round(times[math.ceil(0.99 * len(times)) - 1] * 1000, 2)
