from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.config import load_config
from bot.errors import TooOften
from bot.invocation import Attachment, Click
from bot.service.rates import HOUR, Rates, Window
from bot.wiring import running_app
from storage.records import ReplyTo
from tests.fakes import FakeEngine
from tests.unit.bot.conftest import Talk

ADA, BOB, BOSS = "console:ada", "console:bob", "console:boss"
FEW_JOBS = "You have had 3 jobs within an hour, which is the most: try again in"
FEW_COMMANDS = "You have had 4 commands within a minute, which is the most: try again in"


@asynccontextmanager
async def bot(folder: Path, limits: str) -> AsyncIterator[Talk]:
    file = folder / "config.toml"
    file.write_text(
        f"[generation]\nmodel = 'mini'\n[limits]\n{limits}\n[access]\nadmins = ['{BOSS}']\n"
    )
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        yield Talk(app, engine, folder)


async def press(talk: Talk, action: str, target: object, **form: str) -> str:
    click = Click(action, str(target), ADA, ReplyTo("console", "a"), form=form)
    return (await talk.app.service.click(click)).text


def test_a_window_lets_through_so_many_in_any_of_its_length() -> None:
    window = Window(3, 60.0)
    assert [window.take(ADA, now) for now in (0.0, 10.0, 50.0)] == [0.0, 0.0, 0.0]
    assert window.take(ADA, 50.0) == 10.0
    assert window.take(ADA, 59.5) == 0.5
    assert window.take(BOB, 59.5) == 0.0
    assert window.take(ADA, 60.0) == 0.0
    assert window.take(ADA, 61.0) == 9.0


def test_what_was_refused_or_given_back_does_not_count() -> None:
    window = Window(2, 60.0)
    for now in (0.0, 1.0, 2.0, 3.0):
        window.take(ADA, now)
    window.give_back(ADA, 1.0)
    window.give_back(ADA, 2.0)
    window.give_back(BOB, 1.0)
    assert window.take(ADA, 4.0) == 0.0
    assert window.take(ADA, 5.0) == 55.0


def test_only_those_are_remembered_who_took_something_lately() -> None:
    window = Window(2, 60.0)
    for number in range(1000):
        window.take(f"chat:{number}", float(number))
    known = [number for number in range(1000) if f"chat:{number}" in window]
    assert known[-60:] == list(range(940, 1000))
    assert len(known) <= 120


async def test_jobs_an_hour_are_those_that_were_accepted(tmp_path: Path) -> None:
    async with bot(tmp_path, "jobs_per_hour = 3\njobs_per_user = 2") as talk:
        talk.engine.hold.clear()
        for _ in range(2):
            assert (await talk.answer("imagine", actor=ADA, prompt="a star")).job
        for _ in range(3):
            refused = await talk.answer("imagine", actor=ADA, prompt="a star")
            assert refused.text.startswith("You have 2 unfinished jobs")
        talk.engine.hold.set()
        await talk.app.runner.idle()
        made = str((await talk.say("imagine", actor=ADA, prompt="a star")).job)
        for refused in (
            await talk.answer("imagine", actor=ADA, prompt="a star"),
            await talk.answer("verify", actor=ADA, id=made),
        ):
            assert refused.text.startswith(FEW_JOBS)
            assert refused.private
        assert (await talk.answer("show", actor=ADA, id=made)).problem is None
        assert (await talk.answer("imagine", actor=BOB, prompt="a star")).job


async def test_clicks_and_forms_that_make_jobs_count(tmp_path: Path) -> None:
    async with bot(tmp_path, "jobs_per_hour = 3") as talk:
        first = (await talk.say("imagine", actor=ADA, prompt="a star")).job
        await press(talk, "reroll", first)
        assert "a moon" in await press(talk, "edit", first, prompt="a moon")
        for action, form in (
            ("reroll", {}),
            ("edit", {"prompt": "a sun"}),
            ("use", {"prompt": "a"}),
        ):
            assert (await press(talk, action, first, **form)).startswith(FEW_JOBS)


