"""A bot in Slack: the real adapter and service on the stand-in's server, with a fake engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bot.adapters.protocol import Adapter
from bot.adapters.slack.adapter import SlackAdapter
from bot.config import Config
from storage.records import JobRecord
from tests.chat_scene import PATIENCE, ChatScene, soon
from tests.slack_server import Delivery, Message, SlackEmulator


@dataclass
class Scene(ChatScene):
    """The stand-in, and a bot that can be stopped and started again."""

    emu: SlackEmulator
    adapter: SlackAdapter = field(init=False)

    def make(self, config: Config) -> Adapter:
        """Return the adapter."""
        self.adapter = SlackAdapter(config, tokens(self.emu), self.meter)
        return self.adapter

    def address(self) -> dict[str, str]:
        """Return what leads to the stand-in."""
        return {"slack.api_url": f'"{self.emu.base_url}"'}

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
