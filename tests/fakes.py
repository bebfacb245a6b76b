"""Hand-written stand-ins for what is slow in reality; the real ones pass the same tests."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path

from PIL import Image

from bot.adapters.console.surface import ConsoleSurface
from bot.adapters.protocol import State
from bot.chat_errors import NotDelivered
from bot.reply import Reply
from bot.service.service import Service
from bot.service.surface import Capabilities
from generation.engine import (
    Cancelled,
    EngineStatus,
    Event,
    Failed,
    Finished,
    Order,
    PictureReady,
    Preparing,
    Preview,
    Progress,
    Retry,
)
from generation.errors import UserError
from generation.metadata import png_info
from generation.recipe import Recipe
from storage.records import JobRecord, Post


class FakeEngine:
    """Paints each recipe as one colour that is made from its hash.

    ``hold`` stops it before each picture from ``held_from`` on until it is set; ``faults`` are
    errors by prompt, that of a job or of a picture in its style; ``tint`` changes the colours, as
    another version of the libraries would;
    ``picture`` is painted instead of a colour; ``flagged`` is the score that every picture gets,
    ``environment`` what the engine says of itself with each, ``machine`` what it says before any;
    ``falls`` is how often each order brings down a worker before it goes well.
    """

    def __init__(self, incoming: Path) -> None:
        self.incoming = incoming
        self.orders: list[Order] = []
        self.faults: dict[str, UserError] = {}
        self.downloads: list[Preparing] = []
        self.download_fault: UserError | None = None
        self.tint = ""
        self.picture: Image.Image | None = None
        self.environment: dict[str, object] = {"fake": True}
        self.machine: dict[str, object] = {}
        self.flagged: float | None = None
        self.falls = 0
        self.begun = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()
        self.held_from = 1
        self._cancelled: set[str] = set()
        self._running: set[str] = set()

    async def start(self) -> None:
        """Be ready at once."""

    async def run(self, order: Order) -> AsyncGenerator[Event, None]:
        """Paint the pictures of an order."""
        self.orders.append(order)
        self.begun.set()
        self._running.add(order.job_id)
        try:
            async for event in self._events(order):
                yield event
        finally:
            self._running.discard(order.job_id)
            self._cancelled.discard(order.job_id)

    async def _events(self, order: Order) -> AsyncGenerator[Event, None]:
        if fault := self.faults.get(order.recipe.prompt):
            yield Failed(fault)
            return
        for fall in range(self.falls):
            yield Retry(order.attempts + fall + 1)
        for index in order.indices:
            if fault := self.faults.get(order.recipe_of(index).words[0]):
                yield Failed(fault)
                return
            yield Progress(index, "base", 1, 2, 0.5, Preview(1, 1, b"\x10\x20\x30"))
            while index >= self.held_from and not self.hold.is_set():
                if order.job_id in self._cancelled:
                    break
                await asyncio.sleep(0.005)
            if order.job_id in self._cancelled:
                yield Cancelled()
                return
            yield self._picture(order, index)
        yield Finished(0.1 * len(order.indices))

    def _picture(self, order: Order, index: int) -> PictureReady:
        recipe = order.recipe_of(index)
        self.incoming.mkdir(parents=True, exist_ok=True)
        path = self.incoming / f"fake-{order.job_id}-{index}.png"
        size = (recipe.width, recipe.height)
        picture = self.picture or Image.new("RGB", size, self._colour(recipe))
        picture.save(path, pnginfo=png_info(recipe, f"{order.job_id}.{index}"))
        digest = hashlib.sha256(picture.tobytes()).hexdigest()
        return PictureReady(
            index=index,
            path=path,
            recipe=recipe,
            width=recipe.width,
            height=recipe.height,
            pixels_sha256=digest,
            seconds=0.1,
            environment=json.dumps(self.environment, sort_keys=True, separators=(",", ":")),
            flagged=self.flagged,
        )

    def _colour(self, recipe: Recipe) -> tuple[int, int, int]:
        digest = hashlib.sha256((recipe.to_json() + self.tint).encode()).digest()
        return digest[0], digest[1], digest[2]

    async def fetch(self, model: str) -> AsyncGenerator[Preparing, None]:
        """Bring the model in the steps of ``downloads``, or fail at it."""
        for event in self.downloads:
            yield event
            await asyncio.sleep(0)
        if self.download_fault:
            raise self.download_fault

    async def cancel(self, job_id: str) -> None:
        """End a running order; nothing happens to any other."""
        if job_id in self._running:
            self._cancelled.add(job_id)

    def status(self) -> EngineStatus:
        """Be idle, and as fast as one megapixel-step a second."""
        return EngineStatus(
            "idle",
            1,
            ("mini",),
            "cpu",
            {"mini": 1.0},
            self.machine,
            sizes={"mini": 28_000_000},
        )

    async def close(self) -> None:
        """Have nothing to end."""


class FakeSurface(ConsoleSurface):
    """Keeps what it is shown; ``hold`` stops it before a final state until it is set."""

    platform = "fake"
    capabilities = Capabilities()

    def __init__(self, heard: list[str]) -> None:
        super().__init__()
        self.hold = asyncio.Event()
        self.hold.set()
        self._heard = heard

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Take the newest state of a job."""
        if reply.final:
            await self.hold.wait()
            self._heard.append("told the end")
        await super().show(job, reply)


