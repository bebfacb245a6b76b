"""Brings answers that show no job's life: to the asker alone, to everybody there, or as a view."""

from __future__ import annotations

import asyncio
import logging
import secrets
from contextlib import suppress
from dataclasses import replace
from typing import Final

from bot import texts
from bot.adapters.slack.forms import form_view, is_too_long
from bot.adapters.slack.inputs import TEXT_MOST, TITLE_MOST
from bot.adapters.slack.payloads import PLATFORM, Asked
from bot.adapters.slack.posting import CLOSED, Poster
from bot.adapters.slack.rendering import Rendered, render
from bot.adapters.slack.richtext import Block, plain_text
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.web import (
    FAULTS,
    Refused,
    Web,
    details,
    is_passing,
    is_unready_file,
    pause_asked,
    reason,
)
from bot.reply import Reply
from bot.service.service import fault
from generation.errors import UserError
from storage.posts import Posts
from storage.records import Post

log = logging.getLogger(__name__)

TRIES: Final = 5
"""Tries to bring an answer, with pauses of 0.5, 1, 2 and 4 seconds, or as Slack asks."""
TURNS: Final = 4
"""Of these, so many put it in the place of what was pressed: its address takes five answers."""

TOO_LATE: Final = frozenset(
    {"expired_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"}
)
"""What Slack says three seconds after a press."""


class Showing:
    """Brings answers, with some patience."""

    def __init__(self, web: Web, poster: Poster, uploads: Uploads, posts: Posts) -> None:
        self._web = web
        self._poster = poster
        self._uploads = uploads
        self._posts = posts

    async def open_view(self, asked: Asked, view: Block, reply: Reply | None = None) -> None:
        """Open a modal; who presses too late is told so. Never raises.

        A ``reply`` that was to be read in it is told in another way where that fails.
        """
        try:
            await self._web.call(self._web.client.views_open, trigger_id=asked.trigger, view=view)
        except FAULTS as error:
            if reason(error) not in TOO_LATE:
                log.warning("a view was not opened: %s", details(error))
            if reply is None:
                await self.too_late(asked)
            else:
                await self.show(replace(asked, in_home=False), reply)

    async def too_late(self, asked: Asked) -> None:
        """Say that a modal cannot be opened any more for this press."""
        reply = Reply(lines=(texts.form_too_late(),), private=True)
        await self.show(replace(asked, in_home=False), reply)

    async def show(self, asked: Asked, reply: Reply) -> bool:
        """Show an answer that shows no job's life, with some patience. Never raises a fault.

        Returns whether it would make no sense to try once more.
        """
        try:
            await self._give(asked, reply)
        except FAULTS as error:
            log.warning("an answer did not reach its asker: %s", error)
            if reply.pictures:
                short = Reply(lines=(texts.not_shown(),), private=True)
                with suppress(*FAULTS):
                    await self._whisper(asked, render(short))
                    return True
            return not is_passing(error)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("fault %s while an answer was shown", reference)
            with suppress(*FAULTS):
                await self._whisper(asked, render(fault(reference)))
        return True

    async def _give(self, asked: Asked, reply: Reply) -> None:
        if reply.form is not None:
            if not is_too_long(reply.form):
                await self.open_view(asked, form_view(reply.form, asked.metadata()))
                return
            reply = Reply(lines=(texts.form_too_long(TEXT_MOST),), private=True)
        if reply.deleted and asked.response_url and asked.is_loose:
            await self._poster.take_back(asked.response_url)
            return
        if asked.in_home and reply.private and not reply.pictures:
            await self.open_view(asked, notice_view(reply), reply)
            return
        await self._bring(asked, reply)

    async def _bring(self, asked: Asked, reply: Reply) -> None:
        """Bring an answer, again where that may help."""
        for attempt in range(TRIES):
            try:
                message = render(reply, await self._uploads.pictures(reply.pictures))
                turns = asked.turns and reply.problem is None and attempt < TURNS
                if turns and await self._turn(asked, message):
                    return
                if reply.private:
                    await self._whisper(asked, message)
                else:
                    await self._post(asked, reply, message)
            except FAULTS as error:
                unready = is_unready_file(error)
                if attempt == TRIES - 1 or not (unready or is_passing(error)):
                    raise
                if unready:
                    await self._uploads.forget_gone(reply.pictures)
                asks = pause_asked(error) is not None
                await asyncio.sleep(0.0 if asks else 0.5 * 2.0**attempt)
            else:
                return

    async def _turn(self, asked: Asked, message: Rendered) -> bool:
        """Put an answer in the place of what was pressed, and return whether it stands there."""
        try:
            if asked.is_loose:
                await self._poster.turn(asked.response_url, message)
            else:
                await self._poster.change(asked.channel, asked.message, message)
        except FAULTS as error:
            if is_passing(error) or is_unready_file(error):
                raise
            log.info("a page stays where it is: %s", details(error))
            return False
        return True

    async def _whisper(self, asked: Asked, message: Rendered) -> None:
        """Tell the asker alone."""
        if asked.response_url:
            try:
                await self._poster.respond(asked.response_url, message, thread=asked.thread)
            except Refused as error:
                if is_passing(error):
                    raise
                log.info("an address for answers is used up: %s", error)
            else:
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
            place = await self._poster.answer(asked, channel, asked.thread, message)
        except FAULTS as error:
            if reason(error) not in CLOSED or not asked.response_url:
                raise
            # Where the bot is no member, the command itself may still be answered.
            await self._poster.respond(asked.response_url, message, public=True)
            return
        if reply.shows is None:
            return
        try:
            if not await self._posts.add(Post(reply.shows, PLATFORM, *place, "shown")):
                # Deleted while it was shown once more.
                await self._poster.delete(*place)
                await self._posts.remove(PLATFORM, *place)
        except UserError as error:
            log.warning("a message of %s cannot be noted: %s", reply.shows, error)


def notice_view(reply: Reply) -> Block:
    """Return an answer as a modal that only tells something."""
    return {
        "type": "modal",
        "callback_id": "notice",
        "title": plain_text(texts.PRODUCT, TITLE_MOST),
        "close": plain_text(texts.CLOSE, TITLE_MOST),
        "blocks": list(render(reply).blocks),
    }
