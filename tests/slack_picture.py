"""The README's pictures of the bot in Slack: ``python -m tests.slack_picture OUT.png FORM.png``.

The bot runs as its own process on the mini model. What is drawn are the messages and views that it
sent to the stand-in, each in a state that a person saw.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import Image

from tests.chat_bench import running
from tests.chat_canvas import few_colours
from tests.chat_scene import PATIENCE
from tests.slack_bench import SLACK
from tests.slack_chat import Chat
from tests.slack_scene import pictures
from tests.slack_server import Delivery, Edit, Message, SlackEmulator
from tests.slack_sheet import LIGHT
from tests.slack_views import home, modal, side_by_side

WIDTH: Final = 600


async def done(asked: Delivery) -> Message:
    """Wait until the message of a job shows its pictures."""
    return await asked.wait_message(lambda message: bool(pictures(message)), timeout=PATIENCE)


def previewed(emu: SlackEmulator, messages: Sequence[Message]) -> Edit:
    """Return the state of a message whose preview had the least noise, which takes many bytes."""
    states = {}
    for state in (state for message in messages for state in message.history[:-1]):
        for block in state.payload["blocks"]:
            if block["type"] == "image":
                states[emu.files[block["slack_file"]["id"]].length] = state
    return states[min(states)]


async def chat(emu: SlackEmulator) -> Image.Image:
    """Let people use the bot in a channel, and draw what they see."""
    alice, bob = emu.user("alice"), emu.user("bob")
    await done(await emu.slash("/imagine", "a blue square", user=bob))  # has the model loaded
    words = "a red triangle on a green background --count 4 --steps 100"
    # Previews are few: two jobs have some with little noise.
    long = [await done(await emu.slash("/imagine", words, user=bob)) for _ in range(2)]
    words = "a red circle++ on a blue background --seed 7 --count 4"
    first = await done(await emu.slash("/imagine", words, user=alice))
    one = await done(await emu.slash("/imagine", "a yellow star --seed 3", user=alice))
    again = await done(await emu.click(one, text="Reroll", user=alice))
    refused = await emu.slash("/imagine", "a red fox --steps 1000", user=alice)
    told = await refused.wait_message(lambda message: message.user_only == alice["id"])
    drawn = Chat("art", emu.files, WIDTH)
    drawn.add(previewed(emu, long).payload)
    drawn.add(first.payload)
    drawn.add(one.payload, replies=1)
    drawn.add(again.payload)
    drawn.add(told.payload, private=True)
    return drawn.image()


async def views(emu: SlackEmulator) -> Image.Image:
    """Let somebody look at the form and at the home tab, and draw both."""
    alice = emu.user("alice")
    favorite = next(each for each in emu.messages if pictures(each))
    await (await emu.click(favorite, text="Favorite", user=alice)).wait_ack(PATIENCE)
    await emu.slash("/imagine", "", user=alice)
    form = await emu.wait_view()
    await emu.open_home(alice)
    await emu.until(lambda: alice["id"] in emu.published, PATIENCE, "a home")
    page = emu.home(alice)
    await emu.until(lambda: any("slack_file" in str(b) for b in page.blocks), PATIENCE, "pictures")
    return side_by_side([modal(form.payload, emu.files), home(page.payload, emu.files)])


async def drawings() -> tuple[Image.Image, Image.Image]:
    """Run the bot for as long as it takes, and return both pictures."""
    emu = await SlackEmulator().start()
    try:
        with tempfile.TemporaryDirectory(prefix="reroll-picture-") as folder:
            async with running(SLACK, Path(folder), emu, "-m", "bot", "run"):
                drawn = await chat(emu), await views(emu)
    finally:
        await emu.stop()
    emu.check()
    return drawn


def main() -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("messages", type=Path)
    parser.add_argument("views", type=Path)
    given = parser.parse_args()
    for image, out in zip(asyncio.run(drawings()), (given.messages, given.views), strict=True):
        few_colours(image, LIGHT).save(out, "PNG", optimize=True)


if __name__ == "__main__":
    main()
