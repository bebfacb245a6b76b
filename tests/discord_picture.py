"""The README's picture of the bot in Discord: ``python -m tests.discord_picture OUT.png``.

The bot runs as its own process on the mini model. What is drawn are the messages that it sent to
the stand-in, each in a state that a person saw.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

from PIL import Image

from tests.chat_bench import running
from tests.chat_canvas import few_colours
from tests.chat_scene import PATIENCE
from tests.discord_bench import DISCORD
from tests.discord_chat import DARK, Chat
from tests.discord_scene import pictures
from tests.discord_server import DiscordEmulator, Edit, Interaction, Message, Payload

WIDTH: Final = 720


async def imagine(emu: DiscordEmulator, user: Payload, prompt: str, **options: Any) -> Interaction:
    """Let a person ask for pictures."""
    return await emu.slash("imagine", {"prompt": prompt, **options}, user=user)


async def done(ix: Interaction) -> Message:
    """Wait until the message of a job shows its pictures."""
    return await ix.wait_message(lambda message: bool(pictures(message)), timeout=PATIENCE)


async def edit(emu: DiscordEmulator, user: Payload, message: Message, **fields: str) -> Interaction:
    """Let a person press *Edit* and fill in the form."""
    form = await emu.click(message, label="Edit", user=user)
    await form.wait_ack(PATIENCE)
    return await emu.submit_modal(form, fields, user=user)


def previewed(message: Message) -> Edit:
    """Return the state of a message whose preview had the least noise, which takes many bytes."""
    sizes = {
        file.size: state
        for state in message.history
        for file in state.attachments
        if file.filename.startswith("preview")
    }
    return sizes[min(sizes)]


async def chat(emu: DiscordEmulator) -> Chat:
    """Let people use the bot, and draw what they see."""
    alice, bob = emu.user("alice"), emu.user("bob")
    await done(await imagine(emu, bob, "a blue square"))  # has the model loaded, and is not drawn
    asked = await imagine(emu, alice, "a red circle++ on a blue background --seed 7", count=2)
    first = await done(asked)
    changed = await edit(emu, alice, first, prompt="a yellow star on a blue background")
    second = await done(changed)
    asked = await imagine(emu, bob, "a red triangle on a green background", count=4, steps=100)
    third = await done(asked)
    drawn = Chat("art", emu.messages, WIDTH)
    for state in (first.history[-1], second.history[-1], previewed(third)):
        drawn.add(state)
    return drawn


async def picture() -> Image.Image:
    """Run the bot for as long as it takes, and return the picture."""
    emu = DiscordEmulator()
    emu.bot_user["username"] = "Reroll"
    await emu.start()
    try:
        with tempfile.TemporaryDirectory(prefix="reroll-picture-") as folder:
            async with running(DISCORD, Path(folder), emu, "-m", "bot", "run"):
                drawn = await chat(emu)
    finally:
        await emu.stop()
    emu.check()
    return drawn.image()


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    few_colours(asyncio.run(picture()), DARK).save(out, "PNG", optimize=True)


if __name__ == "__main__":
    main()
