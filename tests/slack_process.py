"""A bot in Slack as a process of its own, with a fake engine: for tests that kill it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from bot.adapters.slack.adapter import SlackAdapter
from bot.config import load_config
from bot.wiring import running_app
from tests.chat_scene import PATIENCE
from tests.fakes import FakeEngine
from tests.slack_scene import Scene, tokens

HELD = "held"


@asynccontextmanager
async def process(scene: Scene, *, held: bool = False) -> AsyncIterator[None]:
    """Run the scene's bot as a process that is killed at the end of the block.

    One that is ``held`` paints nothing.
    """
    scene.config()
    words = [HELD] if held else []
    environment = os.environ | tokens(scene.emu) | {"PYTHONPATH": str(Path.cwd())}
    with (scene.folder / "process.txt").open("ab") as log:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.slack_process", *words,
            cwd=scene.folder, env=environment, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        await scene.emu.wait_connected(PATIENCE)
        yield
    finally:
        child.kill()
        await child.wait()
        await scene.until(lambda: not scene.emu.connected, "the socket is gone")


async def _serve(environment: Mapping[str, str], *, held: bool) -> None:
    config = load_config(Path("config.toml"), {})
    engine = FakeEngine(config.generation().incoming)
    if held:
        engine.hold.clear()
    adapter = SlackAdapter(config, environment)
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]) as app:
        await adapter.start(app.service)
        await adapter.ended()


if __name__ == "__main__":
    asyncio.run(_serve(os.environ, held=HELD in sys.argv))
