"""Junk from chat services, as it goes over the wire to a bot that runs.

Nothing may be raised, nothing sent that the service forbids, and whoever asks for something right
after it has to get it. ``python -m tests.storm.fuzzing_chats`` prints what it did.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.discord_scene import Scene as DiscordScene
from tests.discord_server import DiscordEmulator
from tests.discord_server import Message as DiscordMessage
from tests.discord_server.driver import COMMAND, COMPONENT, FORM
from tests.slack_fuzz import Faults, text
from tests.slack_scene import Scene as SlackScene
from tests.slack_server import Delivery, SlackEmulator
from tests.storm import mutating

TOGETHER: Final = 50
"""Pieces of junk between two right commands."""
ROOM: Final = {"limits.queue": "100000", "limits.jobs_per_user": "100000"}
NAMES: Final = (
    "do:reroll:{job}", "do:cancel:{job}", "do:show:{job}.1", "do:recipe:{job}", "do:edit:{job}",
    "do:favorite:{job}.1", "do:use:{job}.1", "do:x:{job}", "do:vary:{job}.1", "do:upscale:{job}.1",
    "do:take:{job}.1", "do:look:{job}", "do:older:history.9.9.all", "do:newer:favorites.1.9.mine",
    "form:edit:{job}", "form:x:{job}",
    "open:imagine", "open:home", "command:imagine",
)  # fmt: skip
"""What buttons and forms are called; nothing here takes anything away."""


NAMELESS: Final = ("names no message", "missing required field", "errors name no input block")
"""What is wrong with what the bot sends where junk has named something that there is not."""


@dataclass
class Outcome:
    tried: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def name(job: str, dice: random.Random) -> str:
    """Return the name of a button or a form, or nearly one."""
    right = dice.choice(NAMES).format(job=dice.choice((job, "k7f3q2", job.upper())))
    return right if dice.random() < 0.5 else mutating.words(right, dice)[:100]


@dataclass
class Junk:
    """Envelopes of a workspace, changed."""

    scene: SlackScene
    dice: random.Random
    right: list[Delivery] = field(default_factory=list)
    job: str = ""

    async def begin(self) -> None:
        """Do everything once as it is meant, to have envelopes that can be changed."""
        emu = self.scene.emu
        emu.event_retry = False
        message = await self.scene.imagine()
        self.job = (await self.scene.job_of(message)).id
        await emu.mention("a red circle")
        await emu.direct_message("a red circle")
        await emu.slash("/art", "show")
        await emu.slash("/imagine")
        view = await emu.wait_view()
        await emu.suggest(view, "sampler", "eu")
        await emu.submit(view, {"prompt": "a red circle"})
        await emu.click(message, text="Edit")
        form = await emu.wait_view(pred=lambda each: each is not view)
        await emu.submit(form, {"prompt": "a blue circle"})
        for label in ("Recipe", "Favorite", "Reroll"):
            await emu.click(message, text=label)
        for shortcut in ("recipe", "use", "imagine"):
            await emu.shortcut(shortcut, message=None if shortcut == "imagine" else message)
        await emu.open_home()
        for delivery in emu.deliveries:
            await delivery.wait_ack(60)
        await self.scene.quiet()
        self.right = list(emu.deliveries)

    async def one(self) -> str:
        """Send one envelope, and return what kind of thing it was."""
        emu, right = self.scene.emu, self.dice.choice(self.right)
        payload = mutating.data(right.payload, self.dice, self.dice.choice((0.01, 0.05, 0.2)))
        if isinstance(payload, dict):
            self._rename(payload)
            if payload.get("type") != right.payload.get("type"):
                # As another kind it would be answered as that, which the stand-in takes amiss.
                payload["type"] = right.payload.get("type")
        sent = Delivery(emu, right.kind, right.payload, f"junk-{self.dice.getrandbits(64):x}",
                        right.channel, right.user, right.accepts_response, right.view)  # fmt: skip
        sent.created = time.monotonic()
        emu._envelopes[sent.envelope_id] = sent
        await emu._send(emu._envelope(sent, sent.envelope_id) | {"payload": payload})
        return str(right.payload.get("type") or right.kind)

    def _rename(self, payload: dict[str, Any]) -> None:
        """Give what is pressed or sent another name, and what is said another text."""
        actions = payload.get("actions")
        if isinstance(actions, list) and actions and isinstance(actions[0], dict):
            actions[0]["action_id"] = name(self.job, self.dice)
        view = payload.get("view")
        if isinstance(view, dict) and self.dice.random() < 0.3:
            view["callback_id"] = name(self.job, self.dice)
        event = payload.get("event")
        for part in (payload, event):
            if isinstance(part, dict) and "text" in part and self.dice.random() < 0.5:
                part["text"] = text(self.dice)[:3000]
        # None of them is one that came before.
        if "trigger_id" in payload:
            payload["trigger_id"] = f"{self.dice.getrandbits(60)}.junk"


async def slack_junk(folder: Path, inputs: int, seed: int) -> Outcome:
    """Send so many envelopes."""
    outcome = Outcome()
    emu = await SlackEmulator().start()
    scene = SlackScene(emu, folder, dict(ROOM))
    with _faults(outcome):
        try:
            async with scene.bot():
                junk = Junk(scene, random.Random(f"{seed} slack"))
                await junk.begin()
                while sum(outcome.tried.values()) < inputs and not outcome.faults:
                    for _ in range(TOGETHER):
                        outcome.tried[await junk.one()] += 1
                    await scene.imagine(f"a red circle, number {len(emu.messages)}z")
                    outcome.faults += _complaints(emu)
                    del emu.messages[1:-TOGETHER], emu.calls[:], emu.deliveries[:], emu.views[:]
        finally:
            await emu.stop()
    return outcome


def _complaints(emu: SlackEmulator) -> list[str]:
    """Return what the bot should not have sent."""
    return [
        f"{each.method}: {each.answer}: {each.args}"
        for each in emu.violations
        if not any(words in str(each.answer) for words in NAMELESS)
    ]


@dataclass
class Presses:
    """Interactions of a guild with names and values that nobody has chosen."""

    scene: DiscordScene
    dice: random.Random
    message: DiscordMessage | None = None
    job: str = ""

    async def begin(self) -> None:
        """Make the picture that buttons are pressed below."""
        self.message = await self.scene.imagine()
        self.job = self.message.attachments[0].filename.partition(".")[0]

    async def one(self) -> str:
        """Do one thing, and return what it was."""
        emu, user = self.scene.emu, self.scene.emu.user(f"ann{self.dice.randrange(3)}")
        place = emu.channels[emu.channel_id]
        way = self.dice.choice(("press", "form", "command", "typing"))
        if way == "press":
            data = {"component_type": 2, "id": 1, "custom_id": name(self.job, self.dice)}
            await emu._interact(COMPONENT, data, user, place, self.message)
        elif way == "form":
            await emu._interact(FORM, self._form(), user, place, self.message)
        elif way == "command":
            await emu._interact(COMMAND, self._command(), user, place)
        else:
            given = {"value": text(self.dice)[:6000]}
            await emu.autocomplete("imagine", "lora", given["value"], user=user)
        return way

    def _form(self) -> dict[str, Any]:
        fields = {
            each: text(self.dice)[:4000] for each in ("prompt", "negative", "seed", "settings", "x")
            if self.dice.random() < 0.7
        }  # fmt: skip
        inputs = [
            {
                "type": 18,
                "id": n,
                "component": {"type": 4, "id": n, "custom_id": each, "value": said},
            }
            for n, (each, said) in enumerate(fields.items(), 1)
        ]
        return {"custom_id": name(self.job, self.dice), "components": inputs}

    def _command(self) -> dict[str, Any]:
        emu = self.scene.emu
        command = self.dice.choice([each for each in emu.global_commands if each["type"] == 1])
        options = [
            {"name": option["name"], "type": option["type"], "value": self._value(option["type"])}
            for option in command.get("options", ())
            if option["type"] in (3, 4, 5, 10)
            and (option.get("required") or self.dice.random() < 0.2)
        ]
        return {"id": command["id"], "name": command["name"], "type": 1, "options": options}

    def _value(self, kind: int) -> Any:
        dice = self.dice
        if kind == 3:
            return text(dice)[:6000] or "x"
        if kind == 5:
            return dice.random() < 0.5
        return dice.choice((0, 1, -1, 7, 2**53, -(2**53), 3.5)) if kind == 10 else dice.choice(
            (0, 1, -1, 7, 2**53, -(2**53))
        )  # fmt: skip


async def discord_junk(folder: Path, inputs: int, seed: int) -> Outcome:
    """Do so many things."""
    outcome = Outcome()
    emu = await DiscordEmulator().start()
    scene = DiscordScene(emu, folder, dict(ROOM))
    with _faults(outcome):
        try:
            async with scene.bot():
                await emu.wait_ready()
                junk = Presses(scene, random.Random(f"{seed} discord"))
                await junk.begin()
                while sum(outcome.tried.values()) < inputs and not outcome.faults:
                    for _ in range(TOGETHER):
                        outcome.tried[await junk.one()] += 1
                    await scene.imagine(f"a red circle, number {len(emu.messages)}z")
                    outcome.faults += [f"{each.op}: {each.answer}: {each.body}"
                                       for each in emu.violations]  # fmt: skip
                    _forget(emu, junk.message)
        finally:
            await emu.stop()
    return outcome


def _forget(emu: DiscordEmulator, kept: DiscordMessage | None) -> None:
    """Let the stand-in forget what is over, so that a long run stays quick."""
    del emu.requests[:]
    for number in list(emu.messages)[:-TOGETHER]:
        if kept is None or number != kept.id:
            del emu.messages[number]


@contextmanager
def _faults(outcome: Outcome) -> Iterator[None]:
    """Take what the log calls an error for a fault."""
    faults = Faults()
    logging.getLogger().addHandler(faults)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(faults)
        outcome.faults += faults.lines


def main() -> None:
    """Print what was sent; the exit code is 1 where something was not borne."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    given = parser.parse_args()
    sys.stderr.write(f"junk for chats with --seed {given.seed}\n")
    found: list[str] = []
    for way in (slack_junk, discord_junk):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="reroll-fuzz-") as folder:
            outcome = asyncio.run(way(Path(folder), given.inputs, given.seed))
        seconds = round(time.monotonic() - began, 1)
        numbers = {"way": way.__name__, "tried": outcome.tried, "seconds": seconds}
        sys.stdout.write(json.dumps(numbers | {"seed": given.seed}) + "\n")
        found += outcome.faults
    sys.stdout.write("".join(f"{each[:3000]}\n" for each in found))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
