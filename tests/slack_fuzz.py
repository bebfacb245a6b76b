"""Texts that nobody expects, on every way into the bot in Slack, and what has to come of each.

``python -m tests.slack_fuzz --texts 20000`` tries as many, and prints what it did.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import string
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.slack_scene import Scene, labels, pictures
from tests.slack_server import Delivery, Message, SlackEmulator

PARTS: Final = [
    "<!channel>", "<!here>", "<!everyone|@everyone>", "<@U0EMU00001>", "<@U1|x>", "<#C1|art>",
    "<!subteam^S1|@team>", "<!date^1|{date}|x>", "<https://evil.example|click>", "@channel",
    "@here", "https://evil.example/a?b=c&d", "evil.example", "&", "&amp;", "&lt;!channel&gt;", "<",
    ">", "*", "_", "~", "`", "```", ":smile:", "> quote", "\n", "\r\n", "\t", "\u2028", "\u202e",
    "\u202c", "\u2067", "\u200f", "\u200b", "\x00", "\x07", "\x1b[31m", "\x7f", "\x85", "\ufeff",
    "\uffff", "\ud800", "\udfff", "😀", "👩‍👩‍👧", "e\u0301", "ß", "漢字", "עברית", "العربية",
    "--seed", "--seed 4", "--steps", "--no", "--private", "-n 2", "--ar 16:9", "--size 64x64",
    "--lora", "--style", "—cfg", "--", "“", "(", ")", "++", "--", "(a:1.3)", "(a)1.3", "[b]",
    "<lora:inkstyle:0.5>", "<lora:a:b>", ".and()", "\\", "\\(", "#", "#k7f3q2.1", "9" * 20, "-1",
    "1e9", "nan", "a", "a red circle", "%s", "{0}", "None", "null", "'; DROP TABLE jobs; --", " ",
]  # fmt: skip
"""What means something to Slack, to the prompt's grammar, to terminals or to careless code."""

LONGEST: Final = 40_000
IN_FORMS: Final = 3000
"""Characters that Slack's own client lets people type into an input."""
FIELDS: Final = ("prompt", "negative", "seed", "settings")
INPUTS: Final = ("prompt", "negative", "lora_scale")
RECENT: Final = 500
"""Messages that the stand-in keeps of a long run."""


def text(dice: random.Random) -> str:
    """Return any text, at times a very long one."""
    words = [
        dice.choice(PARTS) if dice.random() < 0.8 else dice.choice(string.printable)
        for _ in range(dice.choice((0, 1, 2, 3, 5, 10, 30)))
    ]
    joined = dice.choice(("", " ")).join(words)
    if joined and dice.random() < 0.03:
        joined *= 1 + LONGEST // len(joined)
    return joined[:LONGEST]


class Faults(logging.Handler):
    """Collects what the log calls an error."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a line of the log."""
        self.lines.append(self.format(record))


