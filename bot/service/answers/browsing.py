"""Lists of pictures, a page at a time: the history and the favourites, as words and as a sheet."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from bot import texts
from bot.characters import clipped
from bot.invocation import Click
from bot.reply import Button, Line, PictureView, Reply
from bot.service.desk import Request
from bot.service.showing.data import status_word
from generation.errors import BadValue
from storage.records import JobRecord, Page, PictureRecord

PAGE: Final = 9
"""What a sheet shows well, and what has a button each."""
PAGE_MOST: Final = 50
SHEET_MOST: Final = 20
"""A longer page has no sheet: in four rows of five are its buttons."""
PROMPT_MOST: Final = 80
_TARGET: Final = re.compile(
    r"(?P<what>history|favorites)\.(?P<cursor>\d{1,18})\.(?P<limit>\d{1,2})\.(?P<whose>mine|all)"
    r"(?:\.(?P<words>[a-z2-7]+))?"
)
_TARGET_MOST: Final = 64
"""Characters of what a button is about; the chats give it back as it is."""

What = Literal["history", "favorites"]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a list: the one below ``cursor``, or the one above ``newer``, or the first."""

    what: What
    words: str = ""
    mine: bool = False
    limit: int = PAGE
    cursor: int | None = None
    newer: int | None = None

    @property
    def target(self) -> str:
        """What the button that leads here is about; empty where that is too long for a button."""
        cursor = self.cursor if self.newer is None else self.newer
        parts = [self.what, str(cursor), str(self.limit), "mine" if self.mine else "all"]
        if self.words:
            parts.append(base64.b32encode(self.words.encode()).decode().rstrip("=").lower())
        target = ".".join(parts)
        return target if len(target) <= _TARGET_MOST else ""

    @property
    def command(self) -> str:
        """The command that leads to the list."""
        words = [f"/{self.what}", self.words, "--mine" if self.mine else ""]
        if self.limit != PAGE:
            words.append(f"--limit {self.limit}")
        return " ".join(filter(None, words))


def read_target(target: str, *, newer: bool) -> Leaf:
    """Return the page that a button leads to. Raises ``BadValue``."""
    found = _TARGET.fullmatch(target)
    if found is None or not 1 <= int(found["limit"]) <= PAGE_MOST:
        raise BadValue("page", target, "the button of a list")
    what: What = "history" if found["what"] == "history" else "favorites"
    number, mine = int(found["cursor"]), found["whose"] == "mine"
    leaf = Leaf(what, _words(found["words"] or ""), mine, int(found["limit"]))
    return replace(leaf, newer=number) if newer else replace(leaf, cursor=number)


def _words(coded: str) -> str:
    padded = coded.upper() + "=" * (-len(coded) % 8)
    try:
        return base64.b32decode(padded).decode()
    except ValueError as error:
        raise BadValue("page", coded, "the button of a list") from error


def read_leaf(request: Request, what: What) -> Leaf:
    """Return the page that the options of a command ask for. Raises ``BadValue``."""
    options = request.options
    return Leaf(
        what,
        words=options.text("words"),
        mine=options.flag("mine"),
        limit=options.integer("limit", PAGE),
        cursor=read_number("before", options.text("before"), "the number that a list ends with"),
    )


def read_number(name: str, text: str, allowed: str) -> int | None:
    """Read where a list goes on. Raises ``BadValue``."""
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadValue(name, text[:60], allowed)
    return int(text)


async def older(request: Request, click: Click) -> Reply:
    """Turn to the page after one."""
    return await _turned(request, read_target(click.target, newer=False))


async def newer(request: Request, click: Click) -> Reply:
    """Turn to the page before one."""
    return await _turned(request, read_target(click.target, newer=True))


async def _turned(request: Request, leaf: Leaf) -> Reply:
    list_ = history_page if leaf.what == "history" else favorites_page
    return await list_(request, leaf)


async def history(request: Request) -> Reply:
    """List jobs, newest first."""
    return await history_page(request, read_leaf(request, "history"))


async def favorites(request: Request) -> Reply:
    """List the asker's favourites, the last first."""
    return await favorites_page(request, read_leaf(request, "favorites"))


