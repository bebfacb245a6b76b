"""Answers what people ask in Slack: with the acknowledgement where that can be, else after it.

What is acknowledged before its answer is there is a promise, so it is stored before: after a kill
the next process can at least say that nothing came of it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final, Protocol

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.slack.forms import form_view, is_too_long
from bot.adapters.slack.inputs import TEXT_MOST, TITLE_MOST
from bot.adapters.slack.messages import Messages
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import PLATFORM, Asked
from bot.adapters.slack.posting import CLOSED, Poster
from bot.adapters.slack.rendering import Rendered, render
from bot.adapters.slack.richtext import Block, plain_text
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.web import FAULTS, Web, is_passing, is_unready_file, pause_asked, reason
from bot.reply import Reply, line
from bot.service.service import fault, refusal
from generation.errors import UserError
from storage.records import Post, Promise, utc_now
from storage.store import Store

log = logging.getLogger(__name__)

PATIENCE: Final = 1.5
"""Seconds in which an answer may come before the acknowledgement; after 3 Slack gives up."""
SETTLE_SECONDS: Final = 3.0
"""At the end, for answers that are on their way."""
TRIES: Final = 5
"""Tries to bring an answer, with pauses of 0.5, 1, 2 and 4 seconds, or as Slack asks."""

Ask = Callable[[], Awaitable[Reply]]
"""Asks the service."""
Errors = Callable[[Reply], dict[str, str]]
"""Says what a refusal shows in a modal, by the names of its inputs."""


class Answering(Protocol):
    """What gives answers, as those see it who ask."""

    async def respond(self, asked: Asked, answer: Ask, *, speaks: bool = False) -> Answer:
        """Answer a command, a press or a mention."""
        ...

    async def submitted(self, asked: Asked, answer: Ask, errors: Errors, /) -> Answer:
        """Answer a modal that was sent."""
        ...

    async def open_view(self, asked: Asked, view: Block, /) -> None:
        """Open a modal."""
        ...

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something else meanwhile."""
        ...


