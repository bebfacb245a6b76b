"""The one place where concrete things are built and put together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.adapters.console.session import LocalSession, Session
from bot.adapters.console.surface import ConsoleSurface
from bot.adapters.protocol import Adapter
from bot.catalogues import catalogue, style_book, style_suggestions
from bot.command import Command
from bot.commands import commands
from bot.config import Config
from bot.control.server import ControlServer
from bot.control.wire import Status, WorkerStatus
from bot.service.answers.clicks import PRESSES
from bot.service.answers.samples import Samples
from bot.service.decay import Decay, delete_files
from bot.service.delivering.announcer import Announcer
from bot.service.delivering.deliveries import Deliveries
from bot.service.delivering.outbox import Outbox
from bot.service.desk import Desk
from bot.service.rates import Rates
from bot.service.recipes.maker import RecipeMaker
from bot.service.running.chronicle import Chronicle
from bot.service.running.meter import UNMETERED, Meter
from bot.service.running.runner import Runner
from bot.service.service import Service
from bot.service.showing.changes import Changes
from bot.service.showing.ended import Showing
from bot.service.showing.safety import Safety
from bot.service.showing.sheets import Sheets
from bot.service.showing.views import Views
from bot.service.suggesting.suggestions import Suggestions
from bot.service.surface import Surface
from bot.styles import StyleBook
from generation.batching import most_together
from generation.engine import Engine
from generation.errors import UserError
from generation.local import LocalEngine
from generation.loras import LoraCatalogue
from generation.surroundings import Surroundings
from storage.files import PictureFiles
from storage.ownership import Ownership
from storage.records import utc_now
from storage.restoring import Restoring
from storage.room import DiskRoom
from storage.sqlite import database_path
from storage.store import Store

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class App:
    """A running Reroll that owns its data folder."""

    config: Config
    store: Store
    engine: Engine
    runner: Runner
    service: Service
    console: ConsoleSurface
    control: ControlServer
    announcer: Announcer
    outbox: Outbox
    adapters: Sequence[Adapter]

    def session(self) -> Session:
        """Return the way of this process's own terminal to the service."""
        return LocalSession(self.service, self.console)


@asynccontextmanager
async def open_app(
    config: Config,
    *,
    resume: bool,
    work: bool = True,
    adapters: Sequence[Adapter] = (),
    meter: Meter = UNMETERED,
) -> AsyncIterator[App]:
    """Own the data folder and run on it.

    ``resume`` takes up what an earlier process left unfinished; without ``work`` no worker is
    started. Jobs are told about to the surfaces of ``adapters``, which the caller starts and
    closes; ``meter`` is told what happens. Raises ``AlreadyRunning`` where another process owns
    the folder.
    """
    engine = LocalEngine(config.generation())
    async with running_app(
        config, engine, resume=resume, work=work, adapters=adapters, meter=meter
    ) as app:
        yield app


@asynccontextmanager
async def running_app(
    config: Config,
    engine: Engine,
    *,
    resume: bool,
    work: bool,
    adapters: Sequence[Adapter] = (),
    meter: Meter = UNMETERED,
) -> AsyncIterator[App]:
    """Own the data folder and run on it, with an engine that is there."""
    ownership = await asyncio.to_thread(Ownership.acquire, config.data)
    try:
        files = PictureFiles(config.pictures)
        database = database_path(config.database_url, config.folder)
        await asyncio.to_thread(Restoring(database, config.pictures).mend)
        await asyncio.to_thread(files.prepare)
        async with Store(config.database_url, folder=config.folder) as store:
            await _clear_up(store, files)
            app = await _build(config, engine, store, files, adapters, Chronicle(meter))
            async with _at_work(app, ownership, resume=resume, work=work):
                yield app
    finally:
        await asyncio.to_thread(ownership.release)


