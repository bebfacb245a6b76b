"""A bot in a chat: a real adapter and service on the stand-in's server, with a fake engine."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.adapters.protocol import Adapter
from bot.config import Config, load_config
from bot.service.running.meter import UNMETERED, Meter
from bot.wiring import App, running_app
from tests.fakes import FakeEngine

PATIENCE = 60.0


@dataclass
class ChatScene(ABC):
    """A stand-in, and a bot that can be stopped and started again."""

    emu: Any
    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    meter: Meter = UNMETERED
    engine: FakeEngine = field(init=False)
    app: App = field(init=False)

    @abstractmethod
    def make(self, config: Config) -> Adapter:
        """Return the adapter of this chat."""

    @abstractmethod
    def address(self) -> dict[str, str]:
        """Return what leads to the stand-in, by section and key."""

    def config(self) -> Config:
        """Write and read the configuration; ``options`` are TOML by section and key."""
        values = {
            "generation.model": '"mini"',
            "limits.jobs_per_user": "50",
            **self.address(),
            **self.options,
        }
        lines = []
        for name, value in values.items():
            section, key = name.split(".")
            lines.append(f"{section}.{key} = {value}")
        file = self.folder / "config.toml"
        file.write_text("\n".join(lines))
        return load_config(file, {})

    @asynccontextmanager
    async def bot(self, tint: str = "") -> AsyncIterator[App]:
        """Run the bot until the block ends."""
        config = self.config()
        self.engine = FakeEngine(config.generation().incoming)
        self.engine.tint = tint
        adapter = self.make(config)
        try:
            async with running_app(
                config,
                self.engine,
                resume=True,
                work=True,
                adapters=[adapter],
                meter=self.meter,
            ) as self.app:
                try:
                    await adapter.start(self.app.service)
                    yield self.app
                finally:
                    await adapter.stop_listening()
        finally:
            await adapter.close()

    async def until(self, condition: Callable[[], object], what: str = "it happens") -> None:
        """Wait for what the stand-in sees."""
        await self.emu.until(condition, PATIENCE, what)


async def soon(look: Callable[[], Awaitable[object]]) -> None:
    """Wait for what has to be asked for."""
    async with asyncio.timeout(PATIENCE):
        while not await look():  # noqa: ASYNC110 - whatever it looks at tells nobody
            await asyncio.sleep(0.01)
