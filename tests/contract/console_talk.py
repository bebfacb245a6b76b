"""Talks at a terminal of the bot's own machine: the console chat, in this process."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

from rich.console import Console

from bot.adapters.console.chat import ConsoleChat
from bot.adapters.console.session import Session
from bot.invocation import Invocation
from bot.reply import Reply
from bot.wiring import App
from tests.contract.people import People
from tests.contract.talk import PATIENCE, RESULT, Answer

if TYPE_CHECKING:
    from tests.contract.town import Town

FILE = re.compile(r"^(.+?)  (/.+)$", re.MULTILINE)
"""What is said of each file: an id or a title, and a path."""


class Watched:
    """A session of somebody, which tells what passes through it."""

    def __init__(self, session: Session, actor: str, answer: ConsoleAnswer) -> None:
        self._session = session
        self._actor = actor
        self._answer = answer

    async def ask(self, invocation: Invocation) -> AsyncIterator[Reply]:
        """Ask as that person."""
        name = self._actor.partition(":")[2]
        asked = replace(invocation, actor=self._actor, display_name=name)
        async for reply in self._session.ask(asked):
            self._answer.hear(reply)
            yield reply


class ConsoleAnswer:
    """What a terminal shows after a command: a job's last state, then what is printed."""

    private = True
    gone = False

    def __init__(self) -> None:
        self.printed = io.StringIO()
        self.task: asyncio.Task[Reply | None] | None = None
        self._live = ""
        self._news = asyncio.Event()

    def hear(self, reply: Reply) -> None:
        """Take a state."""
        self._live = reply.text
        self.tell()

    def tell(self, *_: object) -> None:
        """Let whoever waits look again."""
        self._news.set()

    @property
    def text(self) -> str:
        """What is printed, or what the live line is about."""
        return self.printed.getvalue() or self._live

    @property
    def pictures(self) -> list[bytes]:
        """The files that are named in what is printed."""
        return [path.read_bytes() for named, path in self._files() if RESULT.fullmatch(named)]

    @property
    def sheets(self) -> list[bytes]:
        """The files whose names there are no ids."""
        return [path.read_bytes() for named, path in self._files() if not RESULT.fullmatch(named)]

    def _files(self) -> list[tuple[str, Path]]:
        found = FILE.findall(self.printed.getvalue())
        return [(named, Path(path)) for named, path in found]

    @property
    def buttons(self) -> list[str]:
        """Nothing: a terminal has none."""
        return []

    @property
    def calls(self) -> list[str]:
        """What steers a terminal."""
        return re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", self.text)

    async def until(self, true: Callable[[], object]) -> Self:
        """Wait until something is true of it."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                assert self.task is None or not self.task.done() or self._news.is_set(), self.text
                await self._news.wait()
                self._news.clear()
        return self


class ConsoleTalk:
    """Talks at terminals."""

    name: ClassVar[str] = "console"
    at_the_machine: ClassVar[bool] = True

    def __init__(self, town: Town) -> None:
        self._town = town
        self._people = People()

    @property
    def app(self) -> App:
        """The bot as it runs now."""
        return self._town.app

    async def say(
        self, command: str, *, by: str = "ann", files: Mapping[str, Path] | None = None
    ) -> ConsoleAnswer:
        """Type a command; paths of pictures are flags."""
        words = [command, *(f"--{name} {path}" for name, path in (files or {}).items())]
        answer = ConsoleAnswer()
        session = Watched(self.app.session(), self.actor(by), answer)
        chat = ConsoleChat(session, self.app.service.desk.commands, Console(file=answer.printed))
        answer.task = self._town.begin(chat.answer(" ".join(words)))
        answer.task.add_done_callback(answer.tell)
        return await answer.until(lambda: answer.text)

    def spellings(self, command: str) -> list[str]:
        """The ways to type a command: one."""
        return [command]

    def actor(self, name: str = "ann") -> str:
        """The key of a person."""
        return f"console:{self._people.called(name)}"

    def sees(self, name: str, answer: Answer) -> bool:
        """Whether a person can see an answer: none is seen at another's terminal."""
        return False
