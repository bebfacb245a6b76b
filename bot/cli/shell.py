"""Runs one chat command from the shell, the console chat, and the status."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from bot import texts
from bot.adapters.console.asking import ask, invocation
from bot.adapters.console.chat import ConsoleChat
from bot.adapters.console.completion import Complete
from bot.adapters.console.progress import LiveProgress
from bot.adapters.console.rendering import Terminal
from bot.catalogues import suggestions
from bot.cli.copying import copied
from bot.command import Command
from bot.commands import commands
from bot.config import Config, load_config
from bot.control.client import RemoteSession
from bot.control.wire import Status, WorkerStatus
from bot.invocation import Given
from bot.logs import set_up_logging
from bot.reply import Reply
from bot.sessions import look_from_outside, open_session
from storage.ownership import find_owner
from storage.records import SAMPLES, Viewer

WORKING: Final = ("imagine", "reroll", "vary", "upscale", "compare", "verify")
"""The commands that need a worker."""


async def run_command(
    name: str,
    options: Mapping[str, Given],
    *,
    config: Path | None,
    as_json: bool,
    out: Path | None = None,
) -> int:
    """Run one chat command and return its exit code."""
    loaded = load_config(config)
    set_up_logging(loaded)
    # An answer of words alone needs none: to start one takes a while.
    works = name in WORKING or (name in SAMPLES and not {"action", "name"} & options.keys())
    async with open_session(loaded, resume=False, work=works) as session:
        progress = LiveProgress(Console(stderr=True))
        reply = await ask(session, invocation(name, options), progress)
        if out is not None:
            reply = await asyncio.to_thread(copied, reply, out)
        _print(reply, as_json=as_json)
        return reply.exit_code


def _print(reply: Reply, *, as_json: bool) -> None:
    if reply.problem is not None:
        print("".join(span.text for span in reply.problem), file=sys.stderr)
    if as_json:
        print_json(reply.data)
    elif reply.problem is None:
        Terminal(Console()).reply(reply)


def print_json(entries: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    for entry in entries:
        print(json.dumps(entry, ensure_ascii=False))
    sys.stdout.flush()


async def run_console(config: Path | None) -> int:
    """Run the console chat."""
    loaded = load_config(config)
    set_up_logging(loaded)
    async with open_session(loaded, resume=True, work=True) as session:
        chat = ConsoleChat(session, definitions(loaded), Console())
        if sys.stdin.isatty():
            await at_prompt(chat, loaded)
        else:
            await chat.run_piped()
    return 0


def definitions(config: Config) -> dict[str, Command]:
    """Return the commands within the owner's limits, by name."""
    return {command.name: command for command in commands(config.limits)}


async def at_prompt(chat: ConsoleChat, config: Config) -> None:
    """Let a person type."""
    await chat.run_at_prompt(config.console_history, completions(config))


def completions(config: Config) -> Complete:
    """Return what completes the options of commands; ids are known to the bot alone."""
    known = suggestions(config)
    known.refresh()
    return lambda source, typed: known.complete(source, typed, Viewer(""))


async def show_status(config: Path | None, *, as_json: bool, check: bool = False) -> int:
    """Show how the bot is, from beside it; with ``check``, return 1 unless one runs and answers.

    Whether its chat services do is none of its health: to start it again would not help.
    """
    loaded = load_config(config)
    owner = await asyncio.to_thread(find_owner, loaded.data)
    if owner is None:
        status = await look_from_outside(loaded)
    elif owner.listens:
        status = await RemoteSession(owner).status()
    else:
        # It is just coming up, and perhaps bringing the database up to date.
        status = Status(worker=WorkerStatus(state="starting"))
    if as_json:
        print_json([status.model_dump(exclude={"sizes"})])
    else:
        worker, runs = status.worker.state, owner is not None
        print(texts.status(worker, status.queue, status.adapters, runs, status.sizes))
    return 1 if check and not (owner and owner.listens) else 0
