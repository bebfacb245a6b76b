"""Users take turns: what the engine is given, what the queue says, and what people were told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.adapters.console.session import LocalSession
from bot.config import load_config
from bot.invocation import Click
from bot.reply import Reply
from bot.wiring import running_app
from storage.records import ReplyTo
from tests.fakes import FakeEngine
from tests.unit.bot.conftest import Talk

ADA, BOB, CAT, BOSS = "console:ada", "console:bob", "console:cat", "console:boss"


@asynccontextmanager
async def bot(folder: Path) -> AsyncIterator[Talk]:
    file = folder / "config.toml"
    file.write_text(
        "[generation]\nmodel = 'mini'\n[limits]\njobs_per_user = 60\n"
        f"[access]\nadmins = ['{BOSS}']\n"
    )
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    engine.hold.clear()
    async with running_app(config, engine, resume=True, work=True) as app:
        yield Talk(app, engine, folder)


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    async with bot(tmp_path) as talk:
        yield talk


async def ask(talk: Talk, actor: str, *prompts: str, **options: str) -> list[Reply]:
    replies = []
    for prompt in prompts:
        replies.append(await talk.answer("imagine", actor=actor, prompt=prompt, **options))
        assert replies[-1].job, replies[-1].text
        await talk.engine.begun.wait()
    return replies


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not true():  # noqa: ASYNC110 - whatever it looks at tells nobody
            await asyncio.sleep(0.01)


async def order(talk: Talk) -> list[str]:
    """Let all jobs run, and return their prompts as the engine was given them."""
    talk.engine.hold.set()
    await until(lambda: not len(talk.app.runner.line))
    return [order.recipe.prompt for order in talk.engine.orders]


async def queued(talk: Talk) -> list[str]:
    """Return the prompts of the queue, with their numbers."""
    lines = (await talk.answer("queue", actor=BOSS)).text.splitlines()
    return [f"{line.split()[0]} {line.split('·')[0].split()[2]}" for line in lines]


def state(reply: Reply) -> str:
    return reply.text.splitlines()[-1].partition(" ")[2].partition(",")[0]


async def test_after_fifty_jobs_of_one_user_the_one_of_another_is_running_next(talk: Talk) -> None:
    many = await ask(talk, ADA, *(f"a{number}" for number in range(50)))
    assert [state(reply) for reply in many[1:3]] == [
        "waits behind 1 job",
        "waits behind 2 jobs",
    ]
    [one] = await ask(talk, BOB, "b")
    assert state(one) == "waits behind 1 job"
    assert (await queued(talk))[:4] == ["running a0", "1. b", "2. a1", "3. a2"]
    prompts = await order(talk)
    assert prompts == ["a0", "b", *(f"a{number}" for number in range(1, 50))]


async def test_users_take_turns_by_the_cost_of_their_jobs(talk: Talk) -> None:
    await ask(talk, ADA, "a1", "a2", "a3", steps="30")
    await ask(talk, BOB, *(f"b{number}" for number in range(1, 9)), steps="10")
    assert await order(talk) == ["a1", "b1", "b2", "b3", "a2", "b4", "b5", "b6", "a3", "b7", "b8"]


async def test_admins_go_first_once(talk: Talk) -> None:
    await ask(talk, ADA, "a1", "a2")
    await ask(talk, BOB, "b1", "b2")
    await ask(talk, CAT, "c1")
    await ask(talk, BOSS, "x1", "x2")
    assert await order(talk) == ["a1", "x1", "b1", "c1", "a2", "b2", "x2"]


async def test_what_is_cancelled_or_deleted_leaves_its_time_to_the_next_of_its_user(
    talk: Talk,
) -> None:
    mine = await ask(talk, ADA, "a1", "a2", "a3", "a4")
    await ask(talk, BOB, "b1", "b2", "b3")
    assert (await queued(talk))[1:] == ["1. b1", "2. a2", "3. b2", "4. a3", "5. b3", "6. a4"]
    await talk.answer("cancel", actor=ADA, id=str(mine[1].job))
    click = Click("delete", str(mine[2].job), ADA, ReplyTo("console", "a"))
    await talk.app.service.click(click)
    assert (await queued(talk))[1:] == ["1. b1", "2. a4", "3. b2", "4. b3"]
    assert await order(talk) == ["a1", "b1", "a4", "b2", "b3"]


async def test_who_is_passed_is_told_the_new_place(talk: Talk) -> None:
    await ask(talk, ADA, "a1")
    session = LocalSession(talk.app.service, talk.app.console)
    seen: list[str] = []

    async def listen() -> None:
        async for reply in session.ask(talk.invocation("imagine", ADA, "a", prompt="a2")):
            seen.append(reply.text)

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        group.create_task(listen())
        await until(lambda: "waits behind 1 job," in "".join(seen))
        await ask(talk, BOB, "b1")
        await until(lambda: "waits behind 2 jobs," in "".join(seen))
        talk.engine.hold.set()


async def test_the_order_is_made_anew_after_a_restart(tmp_path: Path) -> None:
    async with bot(tmp_path) as talk:
        await ask(talk, ADA, "a1", "a2", "a3")
        await ask(talk, BOB, "b1", "b2")
        await ask(talk, BOSS, "x1")
    async with bot(tmp_path) as talk:
        await talk.engine.begun.wait()
        assert await queued(talk) == ["running x1", "1. a1", "2. b1", "3. a2", "4. b2", "5. a3"]
        assert await order(talk) == ["x1", "a1", "b1", "a2", "b2", "a3"]
