"""Looks whether a message has arrived: a nonce keeps Discord from taking one twice, for minutes."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any, Final

import discord

from bot.adapters.lasting import BUTTON
from storage.records import JobRecord

log = logging.getLogger(__name__)

HISTORY_MOST: Final = 1000
"""Messages of a channel, the newest first, that are looked through for one."""
LEEWAY: Final = timedelta(minutes=1)
"""Between Discord's clock and ours."""


async def find(channel: Any, job: JobRecord, author: int, known: int | None) -> int | None:
    """Return the message of a job in a channel, as far as the bot may read there.

    It is the one that answers the job's own interaction, or one that the bot posted by itself with
    the job's buttons; ``known`` is no find. Raises what a call may, but for a refusal.
    """
    since = job.created - LEEWAY
    try:
        async for message in channel.history(limit=HISTORY_MOST):
            if message.created_at < since:
                break
            if message.author.id == author and message.id != known and _shows(message, job):
                return int(message.id)
    except (discord.Forbidden, discord.NotFound) as error:
        log.info("job %s: its channel cannot be read back: %s", job.id, error)
    return None


def _shows(message: Any, job: JobRecord) -> bool:
    asked = message.interaction_metadata
    if asked is not None:
        # An answer to another question may show the job as well, but is not its own message.
        ticket = job.reply_to.ticket
        return ticket is not None and str(asked.id) == ticket.id
    return any(_is_of(button, job.id) for row in message.components for button in _within(row))


def _within(row: Any) -> list[Any]:
    return list(getattr(row, "children", ()))


def _is_of(button: Any, job: str) -> bool:
    named = BUTTON.fullmatch(getattr(button, "custom_id", None) or "")
    return named is not None and named["target"].partition(".")[0] == job