class Responder:
    """Gives the answers to deliveries."""

    def __init__(
        self,
        web: Web,
        messages: Messages,
        poster: Poster,
        uploads: Uploads,
        store: Store,
        calm: Calm,
    ) -> None:
        self._web = web
        self._messages = messages
        self._poster = poster
        self._uploads = uploads
        self._store = store
        self._calm = calm
        self._busy: set[asyncio.Task[None]] = set()

    async def respond(self, asked: Asked, answer: Ask, *, speaks: bool = False) -> Answer:
        """Return what to acknowledge with once the answer is there; the rest comes after that.

        ``speaks`` says whether the acknowledgement can tell the asker something.
        """
        reply = await self._in_time(asked, answer, may_wait=True)
        if reply is None:
            return None
        if _is_open(reply):
            self.begin(self._messages.accepted(str(reply.job), reply))
            if speaks and reply.private and not asked.direct:
                return _ephemeral(render(Reply(lines=(texts.slack_private(str(reply.job)),))))
            return None
        if speaks and reply.private and not reply.pictures and reply.form is None:
            return _ephemeral(render(reply))
        if reply.pictures:
            # To bring them may take seconds.
            await self._promise(asked)
        self.begin(self._show(asked, reply))
        return None

    async def submitted(self, asked: Asked, answer: Ask, errors: Errors) -> Answer:
        """Return what becomes of a modal that was sent: errors keep it open."""
        reply = await self._in_time(asked, answer, may_wait=False)
        if reply is None:
            return None
        if reply.problem is not None and not reply.job:
            return {"response_action": "errors", "errors": errors(reply)}
        if _is_open(reply):
            self.begin(self._messages.accepted(str(reply.job), reply))
            return None
        if reply.private and not reply.pictures:
            return {"response_action": "update", "view": notice_view(reply)}
        self.begin(self._show(asked, reply))
        return None

    async def open_view(self, asked: Asked, view: Block) -> None:
        """Open a modal; who presses too late is told so. Never raises."""
        try:
            await self._web.call(self._web.client.views_open, trigger_id=asked.trigger, view=view)
        except FAULTS as error:
            log.info("a view was not opened: %s", error)
            await self.too_late(asked)

    async def too_late(self, asked: Asked) -> None:
        """Say that a modal cannot be opened any more for this press."""
        reply = Reply(lines=(texts.form_too_late(),), private=True)
        await self._show(replace(asked, in_home=False), reply)

    async def show_late(self, asked: Asked, answer: Ask) -> None:
        """Show an answer that is not there yet."""
        async with self._calm.turn():
            reply = await _guarded(answer)
        if _is_open(reply):
            await self._messages.accepted(str(reply.job), reply)
            await self._keep_promise(asked.key)
            return
        await self._show(asked, reply)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes longer than an acknowledgement may."""
        task = asyncio.create_task(work)
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def settle(self) -> None:
        """Wait a little for the answers that are on their way, and give up the others."""
        if self._busy:
            _, late = await asyncio.wait(self._busy, timeout=SETTLE_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def keep_promises(self, ask_again: Callable[[Promise], Awaitable[bool]]) -> None:
        """Give the answers that an earlier process owed, or say that nothing came of it.

        ``ask_again`` answers what was asked for, and says whether it could be read.
        """
        for promise in await self._store.promises.broken(PLATFORM):
            try:
                if promise.request is None or not await ask_again(promise):
                    await self._apologise(promise)
            except FAULTS as error:
                log.warning("a broken promise could not be told: %s", error)
                if is_passing(error):
                    # The next start may have more luck.
                    continue
            await self._keep_promise(promise.ticket.id)

    async def _apologise(self, promise: Promise) -> None:
        if utc_now() >= promise.ticket.expires:
            return
        message = render(Reply(lines=(line(texts.INTERRUPTED),), private=True))
        if promise.ticket.token:
            await self._poster.respond(promise.ticket.token, message)
        else:
            await self._poster.send(await self._poster.direct(promise.channel), "", message)

    async def _in_time(self, asked: Asked, answer: Ask, *, may_wait: bool) -> Reply | None:
        """Return the answer if it comes soon; else it is promised, and shown when it comes.

        In a storm, what may wait is stored as it came, and looked at once all are acknowledged.
        """
        with self._calm.owing():
            # One turn of the loop, in which all the others that came are counted.
            await asyncio.sleep(0)
            if may_wait and self._calm.is_storm and await self._promise(asked):
                self.begin(self.show_late(asked, answer))
                return None
            coming = asyncio.ensure_future(_guarded(answer))
            try:
                await asyncio.wait({coming}, timeout=PATIENCE)
            except asyncio.CancelledError:
                coming.cancel()
                raise
            if coming.done():
                return coming.result()
            await self._promise(asked)

        async def come() -> Reply:
            return await coming

        self.begin(self.show_late(asked, come))
        return None

    async def _promise(self, asked: Asked) -> bool:
        """Note that an answer is owed, and what was asked for; return whether that is stored.

        Where there is no other way to tell them, the answer is owed to the person.
        """
        ticket = asked.ticket()
        channel = asked.channel if ticket.token else asked.user
        try:
            await self._store.promises.add(Promise(PLATFORM, channel, ticket, asked.request()))
        except UserError as error:
            # On a full disk the asker gets an answer all the same.
            log.warning("a promise cannot be stored: %s", error)
            return False
        return True

    async def _show(self, asked: Asked, reply: Reply) -> None:
        """Show an answer that shows no job's life, with some patience. Never raises a fault."""
        try:
            await self._shown(asked, reply)
        except FAULTS as error:
            log.warning("an answer did not reach its asker: %s", error)
            if reply.pictures:
                short = Reply(lines=(texts.not_shown(),), private=True)
                with suppress(*FAULTS):
                    await self._whisper(asked, render(short))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("fault %s while an answer was shown", reference)
            with suppress(*FAULTS):
                await self._whisper(asked, render(fault(reference)))
        await self._keep_promise(asked.key)

    async def _keep_promise(self, ticket: str) -> None:
        try:
            await self._store.promises.kept(PLATFORM, ticket)
        except UserError as error:
            log.warning("a promise that was kept cannot be noted: %s", error)

    async def _shown(self, asked: Asked, reply: Reply) -> None:
        if reply.form is not None:
            if not is_too_long(reply.form):
                await self.open_view(asked, form_view(reply.form, asked.metadata()))
                return
            reply = Reply(lines=(texts.form_too_long(TEXT_MOST),), private=True)
        if reply.deleted and asked.ephemeral and asked.response_url:
            await self._poster.take_back(asked.response_url)
            return
        if asked.in_home and reply.private and not reply.pictures:
            await self.open_view(asked, notice_view(reply))
            return
        await self._brought(asked, reply)

    async def _brought(self, asked: Asked, reply: Reply) -> None:
        """Bring an answer, again where that may help."""
        for attempt in range(TRIES):
            try:
                message = render(reply, await self._uploads.pictures(reply.pictures))
                if reply.private:
                    await self._whisper(asked, message)
                else:
                    await self._post(asked, reply, message)
            except FAULTS as error:
                unready = is_unready_file(error)
                if attempt == TRIES - 1 or not (unready or is_passing(error)):
                    raise
                asks = pause_asked(error) is not None
                await asyncio.sleep(0.0 if asks else 0.5 * 2.0**attempt)
            else:
                return

    async def _whisper(self, asked: Asked, message: Rendered) -> None:
        """Tell the asker alone."""
        if asked.response_url:
            await self._poster.respond(asked.response_url, message, thread=asked.thread)
            return
        if not asked.direct:
            try:
                await self._poster.whisper(asked.channel, asked.thread, asked.user, message)
            except FAULTS as error:
                if reason(error) not in CLOSED | {"user_not_in_channel"}:
                    raise
            else:
                return
        channel = asked.channel if asked.direct and asked.channel else ""
        thread = asked.thread if channel else ""
        await self._poster.send(channel or await self._poster.direct(asked.user), thread, message)

    async def _post(self, asked: Asked, reply: Reply, message: Rendered) -> None:
        """Tell everybody who is there, and remember what the message shows."""
        channel = asked.channel or await self._poster.direct(asked.user)
        try:
            place = await self._poster.send(channel, asked.thread, message)
        except FAULTS as error:
            if reason(error) not in CLOSED or not asked.response_url:
                raise
            # Where the bot is no member, the command itself may still be answered.
            await self._poster.respond(asked.response_url, message, public=True)
            return
        if reply.shows is None:
            return
        try:
            await self._store.posts.add(Post(reply.shows, PLATFORM, *place, "shown"))
        except UserError as error:
            log.warning("a message of %s cannot be noted: %s", reply.shows, error)


