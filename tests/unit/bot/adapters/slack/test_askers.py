from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.slack.askers import Askers
from bot.reply import Reply, line
from generation.recipe import Recipe
from storage.actors import NAMES, Actors
from storage.database import Database
from storage.records import ActorRecord, JobRecord, ReplyTo, utc_now

STATE = Reply(lines=(line("Drawing."),))
JOB = JobRecord(
    id="k7f3q2",
    number=1,
    recipe=Recipe(prompt="x", seed=7, width=128, height=128, steps=4, guidance=5, model="mini"),
    count=1,
    actor="slack:T1:U1",
    reply_to=ReplyTo("slack", "C1"),
    private=False,
    parent=None,
    command="imagine",
    explicit=(),
    status="running",
    attempts=1,
    created=utc_now(),
)


class Known(Actors):
    """Names by actors, and how often somebody asked for one."""

    def __init__(self, **names: str) -> None:
        super().__init__(Database(Path("nowhere.db")))
        self.names = names
        self.asked: list[str] = []

    async def get(self, actor: str) -> ActorRecord | None:
        """Return what is known of somebody."""
        self.asked.append(actor)
        name = self.names.get(actor.rpartition(":")[2])
        return None if name is None else ActorRecord(actor, name, utc_now(), utc_now())


async def test_a_state_says_for_whom_it_is() -> None:
    named = await Askers(Known(U1="Ada <!here>")).named(JOB, STATE)
    assert named.text == "Drawing.\nfor Ada <!here>"
    assert named.lines[-1][-1].style == "user", "what somebody is called means nothing"


@pytest.mark.parametrize(
    "job", [replace(JOB, private=True), replace(JOB, reply_to=ReplyTo("slack", "D1"))]
)
async def test_where_only_the_asker_looks_nobody_is_named(job: JobRecord) -> None:
    assert await Askers(Known(U1="Ada")).named(job, STATE) == STATE


@pytest.mark.parametrize("known", [Known(), Known(U1="")])
async def test_somebody_without_a_name_is_looked_for_again(known: Known) -> None:
    askers = Askers(known)
    assert await askers.named(JOB, STATE) == STATE
    known.names["U1"] = "Ada"
    assert "Ada" in (await askers.named(JOB, STATE)).text


async def test_names_are_remembered_but_not_those_of_all_the_world() -> None:
    known = Known(**{f"U{number}": "Ada" for number in range(NAMES + 1)})
    askers = Askers(known)
    for number in [*range(NAMES + 1), NAMES, 0]:
        await askers.named(replace(JOB, actor=f"slack:T1:U{number}"), STATE)
    assert len(known.asked) == NAMES + 2


async def test_the_name_of_who_is_forgotten_is_not_remembered() -> None:
    known = Known(U1="Ada")
    askers = Askers(known)
    assert "Ada" in (await askers.named(JOB, STATE)).text
    del known.names["U1"]
    known.forget(JOB.actor)
    assert await askers.named(JOB, STATE) == STATE
