"""Answers interactions: at once where that can be, with a deferral where it takes longer.

A deferral is a promise to the asker, so it is stored before it is given: after a kill the next
process can at least say that nothing came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from dataclasses import replace
from typing import Any, Final

import aiohttp
import discord

from bot import texts
from bot.adapters.discord.forms import modal_of
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.sending import Outgoing, outgoing, shows
from bot.adapters.discord.where import PLATFORM, Interaction, is_guest, reply_to_of
from bot.reply import Reply
from storage.records import Promise, Ticket, utc_now
from storage.store import Store

log = logging.getLogger(__name__)

PATIENCE: Final = 1.2
"""Seconds in which an answer may come without a deferral; after 3 the interaction is dead."""
INLINE_BYTES: Final = 256 * 1024
"""Files larger than this in all are sent after a deferral: their way may take seconds."""

FAULTS: Final = (discord.DiscordException, aiohttp.ClientError, OSError)


class Responder:
    """Gives the first answer to interactions."""

    def __init__(self, client: discord.Client, messages: Messages, store: Store) -> None:
        self._client = client
        self._messages = messages
        self._store = store

    async def respond(
        self, interaction: Interaction, answer: Awaitable[Reply], *, private: bool
    ) -> None:
        """Wait for the service's answer and show it; ``private`` decides how a deferral looks.

        Nothing is raised: whoever asked may be gone, and a job of theirs is stored by then.
        """
        ticket = str(interaction.id)
        async with self._messages.opening(ticket) as opened:
            message = await self._shown(interaction, asyncio.ensure_future(answer), private=private)
            opened(message)

    async def _shown(
        self, interaction: Interaction, answer: asyncio.Future[Reply], *, private: bool
    ) -> int | None:
        deferred = False
        try:
            await asyncio.wait({answer}, timeout=PATIENCE)
            if not answer.done():
                deferred = await self._defer(interaction, private=private)
            reply = await answer
            if deferred and reply.job:
                # From here on the stored job itself owes the answer.
                await self._store.promises.kept(PLATFORM, str(interaction.id))
            return await self._show(interaction, reply, deferred=deferred, private=private)
        except FAULTS as error:
            log.warning("an answer did not reach its asker: %s", error)
            await answer
            return None

    async def _show(
        self, interaction: Interaction, reply: Reply, *, deferred: bool, private: bool
    ) -> int | None:
        if reply.form is not None and not deferred:
            await interaction.response.send_modal(modal_of(reply.form))
            return None
        if reply.job and is_guest(interaction):
            reply = replace(reply, lines=(*reply.lines, texts.guest_note()))
        message = await outgoing(reply, interaction.filesize_limit)
        if not deferred and message.size > INLINE_BYTES:
            private = reply.private
            deferred = await self._defer(interaction, private=private)
        if reply.deleted and not deferred and _is_private(interaction.message):
            # No bot can delete a message that only its asker sees, but a click on it can empty it.
            await interaction.response.edit_message(**message.as_edit())
            return None
        if deferred:
            found = await self._fill(interaction, message, private=private)
            await self._store.promises.kept(PLATFORM, str(interaction.id))
        else:
            sent = await interaction.response.send_message(**_new(message), ephemeral=reply.private)
            found = sent.message_id
        await self._note(interaction, reply, found)
        return found

    async def _defer(self, interaction: Interaction, *, private: bool) -> bool:
        reply_to = reply_to_of(interaction)
        if reply_to.ticket is not None:
            promise = Promise(PLATFORM, reply_to.channel, reply_to.ticket)
            await self._store.promises.add(promise)
        await interaction.response.defer(ephemeral=private, thinking=True)
        return True

    async def _fill(
        self, interaction: Interaction, message: Outgoing, *, private: bool
    ) -> int | None:
        """Put the answer in place of "thinking…"; only the asker may see what is private."""
        if message.reply.private and not private:
            await interaction.delete_original_response()
            sent = await interaction.followup.send(**_new(message), ephemeral=True, wait=True)
            return sent.id
        edited = await interaction.edit_original_response(**message.as_edit())
        return edited.id

    async def _note(self, interaction: Interaction, reply: Reply, message: int | None) -> None:
        """Remember what the message shows, for the menus on messages and for deletion."""
        job = shows(reply)
        if job is None or message is None:
            return
        channel = str(interaction.channel_id or "")
        kind = "job" if reply.job and not reply.final else "shown"
        await self._messages.remember(job, channel, message, kind)

    async def break_promises(self) -> None:
        """Tell those whom an earlier process left waiting that nothing came of it."""
        for promise in await self._store.promises.broken(PLATFORM):
            if utc_now() < promise.ticket.expires:
                with contextlib.suppress(*FAULTS):
                    await self._apologise(promise.ticket)
            await self._store.promises.kept(PLATFORM, promise.ticket.id)

    async def _apologise(self, ticket: Ticket) -> None:
        application = self._client.application_id or 0
        hook = discord.Webhook.partial(application, ticket.token, client=self._client)
        original: Any = "@original"
        await hook.edit_message(original, content=texts.INTERRUPTED)


def _is_private(message: discord.Message | None) -> bool:
    return message is not None and message.flags.ephemeral


def _new(message: Outgoing) -> dict[str, Any]:
    """Return the arguments for a new message, without those that are empty."""
    return {name: value for name, value in message.as_new().items() if value not in (None, [])}
