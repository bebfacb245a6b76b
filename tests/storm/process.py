"""``reroll run`` with a quick painter: all else is the real thing, the worker's process too."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from pathlib import Path

from bot.cli.running import attend, present, stop_signals
from bot.config import load_config
from bot.logs import set_up_logging
from bot.wiring import running_app
from generation.errors import UserError
from generation.local import LocalEngine
from tests.storm.painter import NAME

log = logging.getLogger(__name__)


async def _run() -> None:
    config = load_config(Path("config.toml"))
    set_up_logging(config, to_stderr=True)
    adapters = present(config, os.environ)
    engine = LocalEngine(config.generation(), NAME)
    with stop_signals() as stop:
        opened = running_app(config, engine, resume=True, work=True, adapters=adapters)
        await attend(opened, adapters, stop, log.info)


if __name__ == "__main__":
    try:
        asyncio.run(_run())
    except UserError as error:
        sys.exit(f"{type(error).__name__}: {error}")