async def history_page(request: Request, leaf: Leaf) -> Reply:
    """Return one page of the jobs that the asker may see."""
    desk = request.desk
    page = await desk.store.history.search(
        leaf.words,
        request.viewer,
        own_only=leaf.mine,
        cursor=leaf.cursor,
        newer=leaf.newer,
        limit=leaf.limit,
    )
    if not page.items and leaf.cursor is not None:
        # All that was there has gone since.
        return await history_page(request, replace(leaf, cursor=None))
    if not page.items:
        return Reply(lines=(texts.nothing_found(leaf.words),), private=True)
    pictures = await desk.store.pictures.of_jobs([job.id for job in page.items])
    return Reply(
        lines=(*map(_row, page.items), *_more(leaf, page)),
        pictures=await _job_sheet(request, page.items, pictures),
        buttons=_buttons(request, leaf, page, [job.id for job in page.items]),
        private=True,
        data=tuple(desk.views.data.job(job, pictures.get(job.id, ())) for job in page.items),
    )


async def favorites_page(request: Request, leaf: Leaf) -> Reply:
    """Return one page of the asker's favourites."""
    desk, at = request.desk, request.invocation.reply_to
    page = await desk.store.favorites.page(
        request.invocation.actor, cursor=leaf.cursor, newer=leaf.newer, limit=leaf.limit
    )
    if not page.items and leaf.cursor is not None:
        return await favorites_page(request, replace(leaf, cursor=None))
    if not page.items:
        return Reply(lines=(texts.no_favorites(),), private=True)
    rows = [
        texts.history_row(picture.id, one_line(picture.recipe.prompt), "", "done")
        for picture in page.items
    ]
    sheet = None
    if len(page.items) <= SHEET_MOST:
        labels = [texts.sheet_label(picture.id) for picture in page.items]
        sheet = await desk.sheets.of(
            "favorites", page.items, at, labels=labels, title=texts.FAVORITES_SHEET
        )
    return Reply(
        lines=(*rows, *desk.views.seen(page.items, at).lines, *_more(leaf, page)),
        pictures=() if sheet is None else (sheet,),
        buttons=_buttons(request, leaf, page, [picture.id for picture in page.items]),
        private=True,
        data=tuple(desk.views.data.picture(picture) for picture in page.items),
    )


async def _job_sheet(
    request: Request,
    jobs: Sequence[JobRecord],
    pictures: Mapping[str, Sequence[PictureRecord]],
) -> tuple[PictureView, ...]:
    """Return the sheet with the first picture of each job, or the word of how it is without."""
    if len(jobs) > SHEET_MOST:
        return ()
    firsts = [next(iter(pictures.get(job.id, ())), None) for job in jobs]
    sheet = await request.desk.sheets.of(
        "history",
        firsts,
        request.invocation.reply_to,
        labels=[texts.sheet_label(job.id, len(pictures.get(job.id, ()))) for job in jobs],
        words=[texts.STATUS[status_word(job)] for job in jobs],
        title=texts.HISTORY_SHEET,
    )
    return () if sheet is None else (sheet,)


def _more(leaf: Leaf, page: Page[JobRecord] | Page[PictureRecord]) -> tuple[Line, ...]:
    """Say how to go on in a list, with what else was asked of it, and why it has no sheet."""
    no_sheet = (texts.no_sheet(SHEET_MOST),) if len(page.items) > SHEET_MOST else ()
    more = (texts.goes_on(leaf.command, page.cursor),) if page.cursor is not None else ()
    return (*no_sheet, *more)


def _buttons(
    request: Request,
    leaf: Leaf,
    page: Page[JobRecord] | Page[PictureRecord],
    ids: Sequence[str],
) -> tuple[Button, ...]:
    """Return a button for each that is listed, and those that turn the pages."""
    views = request.desk.views
    looks = [replace(views.button("look", each), label=texts.look_button(each)) for each in ids]
    before = replace(leaf, cursor=None, newer=page.newer)
    after = replace(leaf, cursor=page.cursor, newer=None)
    turns = [
        views.button(action, to.target)
        for action, to, there in (
            ("newer", before, page.newer is not None),
            ("older", after, page.cursor is not None),
        )
        if there and to.target
    ]
    return (*looks[:SHEET_MOST], *turns)


def _row(job: JobRecord) -> Line:
    return texts.history_row(
        job.id, one_line(job.recipe.prompt), when(job.created), status_word(job)
    )


def one_line(prompt: str, most: int = PROMPT_MOST) -> str:
    """Return a prompt on one line, cut where it is long."""
    return clipped(" ".join(prompt.split()), most)


def when(moment: datetime) -> str:
    """Write a time as the owner's clock has it."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M")
