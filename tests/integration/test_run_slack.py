"""``reroll run`` as a process, on the stand-in for Slack."""

from __future__ import annotations

import asyncio
import io
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import closing
from typing import Any

import aiohttp
import numpy as np
import pytest
from PIL import Image

from bot.manifest import SLACK_SCOPES
from tests.discord_server import DiscordEmulator
from tests.discord_server import Message as DiscordMessage
from tests.shell import PATIENCE, Shell, wait_until
from tests.slack_scene import labels, pictures, text_of
from tests.slack_server import Delivery, Message, SlackEmulator

LONG = "--steps 100 --count 4 --size 256x256"
"""So much that no machine is done with it before something happens to it."""
PREVIEW = "preview"


@pytest.fixture
async def emu() -> AsyncIterator[SlackEmulator]:
    emulator = await SlackEmulator().start()
    # No other text may look like these.
    emulator.bot_token = "xoxb-1-the-secret-of-the-bot"
    emulator.app_token = "xapp-1-A1-the-secret-of-the-app"
    emulator.signing_secret = "the-secret-of-the-signature"
    emulator.scopes = set(SLACK_SCOPES)
    try:
        yield emulator
        emulator.check()
    finally:
        await emulator.stop()


@pytest.fixture
async def discord() -> AsyncIterator[DiscordEmulator]:
    emulator = await DiscordEmulator().start()
    try:
        yield emulator
    finally:
        await emulator.stop()


def pointed_at(shell: Shell, emu: SlackEmulator, **more: str) -> None:
    shell.env = {
        "SLACK_BOT_TOKEN": emu.bot_token,
        "SLACK_APP_TOKEN": emu.app_token,
        "REROLL_SLACK__API_URL": emu.base_url,
        "REROLL_LOG__LEVEL": "debug",
    } | more


def connected(shell: Shell) -> bool:
    return bool(shell.status()["adapters"] == {"slack": "connected"})


def reading(process: Any) -> asyncio.Task[tuple[str, str]]:
    """Read from the beginning: a full pipe would hold the bot up."""
    return asyncio.create_task(asyncio.to_thread(process.communicate, None, PATIENCE))


async def drawn(delivery: Delivery, count: int = 1) -> Message:
    """Wait until all pictures of a job are in its message."""
    return await delivery.wait_message(
        lambda message: len(pictures(message)) == count, timeout=PATIENCE
    )


async def drawing(delivery: Delivery) -> Message:
    """Wait until there is something to see of a job."""
    return await delivery.wait_message(lambda message: "image" in kinds(message), timeout=PATIENCE)


def opened(emu: SlackEmulator) -> int:
    """Return how many sockets there were so far."""
    return [what for _, what in emu.socket_log].count("open")


def kinds(message: Message) -> list[str]:
    return [block["type"] for block in message.blocks]


def results(emu: SlackEmulator) -> list[Message]:
    return [each for each in emu.messages if not each.deleted and pictures(each)]


def secrets_of(emu: SlackEmulator) -> dict[str, str]:
    """Return all that opened a door in this Slack, by what it is."""
    found = {
        "the bot's token": emu.bot_token,
        "the app's token": emu.app_token,
        "the secret": emu.signing_secret,
    }
    for delivery in emu.deliveries:
        url = delivery.payload.get("response_url", "")
        found[f"the address for answers to {delivery.envelope_id}"] = url.rpartition("/")[2]
    found |= {f"ticket {number}": ticket for number, ticket in enumerate(emu._tickets)}
    found |= {f"upload {each.id}": f"upload/v1/{each.id}" for each in emu.files.values()}
    return {what: secret for what, secret in found.items() if secret}


def told(emu: SlackEmulator, *outputs: str) -> list[str]:
    """Return which secrets were told."""
    return [what for what, secret in secrets_of(emu).items() if secret in "\n".join(outputs)]


async def test_a_run_outlives_its_socket_until_ctrl_c_and_tells_no_secret(
    shell: Shell, emu: SlackEmulator
) -> None:
    pointed_at(shell, emu)
    process = shell.start("run")
    end = reading(process)
    await emu.wait_connected(PATIENCE)
    await asyncio.to_thread(wait_until, lambda: connected(shell), "the status says connected")
    short = await emu.slash("/imagine", "a red circle --steps 30")
    await drawing(short)
    await emu.drop_socket()
    await emu.until(lambda: opened(emu) == 2, PATIENCE, "another socket")
    message = await drawn(short)
    await (await emu.click(message, text="Recipe")).wait_message(timeout=PATIENCE)
    long = await emu.slash("/imagine", f"a blue square {LONG}")
    await drawing(long)
    process.send_signal(signal.SIGINT)
    out, said = await end
    assert (process.returncode, out) == (0, ""), said
    assert "Slack: " in said
    assert "Leaving" in said
    assert "Traceback" not in said
    assert told(emu, said) == []
    after = await asyncio.to_thread(shell.status)
    assert (after["adapters"], after["queue"]) == ({}, 1)
    assert emu.violations == []


