"""A fault at one step of a job is told to its asker, holds up nobody else and leaves no file."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.bot.conftest import Talk
from tests.unit.bot.service.answers.test_forgetting import files_of

NO_START = (
    "CREATE TRIGGER fault BEFORE UPDATE ON jobs WHEN NEW.status = 'running' "
    "BEGIN SELECT RAISE(ABORT, 'no start'); END"
)
NO_PICTURE = (
    "CREATE TRIGGER fault BEFORE INSERT ON pictures BEGIN SELECT RAISE(ABORT, 'no picture'); END"
)
UNREADABLE = (
    "CREATE TRIGGER fault AFTER INSERT ON pictures "
    "BEGIN UPDATE pictures SET recipe = '{' WHERE id = NEW.id; END"
)


async def do(talk: Talk, statement: str) -> None:
    database = talk.app.store._database
    await database.write(lambda connection: connection.exec_driver_sql(statement))


@pytest.mark.parametrize("fault", [NO_START, NO_PICTURE, UNREADABLE])
async def test_the_asker_is_told_and_the_next_job_runs(talk: Talk, fault: str) -> None:
    await do(talk, fault)
    async with asyncio.timeout(60):
        reply = await talk.say("imagine", prompt="a star")
        assert (reply.exit_code, reply.pictures) == (1, ())
        assert f"#{reply.job} failed: " in reply.text
        await do(talk, "DROP TRIGGER fault")
        after = await talk.say("imagine", prompt="a lion")
    assert len(after.pictures) == 1


async def test_a_picture_that_cannot_be_noted_leaves_no_file(talk: Talk) -> None:
    await do(talk, NO_PICTURE)
    async with asyncio.timeout(60):
        await talk.say("imagine", prompt="a star")
    assert files_of(talk) == set()
