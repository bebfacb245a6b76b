"""People who use a bot in every way that there is, for as many jobs as a test wants."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Final

from bot.invocation import Click, Given, Invocation
from bot.reply import Reply
from bot.service.surface import Capabilities
from bot.wiring import App
from generation.errors import OutOfMemory
from storage.records import JobRecord, Post, ReplyTo
from tests.fakes import FakeAdapter, FakeEngine

PEOPLE: Final = 20
PLACES: Final = 8
AT_ONCE: Final = 8
PLATFORM: Final = "chat"
FAILING: Final = "a picture that fails"
PATIENCE: Final = 120.0


class ForgetfulSurface:
    """A chat that takes everything and remembers nothing but who waits for the end of a job."""

    platform = PLATFORM
    capabilities = Capabilities(edit_seconds=0.001)

    def __init__(self) -> None:
        self.ends: dict[str, asyncio.Event] = {}
        self.previews = 0

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Take a state."""
        self.previews += bool(reply.progress and reply.progress.preview)
        if reply.final and (end := self.ends.get(job.id)):
            end.set()

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Take messages down."""


class ForgetfulAdapter(FakeAdapter):
    """A chat service with such a surface."""

    def __init__(self) -> None:
        super().__init__(PLATFORM)
        self.chat = ForgetfulSurface()
        self.surface = self.chat  # type: ignore[assignment]


class BusyPeople:
    """Twenty people in some channels; what each does is decided by a seed."""

    def __init__(
        self, app: App, engine: FakeEngine, surface: ForgetfulSurface, seed: int = 7
    ) -> None:
        self._app = app
        self._surface = surface
        self._random = random.Random(seed)
        self.problems: list[str] = []
        engine.faults[FAILING] = OutOfMemory("cpu", 64, 64)

    async def make(self, jobs: int) -> None:
        """Let about so many jobs be made; a few at a time, each followed to its end."""
        left = iter(range(jobs))

        async def go_on() -> None:
            for number in left:
                await self._one(number)

        await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))

    def is_idle(self) -> bool:
        """Whether nothing goes on any more."""
        app = self._app
        return not (app.runner.running or app.runner.line.places() or app.outbox.waiting.count)

    async def _one(self, number: int) -> None:
        who = f"{PLATFORM}:u{number % PEOPLE}"
        where = ReplyTo(PLATFORM, f"c{self._random.randrange(PLACES)}")
        way = number % 10
        options: dict[str, Given] = {
            "prompt": FAILING if way == 9 else f"picture {number} of a circle",
            "size": "64x64",
            "count": 1 + number % 3,
            "private": number % 4 == 0,
        }
        reply = await self._ask("imagine", who, where, options)
        job = str(reply.job)
        if way == 1:
            await self._ask("cancel", who, where, {"id": job})
        await self._until_over(job)
        if way == 2:
            await self._follow(await self._press("reroll", job, who, where))
        elif way == 3:
            await self._follow(await self._ask("verify", who, where, {"id": job}))
        elif way == 4:
            await self._press("delete", job, who, where)
        elif way == 5:
            for button in ("recipe", "edit", "favorite"):
                await self._press(button, f"{job}.1" if button == "favorite" else job, who, where)
        elif way == 6:
            await self._press("delete", str((await self._press("reroll", job, who, where)).job),
                              who, where)  # fmt: skip
        elif way == 7:
            for command in ("queue", "history", "favorites", "models", "settings"):
                await self._ask(command, who, where, {})

    async def _follow(self, reply: Reply) -> None:
        if reply.job and reply.goes_on:
            await self._until_over(str(reply.job))

    async def _until_over(self, job: str) -> None:
        end = self._surface.ends[job] = asyncio.Event()
        try:
            found = await self._app.store.jobs.get(job)
            if found is None or found.deleted or found.status in ("delivered", "cancelled"):
                return
            async with asyncio.timeout(PATIENCE):
                while not end.is_set():
                    # What was over before anybody waited tells nobody any more.
                    if await self._is_told(job):
                        return
                    await asyncio.sleep(0.005)
        finally:
            del self._surface.ends[job]

    async def _is_told(self, job: str) -> bool:
        return not await self._app.store.jobs.is_owed(job)

    async def _ask(
        self, command: str, who: str, where: ReplyTo, options: dict[str, Given]
    ) -> Reply:
        asked = Invocation(command, options, who, where, display_name=who)
        return self._heard(command, await self._app.service.answer(asked))

    async def _press(self, action: str, target: str, who: str, where: ReplyTo) -> Reply:
        return self._heard(action, await self._app.service.click(Click(action, target, who, where)))

    def _heard(self, asked: str, reply: Reply) -> Reply:
        # What is to be cancelled may be over already.
        if reply.problem is not None and asked != "cancel":
            self.problems.append(f"{asked}: {''.join(span.text for span in reply.problem)}")
        return reply
