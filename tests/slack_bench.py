"""How fast commands are acknowledged: ``python -m tests.slack_bench`` prints one JSON object.

The bot runs as its own process on the mini model; the stand-in and this script share another. A
bot that does nothing but acknowledge is measured in the same run for comparison.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.slack_server import Delivery, SlackEmulator

USERS = 20
PATIENCE = 300.0


@asynccontextmanager
async def running(folder: Path, emu: SlackEmulator, *words: str) -> AsyncIterator[None]:
    """Run a bot as a process of its own until the block ends."""
    environment = os.environ | {
        "SLACK_BOT_TOKEN": emu.bot_token,
        "SLACK_APP_TOKEN": emu.app_token,
        "REROLL_SLACK__API_URL": emu.base_url,
        "REROLL_GENERATION__MODEL": "mini",
        "REROLL_LIMITS__QUEUE": "100000",
        "REROLL_LIMITS__JOBS_PER_USER": "100000",
        "REROLL_STORAGE__DATABASE": f"sqlite:///{folder}/data/reroll.db",
        "REROLL_STORAGE__PICTURES": f"{folder}/data/pictures",
        "PYTHONPATH": str(Path.cwd()),
    }
    with (folder / "log.txt").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *words, cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        await emu.wait_connected(PATIENCE)
        yield
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def asked(emu: SlackEmulator, index: int) -> Delivery:
    """Send one command."""
    user = emu.user(f"user{index % USERS}")
    return await emu.slash("/imagine", f"a red circle {index}", user=user)


async def paced(emu: SlackEmulator, count: int, per_second: float) -> list[float]:
    """Send commands at a steady pace and return their latencies in milliseconds."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    sent = []
    for index in range(count):
        await asyncio.sleep(max(0.0, begun + index / per_second - loop.time()))
        sent.append(await asked(emu, index))
    return await latencies(sent)


async def at_once(emu: SlackEmulator, count: int) -> list[float]:
    """Send commands all at once and return their latencies in milliseconds."""
    return await latencies([await asked(emu, index) for index in range(count)])


async def latencies(sent: list[Delivery]) -> list[float]:
    """Wait for the acknowledgements."""
    for each in sent:
        await each.wait_ack(PATIENCE)
    late = [each for each in sent if each.late]
    if late:
        raise RuntimeError(f"{len(late)} commands were acknowledged too late")
    return sorted(1000 * (each.ack_latency or 0.0) for each in sent)


def summary(found: list[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum."""
    p99 = found[min(len(found) - 1, round(0.99 * len(found)))]
    return {
        "p50": round(statistics.median(found), 1),
        "p99": round(p99, 1),
        "max": round(found[-1], 1),
    }


async def drawing(emu: SlackEmulator) -> None:
    """Wait until the first picture is there, with more to come."""
    first = await emu.slash("/imagine", "the first")
    await first.wait_message(
        lambda message: any(block["type"] == "image" for block in message.blocks),
        timeout=PATIENCE,
    )


async def measure(count: int, rounds: int) -> dict[str, Any]:
    """Measure all that is promised."""
    found: dict[str, Any] = {"commands": count}
    burst: dict[str, list[float]] = {"ours": [], "ack_only": []}
    for _ in range(rounds):
        for name, words in (
            ("ours", ("-m", "bot", "run")),
            ("ack_only", ("-m", "tests.ack_only")),
        ):
            emu = await SlackEmulator().start()
            with tempfile.TemporaryDirectory(prefix="reroll-bench-") as folder:
                async with running(Path(folder), emu, *words):
                    if name == "ours" and "while_loading_ms" not in found:
                        found["while_loading_ms"] = summary(await paced(emu, count, 20))
                        await drawing(emu)
                        found["while_drawing_ms"] = summary(await paced(emu, count, 20))
                    elif name == "ours":
                        await drawing(emu)
                    # The stand-in's own checks take long the first time.
                    await at_once(emu, 20)
                    burst[name].append(summary(await at_once(emu, count))["p99"])
            await emu.stop()
    medians = {name: statistics.median(values) for name, values in burst.items()}
    found["at_once_p99_ms"] = medians
    found["at_once_ratio"] = round(medians["ours"] / medians["ack_only"], 2)
    return found


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    found = asyncio.run(measure(given.commands, given.rounds))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
