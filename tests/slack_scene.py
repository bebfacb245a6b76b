"""A bot in Slack: the real adapter and service on the stand-in's server, with a fake engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.adapters.slack.adapter import SlackAdapter
from bot.config import Config, load_config
from bot.wiring import App, running_app
from storage.records import JobRecord
from tests.fakes import FakeEngine
from tests.slack_server import Delivery, Message, SlackEmulator

PATIENCE = 60.0


@dataclass
class Scene:
    """The stand-in, and a bot that can be stopped and started again."""

    emu: SlackEmulator
    folder: Path
    options: dict[str, str] = field(default_factory=dict)
    engine: FakeEngine = field(init=False)
    app: App = field(init=False)
    adapter: SlackAdapter = field(init=False)

    def config(self) -> Config:
        """Write and read the configuration; ``options`` are TOML by section and key."""
        values = {
            "generation.model": '"mini"',
            "slack.api_url": f'"{self.emu.base_url}"',
            "limits.jobs_per_user": "50",
        } | self.options
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
        self.adapter = SlackAdapter(config, tokens(self.emu))
        try:
            async with running_app(
                config, self.engine, resume=True, work=True, adapters=[self.adapter]
            ) as self.app:
                try:
                    await self.adapter.start(self.app.service)
                    yield self.app
                finally:
                    await self.adapter.stop_listening()
        finally:
            await self.adapter.close()

    async def imagine(self, text: str = "a red circle --seed 7", **asker: Any) -> Message:
        """Ask for pictures and return the message that shows them."""
        return await self.done(await self.emu.slash("/imagine", text, **asker))

    async def done(self, delivery: Delivery) -> Message:
        """Wait until the message of a job shows its pictures."""
        return await delivery.wait_message(
            lambda message: bool(pictures(message)), timeout=PATIENCE
        )

    async def told(self, delivery: Delivery) -> Message:
        """Return what somebody alone was answered."""
        return await delivery.wait_message(
            lambda message: message.user_only == delivery.user, timeout=PATIENCE
        )

    async def job_of(self, message: Message) -> JobRecord:
        """Return the job whose message this is."""
        found = await self.app.store.jobs.get(job_id(message))
        assert found is not None
        return found

    async def quiet(self) -> None:
        """Wait until nobody is owed anything."""
        store = self.app.store

        async def is_quiet() -> bool:
            return not await store.jobs.unfinished() and not await store.promises.broken("slack")

        await soon(is_quiet)

    def results(self) -> list[Message]:
        """Return all messages that show pictures."""
        return [each for each in self.emu.messages if pictures(each) and not each.deleted]

    async def until(self, condition: Callable[[], object], what: str = "it happens") -> None:
        """Wait for what the stand-in sees."""
        await self.emu.until(condition, PATIENCE, what)


async def soon(true: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something is true that nobody tells of."""
    async with asyncio.timeout(PATIENCE):
        while not await true():  # noqa: ASYNC110 - there is nothing to wait on
            await asyncio.sleep(0.02)


def tokens(emu: SlackEmulator) -> dict[str, str]:
    """Return what a bot needs to sign in, by the variables that it comes from."""
    return {
        "SLACK_BOT_TOKEN": emu.bot_token,
        "SLACK_APP_TOKEN": emu.app_token,
        "SLACK_SIGNING_SECRET": emu.signing_secret,
    }


def text_of(message: Any) -> str:
    """Return all that a person can read in a message or a view."""
    return "\n".join(_texts(message.payload.get("blocks") or []))


def _texts(node: Any) -> list[str]:
    if isinstance(node, list):
        return [text for each in node for text in _texts(each)]
    if not isinstance(node, dict):
        return []
    own = [node["text"]] if isinstance(node.get("text"), str) else []
    return own + [text for name, each in node.items() if name != "text" or not own
                  for text in _texts(each)]  # fmt: skip


def job_id(message: Message) -> str:
    """Return the job whose message this is, by its marker."""
    return str(message.payload["metadata"]["event_payload"]["job"])


def pictures(message: Message) -> list[dict[str, Any]]:
    """Return the blocks with results, not with previews."""
    images = [block for block in message.blocks if block["type"] == "image"]
    return [each for each in images if each["alt_text"] != "A first glimpse of the picture."]


def labels(message: Any) -> list[str]:
    """Return the labels of a message's buttons."""
    blocks = message.payload.get("blocks") or []
    elements = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    return [each["text"]["text"] for each in elements]