@asynccontextmanager
async def _at_work(
    app: App, ownership: Ownership, *, resume: bool, work: bool
) -> AsyncIterator[None]:
    desk = app.service.desk
    behind = [asyncio.create_task(desk.suggestions.keep_fresh())]
    if resume:
        decay = Decay(app.store, desk.files, app.config.settings.storage.keep_days)
        behind.append(asyncio.create_task(decay.run()))
    try:
        if work:
            await app.engine.start()
        await app.runner.start(resume=resume)
        port, token = await app.control.start()
        await asyncio.to_thread(ownership.announce, port, token)
        yield
    finally:
        for task in behind:
            task.cancel()
        await app.control.close()
        await app.runner.close()
        await app.announcer.close()
        await app.engine.close()
        await asyncio.gather(*behind, return_exceptions=True)


async def _clear_up(store: Store, files: PictureFiles) -> None:
    """Delete what a killed process left behind: half files, and files of deleted pictures."""
    await asyncio.to_thread(files.sweep)
    if await store.traces.are_there():
        # Nobody is filling in a form now: what no job starts from may be of one who was forgotten.
        await store.inputs.doom_unused(utc_now())
        await store.forgetting.drop_pictures()
    await delete_files(store, files, await store.pictures.doomed())
    try:
        await store.traces.clear(at_start=True)
    except UserError as error:
        log.warning("what is left of somebody who was forgotten goes later: %s", error)


async def _build(
    config: Config,
    engine: Engine,
    store: Store,
    files: PictureFiles,
    adapters: Sequence[Adapter],
    chronicle: Chronicle,
) -> App:
    loras = catalogue(config)
    available = {command.name: command for command in commands(config.limits)}
    styles = style_book(config, loras)
    known = await _suggestions(config, store, available.values(), loras, styles)
    maker = RecipeMaker(config, loras)
    console = ConsoleSurface()
    surfaces: list[Surface] = [console, *(adapter.surface for adapter in adapters)]
    own = frozenset(each.platform for each in surfaces if each.capabilities.own)
    views = _views(config, files, maker, own)
    outbox = Outbox(Deliveries(store, files, chronicle, own))
    announcer = Announcer({surface.platform: surface for surface in surfaces}, outbox)
    sheets = Sheets(files, views.safety)
    blocked = config.access.blocked_words
    samples = Samples(store, styles, loras, maker, views, sheets, blocked)
    showing = Showing(store, views, sheets, samples)
    together = most_together(config.generation().levers)
    runner = Runner(store, files, engine, announcer, views, showing, chronicle, together)
    desk = Desk(
        config=config,
        commands=available,
        store=store,
        files=files,
        engine=engine,
        loras=loras,
        styles=styles,
        samples=samples,
        maker=maker,
        views=views,
        showing=showing,
        sheets=sheets,
        runner=runner,
        suggestions=known,
        changes=Changes(store, Surroundings(config.generation(), loras), engine.status),
        rates=Rates(config.limits, store.jobs),
        room=DiskRoom((config.data, config.pictures)),
    )
    service = Service(desk)

    async def status() -> Status:
        return look(runner, engine, {adapter.name: adapter.state for adapter in adapters})

    control = ControlServer(LocalSession(service, console), status)
    return App(
        config, store, engine, runner, service, console, control, announcer, outbox, adapters
    )


async def _suggestions(
    config: Config,
    store: Store,
    available: Collection[Command],
    loras: LoraCatalogue,
    styles: StyleBook,
) -> Suggestions:
    """Return what completes options, after the first look at the LoRAs, styles and jobs."""
    choosable = style_suggestions(config, styles, store.styles.known)
    known = Suggestions(config, available, loras, choosable)
    await asyncio.to_thread(known.refresh)
    await store.styles.of("")
    await known.recall(store.history)
    return known


def _views(config: Config, files: PictureFiles, maker: RecipeMaker, own: frozenset[str]) -> Views:
    settings = config.settings
    safety = Safety(settings.safety, bool(config.generation().safety), own)
    return Views(files, maker, PRESSES, safety, settings.storage.keep_days)


def look(runner: Runner, engine: Engine, adapters: Mapping[str, str]) -> Status:
    """Return the status of a running bot."""
    state = engine.status()
    return Status(
        adapters=dict(adapters),
        queue=len(runner.line.waiting()),
        worker=WorkerStatus(pid=state.pid, state=state.state),
        models=state.models,
        sizes=dict(state.sizes),
    )
