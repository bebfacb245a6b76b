"""The pictures that jobs start from: checked, made plain, and stored by their content."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.command import NONE
from bot.errors import InputGone
from bot.invocation import Attachment
from bot.service.decay import delete_files
from bot.service.desk import Desk, Request
from bot.service.recipes.starting_from import InputHashes
from bot.values import is_id
from generation.cutouts import clear_mask, cut_out, grey_mask
from generation.errors import BadImage, UserError
from generation.images import InputPicture, read_input
from generation.recipe import InputImage, Recipe
from storage.ids import parse_id
from storage.records import PictureRecord, StoredInput

log = logging.getLogger(__name__)

_KIND: Final = "image/png"
_PARTS: Final = ("region", "extend")
_NEVER: Final = datetime.min.replace(tzinfo=UTC)


_new: Final[ContextVar[list[str] | None]] = ContextVar("new", default=None)
"""The hashes of what a command has stored that was not there before."""


@asynccontextmanager
async def kept_unless_refused(desk: Desk) -> AsyncIterator[None]:
    """Delete the pictures again that a command brought which is refused, and no job starts from."""
    new: list[str] = []
    token = _new.set(new)
    try:
        yield
    except Exception:
        if new:
            await _delete_again(desk, new)
        raise
    finally:
        _new.reset(token)


async def _delete_again(desk: Desk, hashes: Collection[str]) -> None:
    inputs = desk.store.inputs
    try:
        async with inputs.steady:
            paths = await inputs.doom_unused(_NEVER, among=hashes)
            await delete_files(desk.store, desk.files, paths)
    except UserError as error:
        log.warning("a picture of a refused command goes later: %s", error)


async def keep_inputs(
    request: Request, start: StoredInput | None = None, before: InputImage | None = None
) -> InputHashes:
    """Check and store the input pictures of a command, and return what is to be known of them.

    ``start`` is a picture that is stored already, in the place of one that is sent; ``before`` is
    what the recipe starts from that is being changed. Raises ``BadImage``, ``InputGone``, and for
    a picture made here ``NotFound`` and ``PictureAbsent``.
    """
    if start is not None:
        # Another one beside it has no place, and none that is only a name anywhere.
        attached(request, "image")
    made = None if start else await _named(request)
    if made is None:
        return await _kept(request, start, before)
    private = (await request.job(made.job)).private
    found = await _kept(request, await keep_made(request.desk, made), before)
    return replace(found, private=private)


async def _named(request: Request) -> PictureRecord | None:
    """Return the picture made here that is to be started from, where an id is given for it.

    A file of that name comes first, where the surface lets people name files of this machine.
    """
    value = request.options.values.get("image")
    if not isinstance(value, str) or not is_id(value):
        return None
    folder = request.invocation.local_folder
    if folder is not None and await asyncio.to_thread((folder / value).exists):
        return None
    picture = await request.picture(str(parse_id(value)))
    request.refuse_absent(picture)
    return picture


async def _kept(
    request: Request, start: StoredInput | None, before: InputImage | None
) -> InputHashes:
    desk = request.desk
    mask = await _mask(request)
    picture = await _picture(request, start)
    if picture is None:
        return InputHashes(mask=None if mask is None else (await _store(desk, mask)).sha256)
    clear = None
    if mask is None and not _says_which_part(request, before):
        if request.options.values.get("mask") != NONE:
            sent = None if start else attached(request, "image")
            clear = await asyncio.to_thread(clear_mask, picture, sent.name if sent else "")
        if clear is None:
            stored = start or await _store(desk, picture)
            return InputHashes(stored.sha256, size=picture.size)
    cut = await asyncio.to_thread(cut_out, picture, mask or clear)
    stored = await _store(desk, cut.picture)
    digest = None if cut.mask is None else (await _store(desk, cut.mask)).sha256
    return InputHashes(stored.sha256, digest, cut.picture.size, clear=clear is not None)


def _says_which_part(request: Request, before: InputImage | None) -> bool:
    """Whether it is said, now or before, which part of a new picture is to be painted."""
    given = request.options.values
    kept = {"region": before.region, "extend": before.extend} if before else {}
    return any(given.get(name, kept.get(name)) not in (None, NONE) for name in _PARTS)


async def _mask(request: Request) -> InputPicture | None:
    sent = attached(request, "mask")
    if sent is None:
        return None
    return await asyncio.to_thread(grey_mask, await _read(request.desk, sent), sent.name)


async def _picture(request: Request, start: StoredInput | None) -> InputPicture | None:
    desk = request.desk
    if start is None:
        sent = attached(request, "image")
        return None if sent is None else await _read(desk, sent)
    try:
        png = await asyncio.to_thread(desk.files.path(start.path).read_bytes)
    except FileNotFoundError:
        raise InputGone(start.sha256[:12]) from None
    return InputPicture(png, start.width, start.height)


def attached(request: Request, name: str) -> Attachment | None:
    """Return the file that came with a command.

    A path in words counts only where the surface lets people name files of this machine.
    """
    value = request.options.values.get(name)
    if value is None or value == NONE:
        return None
    if isinstance(value, Attachment):
        return value
    text, folder = str(value), request.invocation.local_folder
    if folder is None:
        raise BadImage("path", text[:60])
    return Attachment(folder / Path(text).expanduser(), text[:200])


async def keep_sent(desk: Desk, attachment: Attachment) -> StoredInput:
    """Check and store a picture that somebody sent. Raises ``BadImage``."""
    return await _store(desk, await _read(desk, attachment))


async def keep_made(desk: Desk, picture: PictureRecord) -> StoredInput:
    """Store a picture that was made here as one to start from; the original stays as it is."""
    path = desk.files.path(picture.path)
    read = await asyncio.to_thread(read_input, path, picture.id, picture.bytes)
    return await _store(desk, read)


async def require_inputs(desk: Desk, recipe: Recipe) -> None:
    """Raise ``InputGone`` where a picture that a recipe starts from is not stored any more."""
    hashes = recipe.inputs
    found = await desk.store.inputs.find(hashes)
    for sha256 in hashes:
        if sha256 not in found:
            raise InputGone(sha256[:12])


async def _read(desk: Desk, attachment: Attachment) -> InputPicture:
    most = int(desk.config.limits.upload_mb * 1e6)
    return await asyncio.to_thread(read_input, attachment.path, attachment.name, most)


async def _store(desk: Desk, picture: InputPicture) -> StoredInput:
    async with desk.store.inputs.steady:
        _, expected = await asyncio.to_thread(desk.files.name_input, picture.png, _KIND)
        await desk.store.inputs.expect(expected)
        sha256, relative = await asyncio.to_thread(desk.files.keep_input, picture.png, _KIND)
        new = _new.get()
        if new is not None and await desk.store.inputs.get(sha256) is None:
            new.append(sha256)
        stored = StoredInput(sha256, relative, *picture.size, len(picture.png), _KIND)
        await desk.store.inputs.add(stored)
    return stored
