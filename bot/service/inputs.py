"""The pictures that jobs start from: checked, made plain, and stored by their content."""

from __future__ import annotations

import asyncio
from pathlib import Path

from bot.errors import InputGone
from bot.invocation import Attachment
from bot.service.desk import Desk, Request
from bot.service.starting_from import InputHashes
from generation.errors import BadImage
from generation.images import read_input
from generation.recipe import Recipe
from storage.records import PictureRecord, StoredInput


async def keep_inputs(request: Request) -> InputHashes:
    """Check and store the input pictures of a command, and return their hashes."""
    return InputHashes(await _keep(request, "image"), await _keep(request, "mask"))


async def _keep(request: Request, name: str) -> str | None:
    attachment = attached(request, name)
    return None if attachment is None else (await keep_sent(request.desk, attachment)).sha256


def attached(request: Request, name: str) -> Attachment | None:
    """Return the file that came with a command.

    A path in words counts only where the surface lets people name files of this machine.
    """
    value = request.options.values.get(name)
    if value is None or isinstance(value, Attachment):
        return value
    text, folder = str(value), request.invocation.local_folder
    if folder is None:
        raise BadImage("path", text[:60])
    return Attachment(folder / Path(text).expanduser(), text[:200])


async def keep_sent(desk: Desk, attachment: Attachment) -> StoredInput:
    """Check and store a picture that somebody sent. Raises ``BadImage``."""
    most = int(desk.config.limits.upload_mb * 1e6)
    return await _store(desk, attachment.path, attachment.name, most)


async def keep_made(desk: Desk, picture: PictureRecord) -> StoredInput:
    """Store a picture that was made here as one to start from; the original stays as it is."""
    path = desk.files.path(picture.path)
    return await _store(desk, path, picture.id, picture.bytes)


async def require_inputs(desk: Desk, recipe: Recipe) -> None:
    """Raise ``InputGone`` where a picture that a recipe starts from is not stored any more."""
    hashes = recipe.inputs
    found = await desk.store.inputs.find(hashes)
    for sha256 in hashes:
        if sha256 not in found:
            raise InputGone(sha256[:12])


async def _store(desk: Desk, path: Path, name: str, bytes_most: int) -> StoredInput:
    picture = await asyncio.to_thread(read_input, path, name, bytes_most)
    kind = "image/png"
    async with desk.store.inputs.steady:
        _, expected = await asyncio.to_thread(desk.files.name_input, picture.png, kind)
        await desk.store.inputs.expect(expected)
        sha256, relative = await asyncio.to_thread(desk.files.keep_input, picture.png, kind)
        size = picture.width, picture.height
        stored = StoredInput(sha256, relative, *size, len(picture.png), kind)
        await desk.store.inputs.add(stored)
    return stored