class Belated:
    """Gives the answers to deliveries that an earlier process has acknowledged."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    async def respond(self, asked: Asked, answer: Ask, *, speaks: bool = False) -> Answer:
        """Bring an answer; there is nothing to acknowledge any more, whatever ``speaks``."""
        await self._responder.show_late(asked, answer)
        return None

    async def submitted(self, asked: Asked, answer: Ask, _errors: Errors) -> Answer:
        """Bring what becomes of a modal, which is closed by now."""
        await self._responder.show_late(asked, answer)
        return None

    async def open_view(self, asked: Asked, _view: Block) -> None:
        """Say that it is too late to open a modal."""
        await self._responder.too_late(asked)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes longer."""
        self._responder.begin(work)


async def _guarded(answer: Ask) -> Reply:
    """Make every error a reply; the service does so with its own."""
    try:
        return await answer()
    except UserError as error:
        return refusal(error)
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("fault %s before the service was asked", reference)
        return fault(reference)


def notice_view(reply: Reply) -> Block:
    """Return an answer as a modal that only tells something."""
    return {
        "type": "modal",
        "callback_id": "notice",
        "title": plain_text(texts.PRODUCT, TITLE_MOST),
        "close": plain_text(texts.CLOSE, TITLE_MOST),
        "blocks": list(render(reply).blocks),
    }


def _ephemeral(message: Rendered) -> dict[str, Any]:
    return {"response_type": "ephemeral", **message.as_message()}


def _is_open(reply: Reply) -> bool:
    """Whether this is the state of a job that goes on."""
    return reply.job is not None and not reply.final
