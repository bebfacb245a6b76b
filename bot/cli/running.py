"""``reroll run``: every adapter whose tokens are present, and the engine, until it is stopped."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from bot import texts
from bot.adapters.protocol import Adapter
from bot.chat_errors import NoTokens, TokenMissing, TokenRefused
from bot.cli.watching import Watched, unwatched, watch
from bot.config import Config, load_config
from bot.config_sections import SlackSection
from bot.logs import set_up_logging
from bot.service.running.meter import UNMETERED, Meter
from bot.wiring import App, open_app
from generation.engine import Engine
from generation.errors import UserError

DISCORD: Final = "DISCORD_BOT_TOKEN"
SLACK_BOT: Final = "SLACK_BOT_TOKEN"
SLACK_APP: Final = "SLACK_APP_TOKEN"
SLACK_SECRET: Final = "SLACK_SIGNING_SECRET"  # noqa: S105 - the variable's name
TOKENS: Final = (DISCORD, SLACK_BOT, SLACK_APP, SLACK_SECRET)
LEAVE_SECONDS: Final = 9.0
"""After a signal, what has not ended by then is cut off: stored jobs go on at the next start."""
TELL_SHARE: Final = 0.05
"""Of a download, after which it is told about again."""

log = logging.getLogger(__name__)
Tell = Callable[[str], None]


async def run_bot(file: Path | None) -> int:
    """Run the bot until it is stopped. Raises ``UserError`` where it cannot start or go on."""
    config = load_config(file)
    set_up_logging(config, to_stderr=True)
    watching = watch(config)
    adapters = present(config, os.environ, watching.meter)
    with stop_signals() as stop:
        opened = open_app(config, resume=True, adapters=adapters, meter=watching.meter)
        await attend(opened, adapters, stop, _tell, watching.watched)
    return 0


def present(config: Config, environ: Mapping[str, str], meter: Meter = UNMETERED) -> list[Adapter]:
    """Return an adapter for each service whose tokens are set.

    Raises ``NoTokens``, ``TokenMissing`` and ``TokenRefused``.
    """
    tokens = tokens_of(environ)
    for name, token in tokens.items():
        check_token(name, token)
    slack = slack_variables(config.settings.slack)
    set_ = [name for name in slack if name in tokens]
    if set_ and len(set_) < len(slack):
        raise TokenMissing("slack", next(name for name in slack if name not in tokens))
    if DISCORD not in tokens and not set_:
        raise NoTokens((DISCORD, " with ".join(slack)))
    adapters: list[Adapter] = []
    # Not before they are needed: the chat libraries take their time to load.
    if DISCORD in tokens:
        from bot.adapters.discord.adapter import DiscordAdapter

        adapters.append(DiscordAdapter(config, tokens[DISCORD], meter))
    if set_:
        from bot.adapters.slack.adapter import SlackAdapter

        adapters.append(SlackAdapter(config, {name: tokens[name] for name in slack}, meter))
    return adapters


def slack_variables(section: SlackSection) -> tuple[str, str]:
    """Return the variables of the secrets that Slack needs."""
    return (SLACK_BOT, SLACK_SECRET if section.mode == "http" else SLACK_APP)


def tokens_of(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the tokens that are set, by their variables."""
    return {name: token for name in TOKENS if (token := environ.get(name, "").strip())}


def check_token(variable: str, token: str) -> None:
    """Raise ``TokenRefused`` for what can be no token; it is not even sent."""
    if not token.isascii() or not token.isprintable() or " " in token:
        raise TokenRefused(variable.partition("_")[0].lower(), variable)


def _tell(sentence: str) -> None:
    """Tell the owner: plainly on a terminal, in the log's form where nobody looks on."""
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr, flush=True)
    else:
        log.info("%s", sentence)


async def attend(
    opened: AbstractAsyncContextManager[App],
    adapters: Sequence[Adapter],
    stop: asyncio.Event,
    tell: Tell,
    watched: Watched = unwatched,
) -> None:
    """Run adapters on an app until ``stop`` is set, and leave in order.

    Raises the ``UserError`` of an adapter that cannot start, or of the last that has ended, and
    what ``watched`` raises.
    """
    work = asyncio.create_task(_work(opened, adapters, tell, watched))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not work.done():
        tell(texts.RUN_LEAVING)
        work.cancel()
        await asyncio.wait({work})
    if not work.cancelled():
        work.result()


async def _work(
    opened: AbstractAsyncContextManager[App],
    adapters: Sequence[Adapter],
    tell: Tell,
    watched: Watched,
) -> None:
    async with AsyncExitStack() as stack:
        for adapter in adapters:
            stack.push_async_callback(adapter.close)
        app = await stack.enter_async_context(opened)
        if address := await stack.enter_async_context(watched(app)):
            tell(texts.run_metrics(address))
        for adapter in adapters:
            # In between, while jobs are put back and told about, no commands come any more.
            stack.push_async_callback(adapter.stop_listening)
        for adapter in adapters:
            await adapter.start(app.service)
            tell(texts.run_adapter(adapter.name, adapter.account, adapter.places))
        # All that is here stays: to look through it again and again costs commands their time.
        gc.collect()
        gc.freeze()
        model = app.config.settings.generation.model
        tell(texts.run_ready(model, str(app.config.data)))
        fetching = asyncio.create_task(_bring(model, app.engine, tell))
        stack.push_async_callback(_end, fetching)
        await _until_all_ended(adapters)


async def _bring(model: str, engine: Engine, tell: Tell) -> None:
    """Download the default model where it is missing; jobs are taken meanwhile."""
    told = -1.0
    try:
        async for event in engine.fetch(model):
            share = event.done / event.total if event.total else 0.0
            if share >= told + TELL_SHARE:
                told = share
                tell(texts.run_download(model, event.done, event.total))
    except UserError as error:
        log.warning("%s", texts.sentence(error))
        return
    if told >= 0:
        tell(texts.fetched(model))


async def _until_all_ended(adapters: Sequence[Adapter]) -> None:
    """Wait as long as any adapter goes on, and raise what ended the first."""
    ends = [asyncio.create_task(_until_ended(adapter)) for adapter in adapters]
    try:
        await asyncio.wait(ends)
    finally:
        for end in ends:
            end.cancel()
    for end in ends:
        end.result()


async def _until_ended(adapter: Adapter) -> None:
    try:
        await adapter.ended()
    except UserError as error:
        log.error("%s: %s", adapter.name, texts.sentence(error))  # noqa: TRY400 - a known one
        raise


async def _end(task: asyncio.Task[Any]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@contextmanager
def stop_signals(leave_seconds: float = LEAVE_SECONDS) -> Iterator[asyncio.Event]:
    """Set an event at the first Ctrl-C or SIGTERM; then the process ends in time, come what may."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def heard() -> None:
        if not stop.is_set():
            stop.set()
            latest = threading.Timer(leave_seconds, os._exit, (0,))
            latest.daemon = True
            latest.start()

    for number in (signal.SIGINT, signal.SIGTERM):
        try:
            loop.add_signal_handler(number, heard)
        except NotImplementedError:  # Windows has no such handlers in its loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(heard))
    yield stop
