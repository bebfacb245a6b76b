"""``reroll run`` as a process, on the stand-in for Discord."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.discord_server import Attachment, DiscordEmulator, Message
from tests.shell import PATIENCE, Shell, wait_until


@pytest.fixture
async def emu() -> AsyncIterator[DiscordEmulator]:
    emulator = await DiscordEmulator().start()
    try:
        yield emulator
    finally:
        await emulator.stop()


def pointed_at(shell: Shell, emu: DiscordEmulator, token: str = "") -> None:
    shell.env = {
        "DISCORD_BOT_TOKEN": token or emu.token,
        "REROLL_DISCORD__API_URL": emu.base_url,
        "REROLL_LOG__LEVEL": "debug",
    }


def connected(shell: Shell) -> bool:
    return bool(shell.status()["adapters"] == {"discord": "connected"})


async def test_a_run_is_connected_until_ctrl_c_and_puts_back_what_it_does(
    shell: Shell, emu: DiscordEmulator
) -> None:
    pointed_at(shell, emu)
    process = shell.start("run")
    # Read from the beginning: a full pipe would hold the bot up.
    end = asyncio.create_task(asyncio.to_thread(process.communicate, None, PATIENCE))
    await emu.wait_ready(PATIENCE)
    await asyncio.to_thread(wait_until, lambda: connected(shell), "the status says connected")
    # So much that no machine is done with it before it is stopped.
    long = {"prompt": "a red circle", "steps": 100, "count": 4, "size": "256x256"}
    ix = await emu.slash("imagine", long)
    await ix.wait_message(lambda message: bool(message.attachments), timeout=PATIENCE)
    process.send_signal(signal.SIGINT)
    out, said = await end
    assert (process.returncode, out) == (0, ""), said
    assert "Discord: logged in as" in said
    assert "Leaving" in said
    assert "Traceback" not in said
    assert emu.token not in said
    assert ix.token not in said
    after = await asyncio.to_thread(shell.status)
    assert (after["adapters"], after["queue"]) == ({}, 1)


async def test_a_run_that_is_killed_finishes_its_jobs_in_their_messages(
    shell: Shell, emu: DiscordEmulator
) -> None:
    pointed_at(shell, emu)
    shell.env["REROLL_LOG__LEVEL"] = "warning"
    killed = shell.start("run")
    await emu.wait_ready(PATIENCE)
    running = await emu.slash("imagine", {"prompt": "a red circle", "steps": 60, "count": 4})
    waiting = await emu.slash("imagine", {"prompt": "a blue square"}, user=emu.user("bob"))
    await running.wait_message(lambda message: bool(message.attachments), timeout=PATIENCE)
    await waiting.wait_ack()
    killed.kill()
    await asyncio.to_thread(killed.wait)
    shell.start("run")
    await running.wait_message(lambda message: len(results(message)) == 4, timeout=PATIENCE)
    await waiting.wait_message(lambda message: len(results(message)) == 1, timeout=PATIENCE)
    assert len([message for message in emu.order if results(message)]) == 2
    assert emu.violations == []


def results(message: Message) -> list[Attachment]:
    return [each for each in message.attachments if not each.filename.startswith("preview")]


async def test_a_run_with_a_wrong_token_ends_with_a_sentence(
    shell: Shell, emu: DiscordEmulator
) -> None:
    pointed_at(shell, emu, token="MTIz.abc.wrong")
    done = await asyncio.to_thread(shell.run, "--debug", "run")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines()[-1].startswith("Discord does not take the token in")
    assert "MTIz.abc.wrong" not in done.stderr


def test_a_run_that_cannot_leave_in_order_leaves_all_the_same(tmp_path: Path) -> None:
    script = """
import asyncio, time
from bot.cli.running import stop_signals
async def run():
    with stop_signals(0.1) as stop:
        print("ready", flush=True)
        await stop.wait()
        await asyncio.to_thread(time.sleep, 3600)
asyncio.run(run())
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=Path.cwd()
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(PATIENCE) == 0
    process.stdout.close()
