"""A real store in a new folder, and what is put into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from generation.recipe import Recipe
from storage.records import JobRecord, NewJob, NewPicture, ReplyTo
from storage.store import Store

URL = "sqlite:///data/reroll.db"


def make_recipe(prompt: str = "a red circle", **values: Any) -> Recipe:
    given: dict[str, Any] = {
        "prompt": prompt,
        "seed": 7,
        "width": 128,
        "height": 128,
        "steps": 4,
        "guidance": 5,
        "model": "mini",
    }
    return Recipe(**given | values)


def make_job(prompt: str = "a red circle", **values: Any) -> NewJob:
    given: dict[str, Any] = {
        "recipe": make_recipe(prompt),
        "actor": "console:ada",
        "reply_to": ReplyTo("console", "tty"),
    }
    return NewJob(**given | values)


def make_picture(job: JobRecord, index: int = 1, **values: Any) -> NewPicture:
    given: dict[str, Any] = {
        "job": job.id,
        "index": index,
        "recipe": job.recipe.for_picture(index),
        "path": f"{job.id[:2]}/{job.id}.{index}.png",
        "width": 128,
        "height": 128,
        "bytes": 1000,
        "pixels_sha256": "ab" * 32,
        "seconds": 0.5,
        "environment": '{"device":"cpu"}',
        "warnings": ("lora changed\tinkstyle",),
    }
    return NewPicture(**given | values)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    async with Store(URL, folder=tmp_path) as opened:
        yield opened


@pytest.fixture
def open_store(tmp_path: Path) -> Callable[..., Store]:
    """Return a maker of further stores on the same database."""
    return lambda **values: Store(URL, folder=tmp_path, **values)


@pytest.fixture
def new_job() -> Callable[..., NewJob]:
    return make_job


@pytest.fixture
def new_picture() -> Callable[..., NewPicture]:
    return make_picture


@pytest.fixture
def rendered(store: Store) -> Callable[..., Awaitable[JobRecord]]:
    """Return a maker of jobs whose pictures are all stored."""

    async def render(count: int = 1, **values: Any) -> JobRecord:
        job = await store.jobs.add(make_job(count=count, **values))
        assert await store.jobs.start(job.id)
        for index in range(1, count + 1):
            assert await store.jobs.picture_done(make_picture(job, index))
        assert await store.jobs.finish(job.id, 1.5)
        return job

    return render