async def test_a_run_that_is_killed_finishes_its_jobs_in_their_messages(
    shell: Shell, emu: SlackEmulator
) -> None:
    pointed_at(shell, emu, REROLL_LOG__LEVEL="warning")
    killed = shell.start("run")
    await emu.wait_connected(PATIENCE)
    running = await emu.slash("/imagine", "a red circle --steps 60 --count 2")
    seen = await drawing(running)
    waiting = await emu.slash("/imagine", "a blue square", user=emu.user("bob"))
    await waiting.wait_ack(PATIENCE)
    killed.kill()
    await asyncio.to_thread(killed.wait)
    shell.start("run")
    assert await drawn(running, 2) is seen
    await waiting.wait_message(
        lambda message: len(pictures(message)) == 1 and message is not seen, timeout=PATIENCE
    )
    assert len(results(emu)) == 2
    assert emu.violations == []


@pytest.mark.parametrize(
    ("fault", "begins", "names"),
    [
        ({"bot_token": "xoxb-1-another"}, "Slack does not take the token in", "SLACK_BOT_TOKEN"),
        ({"scopes": set(SLACK_SCOPES) - {"files:write"}}, "", "files:write"),
        ({"app_scopes": set[str]()}, "", "connections:write"),
    ],
)
async def test_a_run_that_slack_refuses_ends_with_a_sentence(
    shell: Shell, emu: SlackEmulator, fault: dict[str, Any], begins: str, names: str
) -> None:
    pointed_at(shell, emu)
    given = (emu.bot_token, emu.app_token)
    for what, value in fault.items():
        setattr(emu, what, value)
    done = await asyncio.to_thread(shell.run, "run")
    assert (done.returncode, done.stdout) == (2, "")
    sentence = done.stderr.splitlines()[-1]
    assert sentence.startswith(begins)
    assert names in sentence
    assert "Traceback" not in done.stderr
    assert [token for token in given if token in done.stderr] == []
    assert told(emu, done.stderr) == []


async def test_pictures_of_one_service_are_shown_and_made_again_in_the_other(
    shell: Shell, emu: SlackEmulator, discord: DiscordEmulator
) -> None:
    pointed_at(
        shell,
        emu,
        DISCORD_BOT_TOKEN=discord.token,
        REROLL_DISCORD__API_URL=discord.base_url,
        REROLL_LOG__LEVEL="warning",
    )
    shell.start("run")
    await discord.wait_ready(PATIENCE)
    await emu.wait_connected(PATIENCE)

    there = await discord.slash("imagine", {"prompt": "a red circle", "seed": 7, "steps": 2})
    first = await there.wait_message(attached, timeout=PATIENCE)
    job = job_in(first.content or str(first.embeds))
    shown = await drawn(await emu.slash("/art", f"show {job}"))
    assert "Reroll" in labels(shown)
    again = await drawn(await emu.slash("/reroll", f"{job} --seed 7"))
    assert f"#{job}" in text_of(again)
    same = pixels(attached(first)[0])
    assert np.array_equal(pixels(brought(emu, shown)), same)
    assert np.array_equal(pixels(brought(emu, again)), same)

    here = await drawn(await emu.slash("/imagine", "a blue square --seed 8 --steps 2"))
    job = job_in(text_of(here))
    show = await discord.slash("show", {"id": job})
    shown_there = await show.wait_message(attached, timeout=PATIENCE)
    reroll = await discord.slash("reroll", {"id": job, "seed": "8"})
    again_there = await reroll.wait_message(attached, timeout=PATIENCE)
    same = pixels(brought(emu, here))
    assert np.array_equal(pixels(attached(shown_there)[0]), same)
    assert np.array_equal(pixels(attached(again_there)[0]), same)
    assert (emu.violations, discord.violations) == ([], [])


def attached(message: DiscordMessage) -> list[bytes]:
    return [
        each.data or b"" for each in message.attachments if not each.filename.startswith(PREVIEW)
    ]


def brought(emu: SlackEmulator, message: Message) -> bytes:
    """Return the first picture of a message."""
    return emu.files[pictures(message)[0]["slack_file"]["id"]].data or b""


def job_in(text: str) -> str:
    found = re.search(r"#([0-9a-z]{6})\b", text)
    assert found, text
    return found[1]


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(png)))


async def test_a_run_takes_signed_requests(shell: Shell, emu: SlackEmulator) -> None:
    port = free_port()
    pointed_at(
        shell,
        emu,
        SLACK_SIGNING_SECRET=emu.signing_secret,
        REROLL_SLACK__MODE="http",
        REROLL_SLACK__LISTEN=f"127.0.0.1:{port}",
    )
    del shell.env["SLACK_APP_TOKEN"]
    process = shell.start("run")
    end = reading(process)
    await asyncio.to_thread(wait_until, lambda: listens(port), "it listens")
    emu.request_url = f"http://127.0.0.1:{port}/slack/events"
    async with aiohttp.ClientSession() as session, session.post(emu.request_url) as answer:
        assert answer.status == 401
    message = await drawn(await emu.slash("/imagine", "a red circle --steps 2"))
    await drawn(await emu.click(message, text="Reroll"))
    process.send_signal(signal.SIGTERM)
    out, said = await end
    assert (process.returncode, out) == (0, ""), said
    assert told(emu, said) == []
    assert emu.violations == []


def listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
