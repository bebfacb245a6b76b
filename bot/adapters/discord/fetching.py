"""Files that people sent: taken from Discord's own hosts only, and only while they are small."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp
import discord
import yarl

from bot.adapters.file_hosts import own_address
from bot.config import Config
from bot.config_sections import DiscordSection
from bot.invocation import Attachment, Given
from generation.errors import BadImage

HOSTS: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})

AT_ONCE: Final = 4
"""Files that are fetched at the same time: each is in memory meanwhile."""
CHUNK: Final = 65_536
TIMEOUT: Final = aiohttp.ClientTimeout(total=120)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An attachment of which an earlier process knew; its address is good for some hours."""

    id: int
    filename: str
    size: int
    url: str


Sent = discord.Attachment | KeptFile
Values = Mapping[str, str | int | float | bool | Sent]


class Fetcher:
    """Brings attachments here for as long as a command is answered."""

    def __init__(self, config: Config) -> None:
        self._other_host = _other_host(config.settings.discord)
        self._most = int(config.limits.upload_mb * 1e6)
        self._places = asyncio.Semaphore(AT_ONCE)

    @asynccontextmanager
    async def here(self, values: Values) -> AsyncIterator[dict[str, Given]]:
        """Give the options of a command with its files on this machine.

        Raises ``BadImage``.
        """
        plain = {
            name: value
            for name, value in values.items()
            if not isinstance(value, discord.Attachment | KeptFile)
        }
        if len(plain) == len(values):
            yield dict(plain)
            return
        folder = await asyncio.to_thread(_new_folder)
        try:
            yield {name: await self._given(value, folder) for name, value in values.items()}
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _given(self, value: str | float | bool | Sent, folder: Path) -> Given:
        if isinstance(value, discord.Attachment | KeptFile):
            return await self._fetch(value, folder)
        return value

    async def _fetch(self, attachment: Sent, folder: Path) -> Attachment:
        name = attachment.filename
        url = own_address(attachment.url, HOSTS.__contains__, self._other_host)
        if url is None:
            raise BadImage("other host", name)
        if attachment.size > self._most:
            raise self._too_large(name)
        async with self._places:
            data = await self._read(url, name)
        path = folder / str(attachment.id)
        await asyncio.to_thread(path.write_bytes, data)
        return Attachment(path, name)

    async def _read(self, url: yarl.URL, name: str) -> bytes:
        """Read a file, of which there may be more than was said; nowhere else is followed to.

        The library would go wherever it is sent, and read to the end whatever comes.
        """
        data = bytearray()
        try:
            async with (
                aiohttp.ClientSession(timeout=TIMEOUT, auto_decompress=False) as session,
                session.get(url, allow_redirects=False) as answer,
            ):
                if answer.status != 200:
                    raise BadImage("not fetched", name)
                async for chunk in answer.content.iter_chunked(CHUNK):
                    data += chunk
                    if len(data) > self._most:
                        raise self._too_large(name)
        except (aiohttp.ClientError, OSError) as error:
            raise BadImage("not fetched", name) from error
        return bytes(data)

    def _too_large(self, name: str) -> BadImage:
        return BadImage("too many bytes", name, f"{self._most / 1e6:g} MB")


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="reroll-"))


def _other_host(section: DiscordSection) -> str | None:
    """Return the host of an API that is not Discord's own: its files lie there."""
    host = yarl.URL(section.api_url).host
    if host is None or host == "discord.com" or host.endswith(".discord.com"):
        return None
    return host
