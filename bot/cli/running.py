"""``reroll run``: every adapter whose tokens are present, and the engine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from bot.config import load_config
from bot.errors import AdapterMissing, NoTokens
from bot.logs import set_up_logging

TOKENS: Final = ("DISCORD_BOT_TOKEN", "SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")


async def run_bot(config: Path | None) -> int:
    """Run the bot until it is stopped."""
    loaded = load_config(config)
    set_up_logging(loaded, to_stderr=True)
    present = [name for name in TOKENS if os.environ.get(name)]
    if not present:
        raise NoTokens(("DISCORD_BOT_TOKEN", "SLACK_BOT_TOKEN with SLACK_APP_TOKEN"))
    raise AdapterMissing(tuple(present))
