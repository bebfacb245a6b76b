"""How fast commands are acknowledged: ``python -m tests.slack_bench`` prints one JSON object."""

from __future__ import annotations

from typing import Any

from tests.chat_bench import PATIENCE, Chat, main
from tests.slack_server import Delivery, Message, SlackEmulator


def environment(emu: SlackEmulator) -> dict[str, str]:
    """Return what lets a bot find the stand-in."""
    return {
        "SLACK_BOT_TOKEN": emu.bot_token,
        "SLACK_APP_TOKEN": emu.app_token,
        "REROLL_SLACK__API_URL": emu.base_url,
    }


async def ready(emu: SlackEmulator) -> None:
    """Wait until a bot listens."""
    await emu.wait_connected(PATIENCE)


async def ask(emu: SlackEmulator, prompt: str, user: Any) -> Delivery:
    """Send a command."""
    return await emu.slash("/imagine", prompt, user=user)


def late(delivery: Delivery) -> object:
    """Say whether an acknowledgement came too late."""
    return "operation_timeout" if delivery.late else None


def has_picture(message: Message) -> bool:
    """Whether a message shows a picture."""
    return any(block["type"] == "image" for block in message.blocks)


SLACK = Chat(
    SlackEmulator, environment, ready, ask, late, has_picture, "tests.ack_only", "ack_only"
)

if __name__ == "__main__":
    main(SLACK, __doc__ or "")