@dataclass
class Fuzz:
    """People who write anything to a bot that runs."""

    scene: Scene
    dice: random.Random
    done: Counter[str] = field(default_factory=Counter)
    """What was tried, by the way that it went."""
    came: Counter[str] = field(default_factory=Counter)
    """What the answers were."""
    first: Message | None = None

    async def begin(self) -> None:
        """Make the picture that buttons are pressed below."""
        self.first = await self.scene.imagine("a red circle")
        await self.scene.quiet()

    async def one(self) -> None:
        """Let somebody write something, and wait until they have their answer."""
        ways = (
            self._imagine, self._art, self._reroll, self._mention, self._event, self._direct,
            self._form, self._edit, self._search,
        )  # fmt: skip
        way: Callable[[str], Awaitable[Delivery]] = self.dice.choice(ways)
        said = text(self.dice)
        emu = self.scene.emu
        known = len(emu.messages)
        emu.escapes_commands = self.dice.random() < 0.3
        with _noted(way.__name__.strip("_"), said):
            asked = await way(said)
            await asked.wait_ack(60)
            what = await emu.until(lambda: self._answer(asked, known), 60, "an answer")
            await self.scene.quiet()
        self.done[way.__name__.strip("_")] += 1
        self.came[what] += 1
        for view in emu.views:
            view.open = False
        self._check(said)

    def _answer(self, asked: Delivery, known: int) -> str:
        """Return what somebody was answered with; nothing while there is no answer."""
        emu = self.scene.emu
        if asked.payload.get("type") == "block_suggestion":
            return "options"
        if asked.view is not None and asked.view.errors:
            return "errors in a form"
        if asked.ack_payload:
            return "sentence"
        if any(view.open for view in emu.views):
            return "form"
        for message in emu.messages[known:]:
            if message.via == "user":
                continue
            if not message.payload.get("metadata"):
                return "sentence"
            if "Cancel" not in labels(message):
                return "picture" if pictures(message) else "failure"
        return ""

    def _check(self, said: str) -> None:
        emu = self.scene.emu
        assert emu.violations == [], (said, emu.violations[:2])
        emu.check()
        # The stand-in looks through all of them at every change; the first has the buttons.
        del emu.messages[1:-RECENT], emu.calls[:], emu.deliveries[:], emu.views[:]

    async def _imagine(self, said: str) -> Delivery:
        return await self.scene.emu.slash("/imagine", said)

    async def _art(self, said: str) -> Delivery:
        named = self.dice.choice([*self.scene.app.service.desk.commands, said[:20]])
        return await self.scene.emu.slash("/art", f"{named} {said}")

    async def _reroll(self, said: str) -> Delivery:
        return await self.scene.emu.slash("/reroll", said)

    async def _mention(self, said: str) -> Delivery:
        return await self.scene.emu.mention(said)

    async def _event(self, said: str) -> Delivery:
        """Let Slack have formed what looks like markup from what somebody picked."""
        emu = self.scene.emu
        event = {"type": "app_mention", "channel": emu.channel_id}
        return await emu.event({**event, "text": f"<@{emu.bot_user}> {said}"})

    async def _direct(self, said: str) -> Delivery:
        return await self.scene.emu.direct_message(said)

    async def _form(self, said: str) -> Delivery:
        await self.scene.emu.slash("/imagine")
        view = await self.scene.emu.wait_view()
        values = {"prompt": "x", self.dice.choice(INPUTS): said[:IN_FORMS] or "x"}
        return await self.scene.emu.submit(view, values)

    async def _edit(self, said: str) -> Delivery:
        assert self.first is not None
        await self.scene.emu.click(self.first, text="Edit")
        view = await self.scene.emu.wait_view()
        values = {"prompt": "x", self.dice.choice(FIELDS): said[:IN_FORMS] or "x"}
        return await self.scene.emu.submit(view, values)

    async def _search(self, said: str) -> Delivery:
        await self.scene.emu.slash("/imagine")
        view = await self.scene.emu.wait_view()
        names = [option.name for option in self.scene.app.service.desk.commands["imagine"].options]
        named = self.dice.choice([name for name in names if name != "lora_scale"])
        asked = await self.scene.emu.suggest(view, named, said[:IN_FORMS])
        view.open = False
        return asked


@contextmanager
def _noted(way: str, said: str) -> Iterator[None]:
    """Add to an error which text it is about."""
    try:
        yield
    except BaseException as error:
        error.add_note(f"{way} of {said[:2000]!r}")
        raise


async def fuzz(folder: Path, texts: int, seed: int) -> dict[str, Any]:
    """Try so many texts and return what came of them. Raises where something is wrong."""
    faults, began = Faults(), time.monotonic()
    logging.getLogger().addHandler(faults)
    emu = await SlackEmulator().start()
    emu.event_retry = False
    scene = Scene(emu, folder, {"limits.prompt_chars": "20000", "limits.queue": "100000"})
    try:
        async with scene.bot():
            trial = Fuzz(scene, random.Random(seed))
            await trial.begin()
            for _ in range(texts):
                await trial.one()
                assert not faults.lines, faults.lines[0]
    finally:
        await emu.stop()
        logging.getLogger().removeHandler(faults)
    seconds = round(time.monotonic() - began, 1)
    return {
        "texts": sum(trial.done.values()),
        "ways": dict(sorted(trial.done.items())),
        "answers": dict(sorted(trial.came.items())),
        "seed": seed,
        "seconds": seconds,
    }


def main() -> None:
    """Print what was tried."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="reroll-fuzz-") as folder:
        found = asyncio.run(fuzz(Path(folder), given.texts, given.seed))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
