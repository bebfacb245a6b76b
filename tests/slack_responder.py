"""A Slack adapter's answering end, and a network that notes all that it says: for its tests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.adapters.calm import Calm
from bot.adapters.slack.messages import Messages
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.promising import Promising
from bot.adapters.slack.responding import (
    Responder,
)
from bot.adapters.slack.showing import Showing
from bot.adapters.slack.uploading import Uploads
from bot.reply import Field, Form, PictureView, Reply, line
from tests.jumping_loop import run_jumping
from tests.slack_messages import job
from tests.slack_network import HOOK, Kept, Network, web_on

STARTED = Reply(lines=(line("You are next."),), job="k7f3q2", final=False)
SAID = Reply(lines=(line("Here."),))
REFUSED = Reply(lines=(line("No."),), private=True)
FORM = Reply(form=Form("edit", "k7f3q2", "Edit", (Field("prompt", "Prompt"),)))
ASKED = Asked(
    "77", "T1", "U50", channel="C100", response_url=HOOK, trigger="1.2", kind="command",
    body={"command": "/imagine", "text": "a fox", "token": "old"},
)  # fmt: skip
POST, OPEN = "chat.postMessage", "views.open"


class Scene:
    """A responder, and what it speaks to."""

    def __init__(self) -> None:
        self.network = Network()
        self.store = Kept(self.network)
        self.store.jobs.known = {"k7f3q2": job()}
        self.calm = Calm()
        self.answers: list[Answer] = []

    async def begin(self) -> Scene:
        store: Any = self.store
        web = await web_on(self.network)
        poster, uploads = Poster(web, "@reroll"), Uploads(web, store.posts)
        messages = Messages(self.calm)
        messages.begin(poster, uploads, store)
        self.responder = Responder(
            messages,
            Showing(web, poster, uploads, store.posts),
            Promising(store.promises, poster),
            self.calm,
        )
        return self

    @property
    def what(self) -> list[str]:
        """What Slack and the store were asked, and when the acknowledgement went."""
        return self.network.what

    async def answer(
        self, reply: Reply, *, after: float = 0.0, asked: Asked = ASKED, speaks: bool = True
    ) -> Answer:
        """Answer somebody after so many seconds."""
        given = await self.responder.respond(asked, self.service(reply, after), speaks=speaks)
        self.acknowledge(given)
        return given

    async def submit(self, reply: Reply, *, after: float = 0.0) -> Answer:
        """Answer a modal after so many seconds."""
        given = await self.responder.submitted(
            replace(ASKED, response_url=""),
            self.service(reply, after),
            lambda reply: {"prompt": reply.text},
        )
        self.acknowledge(given)
        return given

    def acknowledge(self, given: Answer) -> None:
        self.answers.append(given)
        self.network.note("ack", {})

    def service(self, reply: Reply, after: float = 0.0) -> Callable[[], Coroutine[Any, Any, Reply]]:
        async def answered() -> Reply:
            self.network.note("ask", {})
            await asyncio.sleep(after)
            return reply

        return answered


def in_scene(play: Callable[[Scene], Coroutine[Any, Any, Any]]) -> Scene:
    """Play a scene with all its waits, in no time, until nothing more comes."""

    async def played() -> Scene:
        scene = await Scene().begin()
        await play(scene)
        while busy := scene.responder._busy:
            await asyncio.wait(busy)
        return scene

    return run_jumping(played())


def answered(reply: Reply, **more: Any) -> Scene:
    return in_scene(lambda scene: scene.answer(reply, **more))


def submitted(reply: Reply, **more: Any) -> Scene:
    return in_scene(lambda scene: scene.submit(reply, **more))


def picture(folder: Path) -> PictureView:
    path = folder / "k7f3q2.1.png"
    path.write_bytes(b"a picture")
    return PictureView("k7f3q2.1", path, 128, 128, 7, "a fox")
