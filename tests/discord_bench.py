"""How fast commands are acknowledged: ``python -m tests.discord_bench`` prints one JSON object."""

from __future__ import annotations

from typing import Any

from tests.chat_bench import PATIENCE, Chat, main
from tests.discord_server import DiscordEmulator, Interaction, Message


def environment(emu: DiscordEmulator) -> dict[str, str]:
    """Return what lets a bot find the stand-in."""
    return {"DISCORD_BOT_TOKEN": emu.token, "REROLL_DISCORD__API_URL": emu.base_url}


async def ready(emu: DiscordEmulator) -> None:
    """Wait until a bot listens."""
    await emu.wait_ready(PATIENCE)


async def ask(emu: DiscordEmulator, prompt: str, user: Any) -> Interaction:
    """Send a command."""
    return await emu.slash("imagine", {"prompt": prompt}, user=user)


def late(interaction: Interaction) -> object:
    """Say why an acknowledgement was not taken."""
    return interaction.ack_error


def has_picture(message: Message) -> bool:
    """Whether a message shows a picture."""
    return bool(message.attachments)


DISCORD = Chat(
    DiscordEmulator, environment, ready, ask, late, has_picture, "tests.defer_only", "defer_only"
)

if __name__ == "__main__":
    main(DISCORD, __doc__ or "")
