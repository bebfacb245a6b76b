"""Files that people sent or linked to: taken from Slack's own hosts only, while they are small.

A link in a text counts as the file it leads to where that lies in Slack.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yarl

from bot.adapters.file_hosts import own_address
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.web import FAULTS, Web, reason
from bot.command import Command, Kind
from bot.config import Config
from bot.config_sections import SlackSection
from bot.invocation import Attachment, Given
from generation.errors import BadImage
from storage.store import Store

HOST: Final = "slack.com"
"""Slack's files lie at files.slack.com, their pages at the workspace's own name under it."""
AT_ONCE: Final = 4
"""Files that are fetched at the same time: each is in memory meanwhile."""
CHUNK: Final = 65_536

_LINK: Final = re.compile(
    r"(?:(?:--|[—–―])(?P<flag>[a-z]+)[=:\s]\s*)?<?(?P<url>https?://[^\s<>|]+)(?:\|[^>\s]*)?>?"
)
_PICTURE: Final = re.compile(r"([0-9a-z]{6})\.(?:\d+|preview)\.png$")
"""What files are called that the bot brings."""
_FILE_ID: Final = re.compile(r"(?:^|[/-])(F[0-9A-Z]{6,20})(?=[/?#-]|$)")


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file of Slack's: by its id, and what it is called.

    ``is_seen`` says that it came with what the asker sees; a link may be any.
    """

    id: str
    name: str = ""
    is_seen: bool = False


class Fetcher:
    """Brings files here for as long as a command is answered."""

    def __init__(self, config: Config, web: Web, store: Store, bot: str) -> None:
        self._web = web
        self._store = store
        self._bot = bot
        self._other_host = _other_host(config.settings.slack)
        self._most = int(config.limits.upload_mb * 1e6)
        self._places = asyncio.Semaphore(AT_ONCE)

    def links(self, text: str, names: Sequence[str]) -> tuple[str, dict[str, FileLink]]:
        """Take the links to files of Slack's out of a text, and say which options they are for.

        One without a flag is for the first of ``names`` that is left. Other links stay.
        """
        found: list[tuple[str, FileLink]] = []

        def take(match: re.Match[str]) -> str:
            link = self.link(match["url"])
            if link is None or (match["flag"] and match["flag"] not in names):
                return match[0]
            found.append((match["flag"] or "", link))
            return " "

        if not names or "://" not in text:
            return text, {}
        rest = _LINK.sub(take, text).strip()
        flagged = {name: link for name, link in found if name}
        left = [name for name in names if name not in flagged]
        bare = [link for name, link in found if not name]
        return rest, {**dict(zip(left, bare, strict=False)), **flagged}

    def link(self, url: str) -> FileLink | None:
        """Return the file that an address leads to, if it is one in Slack."""
        address = self._own(url)
        match = _FILE_ID.search(address.path) if address else None
        return FileLink(match[1], address.name) if address and match else None

    @asynccontextmanager
    async def here(
        self, asked: Asked, options: Mapping[str, Given], files: Mapping[str, FileLink]
    ) -> AsyncIterator[dict[str, Given]]:
        """Give the options of a command with its files on this machine.

        Raises ``BadImage``.
        """
        if not files:
            yield dict(options)
            return
        folder = await asyncio.to_thread(_new_folder)
        try:
            here = {name: await self._fetch(asked, file, folder) for name, file in files.items()}
            yield {**options, **here}
        finally:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def _fetch(self, asked: Asked, link: FileLink, folder: Path) -> Attachment:
        about = await self._about(link)
        name = str(about.get("name") or link.name or link.id)
        if not (link.is_seen or await self._may_see(asked, about)):
            raise BadImage("not shared", name)
        url = self._own(str(about.get("url_private_download") or about.get("url_private") or ""))
        if url is None:
            raise BadImage("other host", name)
        if int(about.get("size") or 0) > self._most:
            raise self._too_large(name)
        path = folder / link.id
        async with self._places:
            data = await self._read(url, name)
        await asyncio.to_thread(path.write_bytes, data)
        return Attachment(path, name)

    async def _about(self, link: FileLink) -> Mapping[str, Any]:
        try:
            answer = await self._web.call(self._web.client.files_info, file=link.id)
        except FAULTS as error:
            gone = reason(error) in ("file_not_found", "file_deleted")
            raise BadImage("not shared" if gone else "not fetched", link.name or link.id) from error
        about = answer.get("file")
        return about if isinstance(about, dict) else {}

    async def _read(self, url: yarl.URL, name: str) -> bytes:
        """Read a file with the bot's own right; without it, Slack answers with a page to sign in.

        The token goes to Slack's host alone: where that sends us elsewhere, nothing is fetched.
        """
        headers = {
            "Authorization": f"Bearer {self._web.client.token}",
            # What is packed small may unpack to much.
            "Accept-Encoding": "identity",
        }
        data = bytearray()
        try:
            async with self._web.session.get(
                url, headers=headers, allow_redirects=False, proxy=self._web.client.proxy
            ) as answer:
                if answer.status != 200 or answer.content_type == "text/html":
                    raise BadImage("not fetched", name)
                async for chunk in answer.content.iter_chunked(CHUNK):
                    data += chunk
                    if len(data) > self._most:
                        raise self._too_large(name)
        except FAULTS as error:
            raise BadImage("not fetched", name) from error
        return bytes(data)

    async def _may_see(self, asked: Asked, about: Mapping[str, Any]) -> bool:
        """Whether the asker may have what the bot sees: a file's id is no secret.

        It is theirs, everybody's, shared where they ask, or a picture that the bot brought for a
        job which they may see. A sheet may show more than they may.
        """
        places = {each for kind in ("channels", "groups", "ims") for each in about.get(kind) or ()}
        owner = str(about.get("user") or "")
        if owner == asked.user or bool(about.get("is_public")) or asked.channel in places:
            return True
        if places or owner != self._bot:
            return False
        picture = _PICTURE.match(str(about.get("name") or ""))
        if picture is None:
            return False
        job = await self._store.jobs.get(picture[1])
        return job is not None and (not job.private or job.actor == asked.actor)

    def _too_large(self, name: str) -> BadImage:
        return BadImage("too many bytes", name, f"{self._most / 1e6:g} MB")

    def _own(self, url: str) -> yarl.URL | None:
        """Return an address of Slack's files, none for any other."""
        return own_address(url, _is_own, self._other_host)


def sent(files: Iterable[Mapping[str, Any]]) -> list[FileLink]:
    """Return the files that came with a message or a modal."""
    return [
        FileLink(str(f["id"]), str(f.get("name") or ""), is_seen=True) for f in files if f.get("id")
    ]


def images_of(command: Command) -> list[str]:
    """Return the options of a command that pictures are for."""
    return [option.name for option in command.options if option.kind is Kind.IMAGE]


def _new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="reroll-"))


def _is_own(host: str) -> bool:
    return host == HOST or host.endswith(f".{HOST}")


def _other_host(section: SlackSection) -> str | None:
    """Return the host of an API that is not Slack's own: its files lie there."""
    host = yarl.URL(section.api_url).host
    return None if host is None or _is_own(host) else host
