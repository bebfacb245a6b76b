"""People who use the bot on both services at once, whatever happens to it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tests.storm.deeds import MAKING, Chat, Deed
from tests.storm.house import wait_until

ACK_SECONDS: Final = 4.0
"""After so long nobody waits any more for a bot that says nothing."""
KINDS: Final[Mapping[str, int]] = {
    "imagine": 50, "reroll": 6, "vary": 3, "upscale": 3, "compare": 4, "verify": 6, "show": 10,
    "history": 4, "favorites": 2,
    "Reroll": 10, "Vary 1": 4, "Upscale 1": 4, "Cancel": 6, "Delete": 4, "Favorite": 8,
}  # fmt: skip
"""What people do, and how often; what begins with a capital is a button."""
LISTS: Final = ("history", "favorites")
AXIS: Final = "guidance=4,6"
OWN: Final = ("Cancel", "Delete")
"""Buttons that people press below what they asked for themselves, most of the time."""
NOSY: Final = 0.1
"""How often they press them below what somebody else asked for."""


@dataclass
class People:
    """All people of both services. ``allowed`` says how many jobs there may be by now."""

    chats: Sequence[Chat]
    jobs: int
    seed: str
    kinds: Mapping[str, int] = field(default_factory=lambda: KINDS)
    allowed: int = 0
    made: int = 0
    """Jobs that were acknowledged so far."""
    deeds: list[Deed] = field(default_factory=list)
    _prompts: dict[str, str] = field(default_factory=dict)
    """Who asked for what."""
    _liked: set[tuple[str, str]] = field(default_factory=set)

    async def live(self) -> None:
        """Let everybody do things until all jobs have been asked for."""
        await asyncio.gather(*(
            self._life(chat, person, random.Random(f"{self.seed} {person}"))
            for chat in self.chats
            for person in chat.people
        ))  # fmt: skip

    def count(self) -> Counter[str]:
        """Return how much of what was acknowledged."""
        chats = {chat.name: chat for chat in self.chats}
        return Counter(
            deed.kind if chats[deed.actor.partition(":")[0]].acknowledged(deed) else "unheard"
            for deed in self.deeds
        )

    async def _life(self, chat: Chat, person: str, dice: random.Random) -> None:
        while self.made < self.jobs:
            if self.made >= self.allowed or not chat.connected:
                await asyncio.sleep(0.05)
                continue
            deed = await self._act(chat, person, dice)
            if deed is not None:
                self.deeds.append(deed)
                await self._listen(chat, deed)
            await asyncio.sleep(dice.uniform(0.0, 0.3))

    async def _listen(self, chat: Chat, deed: Deed) -> None:
        with suppress(TimeoutError):
            await wait_until(lambda: chat.acknowledged(deed), ACK_SECONDS, "an acknowledgement")
        self.made += deed.kind in MAKING and chat.acknowledged(deed)

    async def _act(self, chat: Chat, person: str, dice: random.Random) -> Deed | None:
        (kind,) = dice.choices(tuple(self.kinds), tuple(self.kinds.values()))
        if kind == "imagine":
            return await chat.command(person, kind, self._wish(chat, person, dice))
        if kind[0].isupper():
            return await self._press(chat, person, kind, dice)
        if kind in LISTS:
            return await chat.command(person, kind, {})
        seen = [job for job, _ in chat.pressable(person, "Reroll")]
        if not seen:
            return None
        job = dice.choice(seen)
        if kind == "compare":
            return await chat.command(person, kind, {"prompt": f"#{job}", "axis": AXIS})
        return await chat.command(person, kind, {"id": job})

    async def _press(self, chat: Chat, person: str, label: str, dice: random.Random) -> Deed | None:
        seen = chat.pressable(person, label)
        if label in OWN and dice.random() > NOSY:
            mine = [prompt for prompt, asker in self._prompts.items() if asker == person]
            seen = [(job, text) for job, text in seen if any(each in text for each in mine)]
        if label == "Favorite":
            seen = [(job, text) for job, text in seen if (person, job) not in self._liked]
        if not seen:
            return None
        job, _ = dice.choice(seen)
        self._liked.add((person, job))
        return await chat.press(person, label, job)

    def _wish(self, chat: Chat, person: str, dice: random.Random) -> Mapping[str, Any]:
        number = len(self._prompts)
        colour = dice.choice(("red", "blue", "green"))
        # Ends in a letter, so that none is the beginning of another.
        prompt = f"a {colour} circle, number {number}z"
        self._prompts[prompt] = person
        wish: dict[str, Any] = {"prompt": prompt, "count": dice.choice((1, 1, 1, 2, 3, 4))}
        if dice.random() < 0.7:
            wish["seed"] = 10 * number
        if dice.random() < 0.1:
            wish["private"] = True
        return wish