class ChatSurface(FakeSurface):
    """Remembers what it was shown and what it took down.

    ``gate`` holds everything up until it is set; what comes while ``refuses`` is set fails with
    ``refusal``.
    """

    platform = "chat"
    capabilities = Capabilities(edit_seconds=0.01)

    def __init__(self) -> None:
        super().__init__([])
        self.gate = asyncio.Event()
        self.gate.set()
        self.refuses = False
        self.refusal: Exception = ConnectionError("gone")
        self.asked = 0
        self.shown: list[Reply] = []
        self.withdrawn: list[Post] = []
        self._came = asyncio.Event()

    async def show(self, job: JobRecord, reply: Reply) -> None:
        """Remember a state."""
        await self._take()
        self.shown.append(reply)

    async def withdraw(self, posts: Sequence[Post]) -> None:
        """Remember messages that are to go."""
        await self._take()
        self.withdrawn.extend(posts)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until what came makes something true."""
        while not true():
            self._came.clear()
            await asyncio.wait_for(self._came.wait(), 60)

    async def _take(self) -> None:
        self.asked += 1
        self._came.set()
        await self.gate.wait()
        if self.refuses:
            raise self.refusal
        # Set before the caller goes on, which is when what it brings is remembered.
        asyncio.get_running_loop().call_soon(self._came.set)


class FakeLedger:
    """Keeps what became of results, by the ids of their jobs.

    ``settled`` are owed no more; ``gate`` holds up the notes of arrivals until it is set; with
    ``fault`` nothing can be noted.
    """

    def __init__(self) -> None:
        self.arrived: list[str] = []
        self.given_up: dict[str, NotDelivered] = {}
        self.settled: set[str] = set()
        self.fault: UserError | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.noted = asyncio.Event()

    async def is_owed(self, job: JobRecord) -> bool:
        """Return whether nothing has come of it yet."""
        return job.id not in {*self.settled, *self.arrived, *self.given_up}

    async def delivered(self, job: JobRecord) -> None:
        """Note an arrival."""
        await self._note()
        self.arrived.append(job.id)

    async def undelivered(self, job: JobRecord, error: NotDelivered) -> None:
        """Note that a result is given up."""
        await self._note()
        self.given_up[job.id] = error

    async def _note(self) -> None:
        await self.gate.wait()
        if self.fault:
            raise self.fault
        self.noted.set()


class FakeAdapter:
    """A chat service without a chat: ``heard`` is what was asked of it.

    ``refusal`` fails its start; ``slow`` holds it up until it is cancelled; ``lose`` ends it.
    """

    def __init__(self, name: str = "fake", refusal: UserError | None = None) -> None:
        self.name = name
        self.heard: list[str] = []
        self.surface = FakeSurface(self.heard)
        self.state: State = "connecting"
        self.account = ""
        self.places = 0
        self.refusal = refusal
        self.slow = False
        self.service: Service | None = None
        self._lost: asyncio.Future[None] | None = None

    async def start(self, service: Service) -> None:
        """Connect, be held up, or fail."""
        self.heard.append("start")
        self._lost = asyncio.get_running_loop().create_future()
        if self.slow:
            await self._lost
        if self.refusal:
            raise self.refusal
        self.service, self.state = service, "connected"
        self.account, self.places = f"{self.name}#1", 2

    def lose(self, error: UserError) -> None:
        """End for good."""
        self.state = "disconnected"
        if self._lost:
            self._lost.set_exception(error)

    async def ended(self) -> None:
        """Wait for ``lose``."""
        if self._lost:
            await asyncio.shield(self._lost)

    async def stop_listening(self) -> None:
        """Let final states go."""
        self.heard.append("stop listening")
        self.surface.hold.set()

    async def close(self) -> None:
        """End."""
        self.heard.append("close")
