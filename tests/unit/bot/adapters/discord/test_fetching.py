from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.discord.fetching import HOSTS, Fetcher, KeptFile
from bot.adapters.file_hosts import own_address
from bot.config import load_config
from bot.invocation import Attachment
from generation.errors import BadImage


@dataclass
class Cdn:
    """Where files lie: gives each of them the same bytes, as it is told to."""

    url: str = ""
    data: bytes = b"a picture"
    status: int = 200
    location: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def file(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path)
        self.headers.append(request.headers)
        headers = {"Location": self.location} if self.location else {}
        return web.Response(status=self.status, body=self.data, headers=headers)

    def attachment(self, url: str = "", size: int = 9) -> discord.Attachment:
        url = url or f"{self.url}attachments/1/2/x.png"
        about: Any = {"id": "77", "size": size, "filename": "../x.png", "url": url}
        state: Any = SimpleNamespace(http=None)
        return discord.Attachment(data=about | {"proxy_url": url}, state=state)


@pytest.fixture
async def cdn() -> AsyncIterator[Cdn]:
    cdn, app = Cdn(), web.Application()
    app.router.add_get("/{path:.*}", cdn.file)
    async with TestServer(app) as server:
        cdn.url = str(server.make_url("/"))
        yield cdn


def fetcher(folder: Path, api_url: str = "") -> Fetcher:
    lines = ["generation.model = 'mini'", "limits.upload_mb = 2"]
    lines += [f"discord.api_url = '{api_url}'"] if api_url else []
    file = folder / "config.toml"
    file.write_text("\n".join(lines))
    return Fetcher(load_config(file, {}))


@pytest.fixture
def there(cdn: Cdn, tmp_path: Path) -> Fetcher:
    """What fetches from there."""
    return fetcher(tmp_path, f"{cdn.url}api/v10")


async def fetched(fetcher: Fetcher, attachment: Any) -> bytes:
    async with fetcher.here({"image": attachment}) as given:
        picture = given["image"]
        assert isinstance(picture, Attachment)
        return picture.path.read_bytes()


async def refused(fetcher: Fetcher, attachment: Any) -> BadImage:
    with pytest.raises(BadImage) as raised:
        await fetched(fetcher, attachment)
    return raised.value


async def test_a_file_is_here_for_as_long_as_its_command_is_answered(
    cdn: Cdn, there: Fetcher
) -> None:
    values: Mapping[str, Any] = {"prompt": "a fox", "image": cdn.attachment()}
    async with there.here(values) as given:
        picture = given["image"]
        assert isinstance(picture, Attachment)
        assert (given["prompt"], picture.name) == ("a fox", "../x.png")
        assert picture.path.read_bytes() == b"a picture"
        assert picture.path.name == "77", "what somebody called a file is no path of ours"
        folder = picture.path.parent
    assert not folder.exists()


async def test_a_file_is_gone_where_the_answer_failed_too(cdn: Cdn, there: Fetcher) -> None:
    seen: list[Path] = []

    async def answer() -> None:
        async with there.here({"image": cdn.attachment()}) as given:
            picture = given["image"]
            assert isinstance(picture, Attachment)
            seen.append(picture.path)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await answer()
    [path] = seen
    assert not path.parent.exists()


async def test_what_holds_no_file_is_given_as_it_is_and_needs_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    values: Mapping[str, Any] = {"prompt": "a fox", "seed": 7, "private": True}
    async with fetcher(tmp_path).here(values) as given:
        assert given == values


async def test_a_file_of_which_an_earlier_process_knew_is_fetched_alike(
    cdn: Cdn, there: Fetcher
) -> None:
    assert await fetched(there, KeptFile(77, "x.png", 9, f"{cdn.url}x.png")) == cdn.data


@pytest.mark.parametrize(
    ("url", "is_discords"),
    [
        ("https://cdn.discordapp.com/x.png?ex=1&is=2", True),
        ("https://media.discordapp.net/x.png", True),
        ("https://CDN.discordapp.com:443/x.png", True),
        ("http://cdn.discordapp.com/x.png", False),
        ("https://cdn.discordapp.com:8443/x.png", False),
        ("https://me@cdn.discordapp.com/x.png", False),
        ("https://cdn.discordapp.com@evil.example/x.png", False),
        ("https://cdn.discordapp.com.evil.example/x.png", False),
        ("https://xcdn.discordapp.com/x.png", False),
        ("https://cdn.discоrdapp.com/x.png", False),
        ("https://discord.com/x.png", False),
        ("https://127.0.0.1/x.png", False),
        ("https://evil.example/cdn.discordapp.com/x.png", False),
        ("file:///etc/passwd", False),
        ("https://[::1/x.png", False),
        ("", False),
    ],
)
def test_files_are_taken_from_discord_alone(url: str, *, is_discords: bool) -> None:
    assert (own_address(url, HOSTS.__contains__) is not None) is is_discords


async def test_no_other_host_is_asked_for_a_file(cdn: Cdn, tmp_path: Path) -> None:
    error = await refused(fetcher(tmp_path), cdn.attachment())
    assert error.reason == "other host"
    elsewhere = fetcher(tmp_path, "http://10.0.0.1/api")
    assert (await refused(elsewhere, cdn.attachment())).reason == "other host"
    own = fetcher(tmp_path, "https://canary.discord.com")
    there = cdn.attachment("https://canary.discord.com/x.png")
    assert (await refused(own, there)).reason == "other host"
    assert cdn.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_file_is_not_looked_for_where_its_host_sends_us(
    cdn: Cdn, there: Fetcher, status: int
) -> None:
    cdn.status, cdn.location = status, f"{cdn.url}elsewhere"
    assert (await refused(there, cdn.attachment())).reason == "not fetched"
    assert cdn.asked == ["/attachments/1/2/x.png"]


async def test_nothing_of_ours_goes_along(cdn: Cdn, there: Fetcher) -> None:
    await fetched(there, cdn.attachment())
    [headers] = cdn.headers
    assert not {"authorization", "cookie"} & {name.lower() for name in headers}


async def test_a_file_that_is_too_large_is_not_even_asked_for(cdn: Cdn, there: Fetcher) -> None:
    assert await fetched(there, cdn.attachment(size=2_000_000)) == cdn.data
    asked = list(cdn.asked)
    error = await refused(there, cdn.attachment(size=2_000_001))
    assert (error.reason, error.detail) == ("too many bytes", "2 MB")
    assert cdn.asked == asked


async def test_a_file_that_turns_out_too_large_is_not_read_to_its_end(
    cdn: Cdn, there: Fetcher
) -> None:
    cdn.data = b"x" * 2_000_000
    assert len(await fetched(there, cdn.attachment())) == 2_000_000
    cdn.data += b"x"
    assert (await refused(there, cdn.attachment())).reason == "too many bytes"


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_file_that_does_not_come_is_said_to_the_asker(
    cdn: Cdn, there: Fetcher, status: int
) -> None:
    cdn.status = status
    error = await refused(there, cdn.attachment())
    assert (error.reason, error.name) == ("not fetched", "../x.png")


async def test_a_host_that_does_not_answer_is_said_to_the_asker(
    there: Fetcher, unused_tcp_port: int
) -> None:
    nobody = KeptFile(77, "x.png", 9, f"http://127.0.0.1:{unused_tcp_port}/x.png")
    assert (await refused(there, nobody)).reason == "not fetched"
