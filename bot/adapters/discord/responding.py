"""Answers interactions: at once where that can be, with a deferral where it takes longer.

A deferral is a promise to the asker, so it is stored before it is given: after a kill the next
process can at least say that nothing came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from typing import Any, Final

import aiohttp
import discord

from bot import texts
from bot.adapters.discord.calm import Calm
from bot.adapters.discord.forms import modal_of
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.sending import Outgoing, outgoing, shows
from bot.adapters.discord.where import PLATFORM, Interaction, actor_of, is_guest, reply_to_of
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

    def __init__(
        self, client: discord.Client, messages: Messages, store: Store, calm: Calm
    ) -> None:
        self._client = client
        self._messages = messages
        self._store = store
        self._calm = calm
        self._warned: set[str] = set()

    async def respond(
        self,
        interaction: Interaction,
        answer: Awaitable[Reply],
        *,
        private: bool,
        patience: float = PATIENCE,
    ) -> None:
        """Wait for the service's answer and show it; ``private`` decides how a deferral looks.

        Nothing is raised: whoever asked may be gone, and a job of theirs is stored by then.
        """
        asked = asyncio.ensure_future(answer)
        try:
            async with self._messages.opening(str(interaction.id)) as opened:
                with self._calm.owing():
                    deferred = await self._patiently(interaction, asked, patience, private=private)
                    reply = await asked
                    shown = await self._shown(interaction, reply, deferred=deferred)
                opened(shown)
            await self._afterwards(interaction, reply, shown)
        except FAULTS as error:
            log.warning("an answer did not reach its asker: %s", error)
            await asked

    async def _patiently(
        self,
        interaction: Interaction,
        asked: asyncio.Future[Reply],
        patience: float,
        *,
        private: bool,
    ) -> bool | None:
        """Wait for an answer; return whether a deferral had to come first, and was private."""
        await asyncio.wait({asked}, timeout=patience)
        return None if asked.done() else await self._defer(interaction, private=private)

    async def _defer(self, interaction: Interaction, *, private: bool) -> bool:
        """Promise an answer: on the disk first, then to the asker."""
        reply_to = reply_to_of(interaction)
        if reply_to.ticket is not None:
            promise = Promise(PLATFORM, reply_to.channel, reply_to.ticket)
            await self._store.promises.add(promise)
        await interaction.response.defer(ephemeral=private, thinking=True)
        return private

    async def _shown(
        self, interaction: Interaction, reply: Reply, *, deferred: bool | None
    ) -> int | None:
        """Give the first answer, and return the message that it made, if any."""
        if deferred is None:
            return await self._at_once(interaction, reply)
        if reply.form is not None:
            reply = Reply(lines=(texts.form_too_late(),), private=True)
        if reply.job:
            # From here on the stored job itself owes the answer.
            await self._store.promises.kept(PLATFORM, str(interaction.id))
            self._messages.is_first(reply.job)
        message = await self._filled(interaction, reply, private=deferred)
        await self._store.promises.kept(PLATFORM, str(interaction.id))
        return message

    async def _at_once(self, interaction: Interaction, reply: Reply) -> int | None:
        if reply.form is not None:
            await interaction.response.send_modal(modal_of(reply.form))
            return None
        if _is_open(reply):
            # The job is stored, which this tells; how it goes is shown when there is time.
            told = await interaction.response.defer(ephemeral=reply.private, thinking=True)
            return told.message_id if told else None
        message = await outgoing(reply, interaction.filesize_limit)
        if message.size > INLINE_BYTES:
            deferred = await self._defer(interaction, private=reply.private)
            return await self._shown(interaction, reply, deferred=deferred)
        if reply.deleted and _is_out_of_reach(interaction):
            # No right of ours deletes such a message, but the click on it can empty it.
            await interaction.response.edit_message(**message.as_edit())
            return None
        sent = await interaction.response.send_message(**_new(message), ephemeral=reply.private)
        return sent.message_id

    async def _filled(self, interaction: Interaction, reply: Reply, *, private: bool) -> int | None:
        """Put the answer in place of "thinking…"; only the asker may see what is private."""
        message = await outgoing(reply, interaction.filesize_limit)
        if reply.private and not private:
            await interaction.delete_original_response()
            sent = await interaction.followup.send(**_new(message), ephemeral=True, wait=True)
            return sent.id
        edited = await interaction.edit_original_response(**message.as_edit())
        return edited.id

    async def _afterwards(
        self, interaction: Interaction, reply: Reply, message: int | None
    ) -> None:
        """Remember what the message shows, for the menus on messages and for deletion."""
        job = shows(reply)
        if job is None or message is None:
            return
        async with self._calm.turn():
            channel = str(interaction.channel_id or "")
            await self._messages.remember(
                job, channel, message, "job" if _is_open(reply) else "shown"
            )
            if _is_open(reply) and self._messages.is_first(job):
                state = await outgoing(reply, interaction.filesize_limit)
                await interaction.followup.edit_message(message, **state.as_edit())
            if _is_open(reply) and is_guest(interaction):
                await self._warn(interaction)

    async def _warn(self, interaction: Interaction) -> None:
        """Tell a person once what comes of it where the bot has no right to the channel."""
        person = actor_of(interaction)
        if person in self._warned:
            return
        self._warned.add(person)
        note = await outgoing(Reply(lines=(texts.guest_note(),), private=True), 0)
        await interaction.followup.send(**_new(note), ephemeral=True)

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


def _is_open(reply: Reply) -> bool:
    """Whether this is the state of a job that goes on."""
    return reply.job is not None and not reply.final


def _is_out_of_reach(interaction: Interaction) -> bool:
    """Whether only a click on the message changes it: its asker alone sees it, or we are guests."""
    message = interaction.message
    return message is not None and (message.flags.ephemeral or is_guest(interaction))


def _new(message: Outgoing) -> dict[str, Any]:
    """Return the arguments for a new message, without those that are empty."""
    return {name: value for name, value in message.as_new().items() if value not in (None, [])}
