"""``reroll run`` as an owner watches it: its metrics, its log, and what its health check says."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.discord_scene import pictures
from tests.discord_server import DiscordEmulator
from tests.scraping import free_port, scrape
from tests.shell import PATIENCE, Shell

PROMPT = "a very secret circle"


@pytest.fixture
async def emu() -> AsyncIterator[DiscordEmulator]:
    emulator = await DiscordEmulator().start()
    try:
        yield emulator
    finally:
        await emulator.stop()


def life_of(job: str, records: list[dict[str, Any]]) -> list[str]:
    said = [each for each in records if each.get("job") == job and each["level"] == "info"]
    return [each["message"].split()[0].strip(":,") for each in said]


async def test_a_run_is_watched_by_its_numbers_and_its_log(
    shell: Shell, emu: DiscordEmulator
) -> None:
    port = free_port()
    shell.env = {
        "DISCORD_BOT_TOKEN": emu.token,
        "HF_TOKEN": "hf_not-for-the-log",
        "REROLL_DISCORD__API_URL": emu.base_url,
        "REROLL_METRICS__PORT": str(port),
        "REROLL_LOG__FORMAT": "json",
    }
    process = shell.start("run")
    end = asyncio.create_task(asyncio.to_thread(process.communicate, None, PATIENCE))
    await emu.wait_ready(PATIENCE)
    asked = {"prompt": PROMPT, "steps": 8, "count": 2}
    ix = await emu.slash("imagine", asked)
    await ix.wait_message(lambda message: len(pictures(message)) == 2, timeout=PATIENCE)
    async with asyncio.timeout(PATIENCE):
        while True:
            seen = await scrape(f"http://127.0.0.1:{port}/metrics")
            if seen.get("reroll_jobs_ended_total", end="delivered", error=""):
                break
            await asyncio.sleep(0.05)
    health = await asyncio.to_thread(shell.run, "status", "--check")
    process.send_signal(signal.SIGTERM)
    out, said = await end
    after = await asyncio.to_thread(shell.run, "status", "--check")
    assert (process.returncode, out) == (0, "")
    assert (health.returncode, after.returncode) == (0, 1)
    assert seen.get("reroll_pictures_total", model="mini") == 2
    assert seen.get("reroll_model_megapixel_steps_per_second", model="mini") > 0
    for name in ("bot", "worker"):
        assert seen.get("reroll_resident_memory_bytes", process=name) > 50e6
    records = [json.loads(line) for line in said.splitlines()]
    assert any(f":{port}/metrics" in each["message"] for each in records)
    [job] = {each["job"] for each in records if "job" in each}
    assert life_of(job, records) == ["accepted", "started", "rendered", "delivered"]
    worker = (shell.folder / "data" / "worker.log").read_text(errors="replace")
    for secret in (emu.token, ix.token, "hf_not-for-the-log", PROMPT):
        assert secret not in said
        assert secret not in worker
