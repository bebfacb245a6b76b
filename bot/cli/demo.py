"""``reroll demo``: the main job in one go, on the built-in model."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

from rich.console import Console

from bot import texts
from bot.adapters.console.chat import ConsoleChat
from bot.cli.shell import at_prompt, definitions
from bot.config import load_config
from bot.logs import set_up_logging
from bot.reply import Reply
from bot.sessions import open_session

PROMPT: Final = "a red circle++ on a blue background --seed 7"


async def run_demo(config: Path | None) -> int:
    """Make a picture, find it, remake it with one thing changed, and check it; then let type."""
    os.environ["REROLL_GENERATION__MODEL"] = "mini"
    loaded = load_config(config)
    set_up_logging(loaded)
    console = Console()
    async with open_session(loaded, resume=True, work=True) as session:
        chat = ConsoleChat(session, definitions(loaded), console)
        code = await _tour(chat, console)
        console.print(texts.demo_files(str(loaded.pictures)), soft_wrap=True, markup=False)
        if code == 0 and sys.stdin.isatty():
            await at_prompt(chat, loaded)
    return code


async def _tour(chat: ConsoleChat, console: Console) -> int:
    """Go through the steps; each is a command that a person could type."""
    first = await _step(chat, console, texts.DEMO_IMAGINE, f"/imagine {PROMPT}")
    if first is None or first.job is None:
        return 1
    steps = (
        (texts.DEMO_HISTORY, "/history red circle --limit 3"),
        (texts.DEMO_REROLL, f"/reroll {first.job}"),
        (texts.DEMO_CHANGE, f"/reroll {first.job} --prompt a green star on a blue background"),
        (texts.DEMO_VERIFY, f"/verify {first.job}"),
    )
    for title, line in steps:
        if await _step(chat, console, title, line) is None:
            return 1
    return 0


async def _step(chat: ConsoleChat, console: Console, title: str, line: str) -> Reply | None:
    console.print(f"\n{title}", style="bold", markup=False)
    reply = await chat.answer(line, echo=True)
    return reply if reply is not None and reply.exit_code == 0 else None
