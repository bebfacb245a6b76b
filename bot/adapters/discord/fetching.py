"""Files that people sent: taken from Discord's own hosts only, and only while they are small."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import aiohttp
import discord
import yarl

from bot.config import Config, DiscordSection
from bot.invocation import Attachment, Given
from generation.errors import BadImage

HOSTS: Final = frozenset({"cdn.discordapp.com", "media.discordapp.net"})

AT_ONCE: Final = 4
"""Files that are fetched at the same time: each is in memory meanwhile."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """An attachment of which an earlier process knew; its address is good for some hours."""

    id: int
    filename: str
    size: int
    url: str
    client: discord.Client = field(repr=False, compare=False)

    async def read(self) -> bytes:
        """Return what is in it. Raises as an attachment of the library's does."""
        return await self.client.http.get_from_cdn(self.url)


Sent = discord.Attachment | KeptFile
Values = Mapping[str, str | int | float | bool | Sent]


class Fetcher:
    """Brings attachments here for as long as a command is answered."""

    def __init__(self, config: Config) -> None:
        self._hosts = HOSTS | _other_host(config.settings.discord)
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
        if yarl.URL(attachment.url).host not in self._hosts:
            raise BadImage("other host", name)
        if attachment.size > self._most:
            raise BadImage("too many bytes", name, f"{self._most / 1e6:g} MB")
        try:
            async with self._places:
                data = await attachment.read()
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            raise BadImage("not fetched", name) from error
        path = folder / str(attachment.id)
        await asyncio.to_thread(path.write_bytes, data)
        return Attachment(path, name)


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="reroll-"))


def _other_host(section: DiscordSection) -> frozenset[str]:
    """Return the host of an API that is not Discord's own: its files lie there."""
    url = yarl.URL(section.api_url)
    if url.host is None or url.host == "discord.com" or url.host.endswith(".discord.com"):
        return frozenset()
    return frozenset({url.host})
