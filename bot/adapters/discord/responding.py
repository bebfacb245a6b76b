"""Answers interactions: at once where that can be, with a deferral where it takes longer.

A deferral is a promise to the asker, so it is stored before it is given, with what was asked: after
a kill the next process answers it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from typing import Any, Final

import discord

from bot import texts
from bot.adapters.calm import Calm
from bot.adapters.discord.forms import TEXT_MOST, is_too_long, modal_of
from bot.adapters.discord.messages import Messages
from bot.adapters.discord.promising import FAULTS, Promising, is_passing
from bot.adapters.discord.questions import Question
from bot.adapters.discord.sending import Outgoing, Packing
from bot.adapters.discord.where import (
    Interaction,
    actor_of,
    is_guest,
    is_on_private,
    reply_to_of,
)
from bot.adapters.patience import REMEMBERED, settled
from bot.reply import Reply
from bot.service.service import fault

log = logging.getLogger(__name__)

PATIENCE: Final = 1.2
"""Seconds in which an answer may come without a deferral; after 3 the interaction is dead."""

AGAIN: Final = (2.0, 10.0, 30.0)
"""Seconds between tries to show an answer that was promised; the library tries long in each."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """What the first answer was: a promise seen by one or by all, or already the whole answer.

    ``message`` is the message that it made, where it is known and nothing is to be filled in. One
    that ``turns`` made none: the answer takes the place of the message that was pressed.
    """

    private: bool
    message: int | None = None
    done: bool = False
    turns: bool = False


class Responder:
    """Gives the first answer to interactions."""

    def __init__(
        self, messages: Messages, promising: Promising, calm: Calm, packing: Packing
    ) -> None:
        self._messages = messages
        self._promising = promising
        self._calm = calm
        self._packing = packing
        self._warned: OrderedDict[str, None] = OrderedDict()
        self._busy: set[asyncio.Task[Any]] = set()

    async def respond(
        self,
        interaction: Interaction,
        question: Question,
        answer: Awaitable[Reply],
        patience: float = PATIENCE,
    ) -> None:
        """Wait for the service's answer to a question, and show it.

        Nothing is raised: whoever asked may be gone, and a job of theirs is stored by then.
        """
        asked = asyncio.ensure_future(answer)
        task = asyncio.current_task()
        if task is not None:
            self._busy.add(task)
            task.add_done_callback(self._busy.discard)
        try:
            async with self._messages.opening(str(interaction.id)) as opened:
                deferred = await self._acknowledged(interaction, question, asked, patience)
                reply = await asked
                message = await self._shown_at_last(interaction, reply, deferred)
                opened(message)
            if message is not None:
                owed = reply.goes_on and deferred.message is not None
                await self._afterwards(interaction, reply, message, state_is_owed=owed)
        except FAULTS as error:
            log.warning("an answer did not reach its asker: %s", error)
            if not (await asked).job:
                # A job's message is brought by other ways; nobody else says anything here.
                await self._excuse(interaction, Reply(lines=(texts.not_shown(),), private=True))
        except asyncio.CancelledError:
            asked.cancel()
            raise
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("fault %s while an answer was shown", reference)
            await self._excuse(interaction, fault(reference))

    async def settle(self) -> None:
        """Wait a little for the answers that are on their way, and give up the others."""
        await settled(self._busy)

    async def _acknowledged(
        self,
        interaction: Interaction,
        question: Question,
        asked: asyncio.Future[Reply],
        patience: float,
    ) -> Deferral:
        """Give the very first answer; all that takes time comes after it."""
        with self._calm.owing():
            await asyncio.wait({asked}, timeout=patience)
            if not asked.done():
                await self._defer(interaction, question)
                return Deferral(question.private, turns=question.turns)
            reply = await asked
            if reply.pictures:
                # To read them and to send them may take seconds.
                await self._defer(interaction, replace(question, private=reply.private))
                return Deferral(reply.private, turns=question.turns)
            if reply.goes_on:
                # The job is stored, which this tells; how it goes is shown when there is time.
                told = await interaction.response.defer(ephemeral=reply.private, thinking=True)
                return Deferral(reply.private, told.message_id if told else None)
            if question.turns and reply.problem is None:
                async with self._packing.packed(reply, interaction.filesize_limit) as message:
                    await interaction.response.edit_message(**message.as_edit())
                return Deferral(reply.private, done=True)
            return Deferral(reply.private, await self._at_once(interaction, reply), done=True)

    async def _at_once(self, interaction: Interaction, reply: Reply) -> int | None:
        if reply.form is not None and not is_too_long(reply.form):
            await interaction.response.send_modal(modal_of(reply.form))
            return None
        if reply.form is not None:
            reply = Reply(lines=(texts.form_too_long(TEXT_MOST),), private=True)
        async with self._packing.packed(reply, interaction.filesize_limit) as message:
            if reply.deleted and _is_out_of_reach(interaction):
                # No right of ours deletes such a message, but the click on it can empty it.
                await interaction.response.edit_message(**message.as_edit())
                return None
            sent = await interaction.response.send_message(
                **message.as_new(), ephemeral=reply.private
            )
            return sent.message_id

    async def _defer(self, interaction: Interaction, question: Question) -> None:
        """Promise an answer: on the disk first, then to the asker."""
        await self._promising.add(question)
        thinking = not question.turns
        await interaction.response.defer(ephemeral=question.private, thinking=thinking)

    async def _shown_at_last(
        self, interaction: Interaction, reply: Reply, deferred: Deferral
    ) -> int | None:
        """Show the answer, again and again where Discord has a fault of its own."""
        for pause in AGAIN:
            try:
                return await self._shown(interaction, reply, deferred)
            except FAULTS as error:
                if not is_passing(error):
                    raise
                log.warning("an answer is shown later: %s", error)
            await asyncio.sleep(pause)
        return await self._shown(interaction, reply, deferred)

    async def _shown(
        self, interaction: Interaction, reply: Reply, deferred: Deferral
    ) -> int | None:
        """Show the answer in full, and return the message that has it."""
        if deferred.done or deferred.message is not None:
            return deferred.message
        if reply.form is not None:
            reply = Reply(lines=(texts.form_too_late(),), private=True)
        message = await self._packing.sent(
            reply,
            interaction.filesize_limit,
            lambda made: self._fill(interaction, made, deferred),
        )
        await self._promising.kept(str(interaction.id))
        return message

    async def _fill(self, interaction: Interaction, message: Outgoing, deferred: Deferral) -> int:
        """Put the answer in place of "thinking…", or of what was pressed."""
        if deferred.turns and message.reply.problem is not None:
            return await _whispered(interaction, message)
        if message.reply.private and not deferred.private:
            # Only the asker may see it, which a message that exists cannot become any more.
            with contextlib.suppress(discord.NotFound):  # an earlier try got no further
                await interaction.delete_original_response()
            return await _whispered(interaction, message)
        if message.reply.deleted and _is_out_of_reach(interaction) and interaction.message:
            await interaction.followup.edit_message(interaction.message.id, **message.as_edit())
        edited = await interaction.edit_original_response(**message.as_edit())
        return edited.id

    async def _afterwards(
        self, interaction: Interaction, reply: Reply, message: int, *, state_is_owed: bool
    ) -> None:
        """Remember what the message shows, for the menus on messages and for deletion."""
        job, channel = reply.shows, reply_to_of(interaction).channel
        if job is None:
            return
        if not state_is_owed:
            async with self._calm.turn():
                kind = "job" if reply.goes_on else "shown"
                await self._messages.remember(job, channel, message, kind)
                if not reply.private:
                    await self._messages.show_beside(reply.beside, channel, message)
            return

        async def first_state() -> None:
            async with self._packing.packed(reply, interaction.filesize_limit) as made:
                await interaction.followup.edit_message(message, **made.as_edit())

        await self._messages.accepted(job, (channel, message), first_state)
        if is_guest(interaction):
            await self._warn(interaction)

    async def _warn(self, interaction: Interaction) -> None:
        """Tell a person once what comes of it where the bot has no right to the channel."""
        person = actor_of(interaction)
        if person in self._warned:
            return
        self._warned[person] = None
        if len(self._warned) > REMEMBERED:
            self._warned.popitem(last=False)
        await self._follow_up(interaction, Reply(lines=(texts.guest_note(),), private=True))

    async def _excuse(self, interaction: Interaction, reply: Reply) -> None:
        """Say at least that something went wrong."""
        with contextlib.suppress(*FAULTS):
            if interaction.response.is_done():
                await self._follow_up(interaction, reply)
            else:
                await self._at_once(interaction, reply)

    async def _follow_up(self, interaction: Interaction, reply: Reply) -> None:
        async with self._packing.packed(reply, 0) as message:
            await interaction.followup.send(**message.as_new(), ephemeral=True)


async def _whispered(interaction: Interaction, message: Outgoing) -> int:
    """Send one more answer, to the asker alone, and return the message."""
    sent = await interaction.followup.send(**message.as_new(), ephemeral=True, wait=True)
    return sent.id


def _is_out_of_reach(interaction: Interaction) -> bool:
    """Whether only a click on the message changes it: its asker alone sees it, or we are guests."""
    pressed = interaction.message is not None
    return pressed and (is_on_private(interaction) or is_guest(interaction))