async def test_a_restart_gives_no_jobs_away(tmp_path: Path) -> None:
    for _ in range(2):
        async with bot(tmp_path, "jobs_per_hour = 3") as talk:
            assert (await talk.say("imagine", actor=ADA, prompt="a star")).pictures
    async with bot(tmp_path, "jobs_per_hour = 3") as talk:
        assert (await talk.answer("imagine", actor=ADA, prompt="a star")).job
        refused = await talk.answer("imagine", actor=ADA, prompt="a star")
        assert refused.text.startswith(FEW_JOBS)


async def test_jobs_of_before_count_for_an_hour(tmp_path: Path) -> None:
    async with bot(tmp_path, "") as talk:
        for _ in range(3):
            await talk.say("imagine", actor=ADA, prompt="a star")
        now = 100.0
        limits = talk.app.config.limits.model_copy(update={"jobs_per_hour": 3})
        rates = Rates(limits, talk.app.store.jobs, clock=lambda: now)
        with pytest.raises(TooOften) as refused:
            async with rates.job(ADA):
                raise AssertionError
        now += refused.value.seconds
        assert 0 < refused.value.seconds <= HOUR
        async with rates.job(ADA):
            pass


async def test_neither_jobs_nor_commands_of_admins_are_counted(tmp_path: Path) -> None:
    async with bot(tmp_path, "jobs_per_hour = 1\ncommands_per_minute = 1") as talk:
        for _ in range(3):
            assert (await talk.say("imagine", actor=BOSS, prompt="a star")).pictures


async def test_no_limit_is_none(tmp_path: Path) -> None:
    async with bot(tmp_path, "") as talk:
        for _ in range(20):
            assert (await talk.say("imagine", actor=ADA, prompt="a star")).pictures


async def test_commands_clicks_and_forms_are_counted_by_the_minute(tmp_path: Path) -> None:
    async with bot(tmp_path, "commands_per_minute = 4") as talk:
        made = (await talk.say("imagine", actor=ADA, prompt="a star")).job
        assert "#" in await press(talk, "recipe", made)
        await talk.answer("nonsense", actor=ADA)
        for _ in range(3):
            assert await press(talk, "edit", made) == ""
        assert "a moon" in await press(talk, "edit", made, prompt="a moon")
        refused = await talk.answer("help", actor=ADA)
        assert refused.text.startswith(FEW_COMMANDS)
        assert refused.text.endswith(" s.")
        assert refused.private
        assert (await press(talk, "show", made)).startswith(FEW_COMMANDS)
        picture = talk.invocation("show", ADA, "a", file=Attachment(tmp_path / "a.png", "a.png"))
        assert (await talk.app.service.keep_picture(picture)).text.startswith(FEW_COMMANDS)
        assert (await talk.answer("help", actor=BOB)).problem is None


async def test_who_stops_something_is_never_too_fast(tmp_path: Path) -> None:
    async with bot(tmp_path, "commands_per_minute = 2") as talk:
        talk.engine.hold.clear()
        first, second = [(await talk.answer("imagine", actor=ADA, prompt="a")).job for _ in "ab"]
        assert "is being stopped" in (await talk.answer("cancel", actor=ADA, id=str(first))).text
        assert "is being stopped" in await press(talk, "cancel", second)
        assert "was deleted" in await press(talk, "delete", second)
        talk.engine.hold.set()


async def test_jobs_at_once_are_no_way_around(tmp_path: Path) -> None:
    async with bot(tmp_path, "jobs_per_hour = 3\njobs_per_user = 60") as talk:
        asked = [talk.answer("imagine", actor=ADA, prompt="a star") for _ in range(20)]
        replies = [await each for each in asyncio.as_completed(asked)]
        assert sum(reply.job is not None for reply in replies) == 3
