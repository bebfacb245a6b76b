"""The app's home: what somebody comes back for, at one glance."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot import texts
from bot.reply import Button, Line, Reply, line
from bot.service.answers.looking import in_line, queue_row
from bot.service.answers.personal import setting_rows
from bot.service.desk import Request

PICTURES = 6
"""How many pictures of each kind are shown."""
JOBS = 10
"""How many jobs of the queue are shown beside the asker's own."""
BUTTONS = 10


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the home, under its title; ``actions`` are what each picture has buttons for."""

    title: str
    reply: Reply
    actions: tuple[str, ...] = ()


async def home(request: Request) -> tuple[Part, ...]:
    """Return the asker's newest pictures, favourites and settings, and the queue.

    A part with pictures has lines only for those that are not shown; an empty one has a line that
    says how to fill it.
    """
    return (
        Part(texts.HOME_PICTURES, await _newest(request), ("reroll", "show", "favorite")),
        Part(texts.HOME_FAVORITES, await _favorites(request), ("reroll", "show")),
        Part(texts.HOME_SETTINGS, await _settings(request)),
        Part(texts.HOME_QUEUE, _queue(request)),
    )


async def _newest(request: Request) -> Reply:
    desk = request.desk
    found = await desk.store.pictures.newest_of(request.invocation.actor, PICTURES)
    seen = desk.views.seen(found, request.invocation.reply_to)
    lines = seen.lines if found else (line(texts.HOME_NO_PICTURES),)
    return Reply(lines=lines, pictures=seen.pictures, private=True)


async def _favorites(request: Request) -> Reply:
    desk = request.desk
    page = await desk.store.favorites.page(request.invocation.actor, limit=PICTURES)
    seen = desk.views.seen(page.items, request.invocation.reply_to)
    lines = seen.lines if page.items else (line(texts.HOME_NO_FAVORITES),)
    if page.cursor is not None:
        lines = (*lines, texts.goes_on("/favorites", page.cursor))
    return Reply(lines=lines, pictures=seen.pictures, private=True)


async def _settings(request: Request) -> Reply:
    kept = await request.desk.store.settings.get(request.invocation.actor)
    lines = setting_rows(request, kept) if kept else (line(texts.HOME_NO_SETTINGS),)
    return Reply(lines=lines, private=True)


def _queue(request: Request) -> Reply:
    """List the first jobs and all of the asker's, who can cancel these."""
    rows: list[Line] = []
    buttons: list[Button] = []
    left_out = 0
    for number, place in in_line(request):
        job = place.job
        yours = job.actor == request.invocation.actor
        if yours:
            button = request.desk.views.button("cancel", job.id)
            buttons.append(replace(button, label=texts.cancel_button(job.id)))
        if yours or number <= JOBS:
            rows.append(queue_row(request, number, place))
        else:
            left_out += 1
    if left_out:
        rows.append(texts.more_jobs(left_out))
    lines = tuple(rows) or (line(texts.HOME_NO_JOBS),)
    return Reply(lines=lines, buttons=tuple(buttons[:BUTTONS]), private=True)
