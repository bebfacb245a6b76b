"""Messages in Slack, with a network that notes what they say: for their tests."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.calm import Calm
from bot.adapters.slack.messages import Messages
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.uploading import Uploads
from bot.reply import PictureView, Reply, line
from bot.service.surface import NotTaken
from generation.recipe import Recipe
from storage.records import JobRecord, Post, ReplyTo, utc_now
from tests.jumping_loop import run_jumping
from tests.slack_network import (
    Kept,
    Network,
    web_on,
)

STATE = Reply(lines=(line("Drawing."),), job="k7f3q2", final=False)
END = Reply(lines=(line("Done."),), job="k7f3q2")
CHANNEL, PERSON = "C100", "U50"
POST, UPDATE = "chat.postMessage", "chat.update"


@dataclass
class Talk:
    """The messages, and what they speak to."""

    network: Network = field(default_factory=Network)
    calm: Calm = field(default_factory=Calm)

    def __post_init__(self) -> None:
        self.store = Kept(self.network)
        self.messages = Messages(self.calm)

    async def begin(self) -> Talk:
        store: Any = self.store
        web = await web_on(self.network)
        self.messages.begin(Poster(web, "@reroll"), Uploads(web, store.posts), store)
        return self

    async def show(self, reply: Reply, **more: Any) -> None:
        await self.messages.show(job(**more), reply)

    @property
    def places(self) -> list[tuple[str, str]]:
        """The kinds of all requests, and the channels that they are about."""
        return [(each.what, str(each.arguments.get("channel"))) for each in self.network.requests]


def job(**more: Any) -> JobRecord:
    recipe = Recipe(prompt="x", seed=7, width=128, height=128, steps=4, guidance=5, model="mini")
    values: dict[str, Any] = {
        "id": "k7f3q2",
        "number": 1,
        "recipe": recipe,
        "count": 1,
        "actor": f"slack:T1:{PERSON}",
        "reply_to": ReplyTo("slack", CHANNEL),
        "private": False,
        "parent": None,
        "command": "imagine",
        "explicit": (),
        "status": "running",
        "attempts": 1,
        "created": utc_now() + timedelta(seconds=1),
    }
    return JobRecord(**values | more)


def in_talk(scene: Callable[[Talk], Coroutine[Any, Any, None]]) -> Talk:
    """Play a scene with all its pauses, in no time."""

    async def play() -> Talk:
        talk = await Talk().begin()
        await scene(talk)
        return talk

    return run_jumping(play())


def shown(ts: str = "500.0", **more: Any) -> Post:
    return Post("k7f3q2", "slack", CHANNEL, ts, **more)


def picture(folder: Path) -> PictureView:
    path = folder / "k7f3q2.1.png"
    path.write_bytes(b"a picture")
    return PictureView("k7f3q2.1", path, 128, 128, 7, "a fox")


async def not_taken(talk: Talk, **more: Any) -> str:
    with pytest.raises(NotTaken) as refusal:
        await talk.show(END, **more)
    return refusal.value.reason
