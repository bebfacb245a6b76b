"""Answers what people ask in Slack: with the acknowledgement where that can be, else after it.

What is acknowledged before its answer is there is a promise, so it is stored before: after a kill
the next process can at least say that nothing came of it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from dataclasses import replace
from typing import Any, Final, Literal

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.patience import guarded, settled
from bot.adapters.slack.answering import Ask, Errors
from bot.adapters.slack.messages import Messages
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.posting import remember
from bot.adapters.slack.promising import Promising
from bot.adapters.slack.rendering import Rendered, render
from bot.adapters.slack.richtext import Block
from bot.adapters.slack.showing import Showing, notice_view
from bot.adapters.slack.web import FAULTS, is_passing
from bot.reply import Reply
from storage.records import Promise

log = logging.getLogger(__name__)

PATIENCE: Final = 1.5
"""Seconds in which an answer may come before the acknowledgement; after 3 Slack gives up."""
LATE_AT_ONCE: Final = 32
"""After a storm, so many are looked at between one first answer and the next."""

Taken = Literal["here", "elsewhere", "unread"]
AskAgain = Callable[[Promise], Awaitable[Taken]]
"""Answers what was promised, and says whether that was done: here, where Slack sent it again, or
not at all, as it could not be read."""


class Responder:
    """Gives the answers to deliveries."""

    def __init__(
        self, messages: Messages, showing: Showing, promising: Promising, calm: Calm
    ) -> None:
        self._messages = messages
        self._showing = showing
        self._promising = promising
        self._calm = calm
        self._busy: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(LATE_AT_ONCE)
        self._unshown: OrderedDict[str, None] = OrderedDict()

    async def respond(
        self, asked: Asked, answer: Ask, *, speaks: bool = False, may_wait: bool = True
    ) -> Answer:
        """Return what to acknowledge with once the answer is there; the rest comes after that.

        ``speaks`` says whether the acknowledgement can tell the asker something, ``may_wait``
        whether in a storm others may be acknowledged first.
        """
        reply = await self._in_time(asked, answer, may_wait=may_wait)
        if reply is None:
            return None
        if reply.goes_on:
            self.begin(self._messages.accepted(str(reply.job), reply))
            if speaks and reply.private and not asked.direct:
                return _ephemeral(render(Reply(lines=(texts.slack_private(str(reply.job)),))))
            return None
        if speaks and reply.private and not reply.pictures and reply.form is None:
            return _ephemeral(render(reply))
        await self._bring(asked, reply)
        return None

    async def submitted(self, asked: Asked, answer: Ask, errors: Errors) -> Answer:
        """Return what becomes of a modal that was sent: errors keep it open."""
        reply = await self._in_time(asked, answer, may_wait=False)
        if reply is None:
            return None
        if reply.problem is not None and not reply.job:
            return {"response_action": "errors", "errors": errors(reply)}
        if reply.goes_on:
            self.begin(self._messages.accepted(str(reply.job), reply))
            self.begin(self._tell_of_private(asked, reply))
            return None
        if reply.private and not reply.pictures:
            return {"response_action": "update", "view": notice_view(reply)}
        await self._bring(asked, reply)
        return None

    async def _bring(self, asked: Asked, reply: Reply) -> None:
        """Begin to show an answer after the acknowledgement.

        Pictures take seconds to bring, and who was refused something sees nothing else of it: both
        are promised, as to ask for them again does nothing twice.
        """
        if reply.pictures or reply.problem is not None:
            await self._promising.add(asked)
        self.begin(self._shown(asked, reply))

    async def open_view(self, asked: Asked, view: Block) -> None:
        """Open a modal; who presses too late is told so. Never raises."""
        await self._showing.open_view(asked, view)

    async def too_late(self, asked: Asked) -> None:
        """Say that a modal cannot be opened any more for this press."""
        await self._showing.too_late(asked)

    async def show_late(self, asked: Asked, answer: Ask) -> None:
        """Look for an answer and show it, not before others have been acknowledged."""
        async with self._places:
            await self._calm.passed()
            reply = await guarded(answer)
        await self._show_came(asked, reply)

    async def _show_came(self, asked: Asked, reply: Reply) -> None:
        """Show an answer that was promised."""
        if reply.goes_on:
            # The job took the place of its promise.
            await self._tell_of_private(asked, reply)
            await self._messages.accepted(str(reply.job), reply)
            return
        await self._shown(asked, reply)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes longer than an acknowledgement may."""
        task = asyncio.create_task(_logged(work))
        self._busy.add(task)
        task.add_done_callback(self._busy.discard)

    async def settle(self) -> None:
        """Wait a little for the answers that are on their way, and give up the others."""
        await settled(self._busy)

    def keep_promises(self, owed: Iterable[Promise], ask_again: AskAgain) -> None:
        """Give the answers that an earlier process owed, or say that nothing came of it.

        Returns at once.
        """
        for promise in owed:
            self.begin(self._keep(promise, ask_again))

    async def _keep(self, promise: Promise, ask_again: AskAgain) -> None:
        try:
            taken = None if promise.request is None else await ask_again(promise)
            if taken == "elsewhere" or promise.ticket.id in self._unshown:
                return
            if taken != "here":
                await self._promising.apologise(promise)
        except FAULTS as error:
            log.warning("a broken promise could not be told: %s", error)
            if is_passing(error):
                # The next start may have more luck.
                return
        await self._promising.kept(promise.ticket.id)

    async def _shown(self, asked: Asked, reply: Reply) -> None:
        if await self._showing.show(asked, reply):
            await self._promising.kept(asked.key)
        else:
            # Where it was promised, the next process has more luck.
            remember(self._unshown, asked.key)

    async def _tell_of_private(self, asked: Asked, reply: Reply) -> None:
        """Say where a private job goes on, if not where it was asked for."""
        if reply.private and not asked.direct:
            note = Reply(lines=(texts.slack_private(str(reply.job)),), private=True)
            await self._showing.show(asked, note)

    async def _in_time(self, asked: Asked, answer: Ask, *, may_wait: bool) -> Reply | None:
        """Return the answer if it comes soon; else it is promised, and shown when it comes.

        In a storm, what may wait is stored as it came, and looked at once all are acknowledged.
        """
        with self._calm.owing():
            # One turn of the loop, in which all the others that came are counted.
            await asyncio.sleep(0)
            if may_wait and self._calm.is_storm and await self._promising.add(asked):
                self.begin(self.show_late(asked, answer))
                return None
            coming = asyncio.ensure_future(guarded(answer))
            try:
                await asyncio.wait({coming}, timeout=PATIENCE)
            except asyncio.CancelledError:
                coming.cancel()
                raise
            if coming.done():
                return coming.result()
            await self._promising.add(asked)

        async def come() -> None:
            reply = await coming
            if reply.goes_on:
                # The job may have been stored before the promise was, and would be asked again.
                await self._promising.kept(asked.key)
            await self._show_came(asked, reply)

        self.begin(come())
        return None


class Belated:
    """Gives the answers to deliveries that an earlier process has acknowledged."""

    def __init__(self, responder: Responder) -> None:
        self._responder = responder

    async def respond(
        self, asked: Asked, answer: Ask, *, speaks: bool = False, may_wait: bool = True
    ) -> Answer:
        """Bring an answer; there is nothing to acknowledge any more."""
        await self._responder.show_late(replace(asked, is_late=True), answer)
        return None

    async def submitted(self, asked: Asked, answer: Ask, _errors: Errors) -> Answer:
        """Bring what becomes of a modal, which is closed by now."""
        await self._responder.show_late(replace(asked, is_late=True), answer)
        return None

    async def open_view(self, asked: Asked, _view: Block) -> None:
        """Say that it is too late to open a modal."""
        await self._responder.too_late(asked)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Do what takes longer."""
        self._responder.begin(work)


async def _logged(work: Coroutine[Any, Any, None]) -> None:
    """Let no fault of what goes on by itself be lost."""
    try:
        await work
    except Exception:
        log.exception("something that nobody waits for went wrong")


def _ephemeral(message: Rendered) -> dict[str, Any]:
    return {"response_type": "ephemeral", **message.as_message()}
