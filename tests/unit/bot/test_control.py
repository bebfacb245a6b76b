from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from bot.control.client import RemoteSession
from bot.control.server import HOST
from bot.control.wire import Ask, Told
from bot.errors import OwnerLeft
from bot.reply import Button, PictureView, ProgressView, Reply, line, user
from storage.ownership import Owner, find_owner
from tests.unit.bot.conftest import Talk


def owner_of(talk: Talk) -> Owner:
    owner = find_owner(talk.app.config.data)
    assert owner is not None
    return owner


async def test_a_command_handed_over_is_answered_to_its_end(talk: Talk) -> None:
    session = RemoteSession(owner_of(talk))
    asked = talk.invocation("imagine", "console:ann", "a", prompt="a star --seed 3")
    states = [reply async for reply in session.ask(asked)]
    assert [states[0].final, states[-1].final] == [False, True]
    assert states[-1].pictures[0].path.is_file()
    assert states[-1].data[0]["pictures"][0]["seed"] == 3


async def test_the_status_tells_of_worker_and_queue(talk: Talk) -> None:
    status = await RemoteSession(owner_of(talk)).status()
    assert status.model_dump() == {
        "adapters": {},
        "queue": 0,
        "worker": {"pid": 1, "state": "idle"},
        "models": ("mini",),
        "sizes": {"mini": 28_000_000},
    }


async def test_the_status_counts_who_waits_even_while_the_database_is_busy(talk: Talk) -> None:
    talk.engine.hold.clear()
    for _ in range(3):
        await talk.answer("imagine", prompt="a star")
    await talk.engine.begun.wait()
    gate = threading.Event()
    stuck = asyncio.create_task(talk.app.store._database.read(lambda _connection: gate.wait(120)))
    status = await asyncio.wait_for(RemoteSession(owner_of(talk)).status(), 60)
    gate.set()
    assert (status.queue, await stuck) == (2, True)
    talk.engine.hold.set()
    await talk.app.runner.idle()


async def test_a_wrong_token_is_not_answered(talk: Talk) -> None:
    stranger = replace(owner_of(talk), token="0" * 64)
    with pytest.raises(OwnerLeft):
        await RemoteSession(stranger).status()
    assert talk.engine.orders == []


@pytest.mark.parametrize("junk", [b"\n", b"GET / HTTP/1.1\r\n\r\n", b"{}\n", b"\xff\xfe\n"])
async def test_junk_at_the_door_is_dropped_and_the_next_is_answered(
    talk: Talk, junk: bytes
) -> None:
    owner = owner_of(talk)
    reader, writer = await asyncio.open_connection(HOST, owner.port)
    writer.write(junk)
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    assert (await RemoteSession(owner).status()).queue == 0


async def test_a_job_goes_on_when_its_client_goes_away(talk: Talk) -> None:
    talk.engine.hold.clear()
    owner = owner_of(talk)
    reader, writer = await asyncio.open_connection(HOST, owner.port)
    asked = talk.invocation("imagine", "console:ann", "a", prompt="a star")
    writer.write(Ask(token=owner.token, wants="answer", invocation=asked).to_line())
    await reader.readline()
    writer.close()
    talk.engine.hold.set()
    await talk.app.runner.idle()
    assert (await talk.say("history")).data[0]["status"] == "done"


def test_a_reply_survives_the_way_over_the_wire(talk: Talk) -> None:
    reply = Reply(
        lines=(line("a ", user("<b>🦊</b>\n")),),
        pictures=(PictureView("k7f3q2.1", talk.folder / "a.png", 8, 8, 3, "alt"),),
        buttons=(Button("reroll", "k7f3q2", "Reroll"),),
        progress=ProgressView("painting", 0.5, 1, 2, None, b"\x89PNG\xff"),
        job="k7f3q2",
        final=False,
        data=({"job": "k7f3q2", "seconds": None},),
    )
    assert Told.model_validate_json(Told(reply=reply).to_line()).reply == reply
