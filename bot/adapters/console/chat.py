"""The console chat: the commands of the bot at a prompt, or from a pipe."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from rich.console import Console

from bot import texts
from bot.adapters.console.asking import ask, invocation
from bot.adapters.console.completion import CommandCompleter, Complete
from bot.adapters.console.progress import LiveProgress
from bot.adapters.console.rendering import Terminal
from bot.adapters.console.session import Session
from bot.command import Command
from bot.invocation import Given, Invocation
from bot.reply import Reply

_LEAVE: Final = ("/quit", "/exit")


def read_line(text: str, commands: Mapping[str, Command]) -> Invocation | None:
    """Read one line of the chat; none for an empty one. A line without a slash is a prompt."""
    stripped = text.strip()
    if not stripped:
        return None
    if not stripped.startswith("/"):
        return invocation("imagine", {"prompt": stripped})
    name, _, rest = stripped[1:].partition(" ")
    name = name.lower()
    command = commands.get(name)
    takes = command.takes if command else ""
    options: dict[str, Given] = {takes: rest.strip()} if rest.strip() else {}
    return invocation(name, options)


class ConsoleChat:
    """Reads commands, one after the other, until ``/quit`` or the end of the input."""

    def __init__(self, session: Session, commands: Mapping[str, Command], console: Console) -> None:
        self._session = session
        self._commands = commands
        self._console = console
        self._terminal = Terminal(console)

    async def run_piped(self) -> None:
        """Read from a file or pipe; every command is answered before the next is read."""
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip().lower() in _LEAVE:
                return
            await self.answer(line, echo=True)

    async def run_at_prompt(self, history: Path, complete: Complete) -> None:
        """Read from a person, with history and completion."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.history import FileHistory

        history.parent.mkdir(parents=True, exist_ok=True)
        prompt: PromptSession[str] = PromptSession(
            history=FileHistory(str(history)),
            completer=CommandCompleter(self._commands, complete),
            complete_while_typing=True,
        )
        self._terminal.line(texts.CONSOLE_WELCOME)
        while True:
            try:
                line = await prompt.prompt_async("reroll> ")
            except KeyboardInterrupt:
                self._terminal.line(texts.CONSOLE_CTRL_C)
                continue
            except EOFError:
                return
            if line.strip().lower() in _LEAVE:
                return
            await self.answer(line)

    async def answer(self, line: str, *, echo: bool = False) -> Reply | None:
        """Answer one line of the chat; ``echo`` repeats it where it was not typed here."""
        asked = read_line(line, self._commands)
        if asked is None:
            return None
        if echo:
            self._terminal.line(f"> {line.strip()}")
        reply = await ask(self._session, asked, LiveProgress(self._console))
        self._terminal.reply(reply)
        return reply
