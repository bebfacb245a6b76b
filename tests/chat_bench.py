"""How fast commands are acknowledged in a chat, beside a bot that does nothing else.

The bot runs as its own process on the mini model; the stand-in and this script share another.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USERS = 20
PER_SECOND = 20
PATIENCE = 300.0


@dataclass(frozen=True)
class Chat:
    """A chat's stand-in, and how it is used.

    ``ask`` sends a prompt of a user; ``late`` says what was wrong with an acknowledgement, nothing
    where nothing was. ``bare`` is the module of a bot that only acknowledges, and ``bare_name``
    what it is called.
    """

    emulator: Callable[[], Any]
    environment: Callable[[Any], dict[str, str]]
    ready: Callable[[Any], Awaitable[None]]
    ask: Callable[[Any, str, Any], Awaitable[Any]]
    late: Callable[[Any], object]
    has_picture: Callable[[Any], bool]
    bare: str
    bare_name: str


def variables(chat: Chat, folder: Path, emu: Any) -> dict[str, str]:
    """Return the environment of a bot that keeps all it has in one folder."""
    return os.environ | {
        "REROLL_GENERATION__MODEL": "mini",
        "REROLL_LIMITS__QUEUE": "100000",
        "REROLL_LIMITS__JOBS_PER_USER": "100000",
        "REROLL_STORAGE__DATABASE": f"sqlite:///{folder}/data/reroll.db",
        "REROLL_STORAGE__PICTURES": f"{folder}/data/pictures",
        "PYTHONPATH": str(Path.cwd()),
        **chat.environment(emu),
    }


@asynccontextmanager
async def running(chat: Chat, folder: Path, emu: Any, *words: str) -> AsyncIterator[None]:
    """Run a bot as a process of its own until the block ends."""
    environment = variables(chat, folder, emu)
    with (folder / "log.txt").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        await chat.ready(emu)
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def asked(chat: Chat, emu: Any, index: int) -> Any:
    """Send one command."""
    user = emu.user(f"user{index % USERS}")
    return await chat.ask(emu, f"a red circle {index}", user)


async def paced(chat: Chat, emu: Any, count: int, per_second: float) -> list[float]:
    """Send commands at a steady pace and return their latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sent = []
    for index in range(count):
        await asyncio.sleep(max(0.0, begun + index / per_second - loop.time()))
        sent.append(await asked(chat, emu, index))
    return await latencies(chat, sent)


async def at_once(chat: Chat, emu: Any, count: int) -> list[float]:
    """Send commands all at once and return their latencies in milliseconds."""
    return await latencies(chat, [await asked(chat, emu, index) for index in range(count)])


async def latencies(chat: Chat, sent: list[Any]) -> list[float]:
    """Wait for the acknowledgements."""
    for each in sent:
        await each.wait_ack(PATIENCE)
    late = [wrong for each in sent if (wrong := chat.late(each))]
    if late:
        raise RuntimeError(f"{len(late)} commands came to nothing, the first with {late[0]}")
    return sorted(1000 * (each.ack_latency or 0.0) for each in sent)


def summary(found: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum."""
    p99 = found[min(len(found) - 1, round(0.99 * len(found)))]
    return {
        "p50": round(statistics.median(found), 1),
        "p99": round(p99, 1),
        "max": round(found[-1], 1),
    }


async def drawing(chat: Chat, emu: Any) -> None:
    """Wait until the first picture is there, with more to come."""
    first = await chat.ask(emu, "the first", emu.user("user0"))
    await first.wait_message(chat.has_picture, timeout=PATIENCE)


async def measure_steady(chat: Chat, count: int) -> dict[str, Any]:
    """Measure commands at a steady pace alone, while the worker paints without pause.

    What the worker had still to do at the end is told, as one that rests disturbs nobody.
    """
    emu = await chat.emulator().start()
    with tempfile.TemporaryDirectory(prefix="reroll-bench-") as name:
        folder = Path(name)
        async with running(chat, folder, emu, "-m", "bot", "run"):
            await drawing(chat, emu)
            found = summary(await paced(chat, emu, count, PER_SECOND))
            left = await status(folder, emu, chat)
    await emu.stop()
    return {"commands": count, "while_drawing_ms": found} | left


async def status(folder: Path, emu: Any, chat: Chat) -> dict[str, Any]:
    """Ask the bot what its worker does, and how many jobs wait for it."""
    asking = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "status", "--json"),
        cwd=folder,
        env=variables(chat, folder, emu),
        stdout=asyncio.subprocess.PIPE,
    )
    told = json.loads((await asking.communicate())[0])
    return {"worker": told["worker"]["state"], "waiting": told["queue"]}


async def measure(chat: Chat, count: int, rounds: int) -> dict[str, Any]:
    """Measure all that is promised."""
    found: dict[str, Any] = {"commands": count}
    burst: dict[str, list[float]] = {"ours": [], chat.bare_name: []}
    for _ in range(rounds):
        for name, words in (
            ("ours", ("-m", "bot", "run")),
            (chat.bare_name, ("-m", chat.bare)),
        ):
            emu = await chat.emulator().start()
            with tempfile.TemporaryDirectory(prefix="reroll-bench-") as folder:
                async with running(chat, Path(folder), emu, *words):
                    if name == "ours" and "while_loading_ms" not in found:
                        found["while_loading_ms"] = summary(
                            await paced(chat, emu, count, PER_SECOND)
                        )
                        await drawing(chat, emu)
                        found["while_drawing_ms"] = summary(
                            await paced(chat, emu, count, PER_SECOND)
                        )
                    elif name == "ours":
                        await drawing(chat, emu)
                    # The stand-in's own checks take long the first time.
                    await at_once(chat, emu, 20)
                    burst[name].append(summary(await at_once(chat, emu, count))["p99"])
            await emu.stop()
    medians = {name: statistics.median(values) for name, values in burst.items()}
    found["at_once_p99_ms"] = medians
    found["at_once_ratio"] = round(medians["ours"] / medians[chat.bare_name], 2)
    return found


def main(chat: Chat, about: str) -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steady", action="store_true", help="at a steady pace alone")
    given = parser.parse_args()
    if given.steady:
        found = asyncio.run(measure_steady(chat, given.commands))
    else:
        found = asyncio.run(measure(chat, given.commands, given.rounds))
    sys.stdout.write(json.dumps(found) + "\n")
