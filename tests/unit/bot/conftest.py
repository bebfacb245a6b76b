from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.console.session import LocalSession
from bot.config import load_config
from bot.invocation import Given, Invocation
from bot.reply import Reply
from bot.wiring import App, running_app
from storage.records import ReplyTo
from tests.fakes import FakeEngine


@dataclass
class Talk:
    """A bot on a fake engine, and somebody who talks to it."""

    app: App
    engine: FakeEngine
    folder: Path

    async def say(
        self, command: str, *, actor: str = "console:ann", channel: str = "a", **options: Given
    ) -> Reply:
        """Ask, and return the final reply."""
        *_, last = await self.states(command, actor=actor, channel=channel, **options)
        return last

    async def states(
        self, command: str, *, actor: str = "console:ann", channel: str = "a", **options: Given
    ) -> list[Reply]:
        session = LocalSession(self.app.service, self.app.console)
        asked = self.invocation(command, actor, channel, **options)
        return [reply async for reply in session.ask(asked)]

    async def answer(self, command: str, *, actor: str = "console:ann", **options: Given) -> Reply:
        """Ask, and return the first reply, without waiting for a job."""
        return await self.app.service.answer(self.invocation(command, actor, "a", **options))

    def invocation(self, command: str, actor: str, channel: str, **options: Given) -> Invocation:
        return Invocation(
            command, options, actor, ReplyTo("console", channel), local_folder=self.folder
        )


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    file = tmp_path / "config.toml"
    file.write_text(
        "[generation]\nmodel = 'mini'\n[limits]\nqueue = 20\n"
        "[access]\nadmins = ['console:admin']\nblocked_words = ['ugly']\n"
    )
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        yield Talk(app, engine, tmp_path)
