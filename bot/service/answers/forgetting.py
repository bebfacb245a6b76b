"""``/forget``: all that there is of the asker goes, at once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection
from contextlib import suppress

from bot import texts
from bot.reply import Reply
from bot.service.decay import delete_doomed
from bot.service.desk import Desk, Request
from generation.errors import UserError
from storage.backups import copies
from storage.forgetting import Forgotten
from storage.records import AuditEntry, utc_now

log = logging.getLogger(__name__)


async def forget(request: Request) -> Reply:
    """Forget the asker, and say how much there was."""
    invocation = request.invocation
    promise = invocation.reply_to.ticket.id if invocation.reply_to.ticket else ""
    # To its end, whoever leaves: what is half forgotten would only go on at the next start.
    forgetting = asyncio.create_task(_forget(request.desk, invocation.actor, promise))
    found = await asyncio.shield(forgetting)
    if invocation.local_folder is not None:
        # Who sits at the machine itself has typed it there.
        typed = request.desk.config.console_history
        with suppress(OSError):
            await asyncio.to_thread(typed.unlink, missing_ok=True)
    kept = len(await asyncio.to_thread(copies, request.desk.config.data))
    counts = {
        "jobs": found.jobs,
        "pictures": found.pictures,
        "favorites": found.favorites,
        "settings": found.settings,
        "styles": found.styles,
    }
    lines = [texts.forgotten(**counts)]
    if found.posted:
        lines.append(texts.FORGOTTEN_MESSAGES)
    if kept:
        lines.append(texts.forgotten_but_kept(kept))
    return Reply(lines=tuple(lines), private=True, data=({**counts, "copies": kept},))


async def _forget(desk: Desk, actor: str, promise: str) -> Forgotten:
    # What is still to be noted of them goes with the rest.
    await desk.store.audit.flush()
    found = await desk.store.forgetting.forget(actor, promise)
    desk.suggestions.forget_actor(actor)
    await desk.runner.forgotten(found.stopped, found.posted)
    try:
        await delete_doomed(desk.store, desk.files, found.files)
        await asyncio.to_thread(_drop_differences, desk, found.checks)
        await desk.store.traces.clear()
        # Who that was is forgotten, too.
        platform = actor.partition(":")[0]
        noted = AuditEntry(moment=utc_now(), actor="", action="forgot", detail=platform)
        await desk.store.audit.add(noted)
    except UserError as error:
        # The rows are gone, and the rest is noted.
        log.warning("what is left of somebody who was forgotten goes later: %s", error)
    log.info("Somebody was forgotten.")
    return found


def _drop_differences(desk: Desk, checks: Collection[str]) -> None:
    for check in desk.files.with_differences().intersection(checks):
        desk.files.drop_differences(check)
