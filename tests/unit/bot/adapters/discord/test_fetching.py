from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest

from bot.adapters.discord.fetching import Fetcher
from bot.config import load_config
from bot.invocation import Attachment
from generation.errors import BadImage


@dataclass
class Cdn:
    """Where Discord keeps files: gives each of them the same bytes, or fails."""

    data: bytes = b"a picture"
    fault: Exception | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def http(self) -> Cdn:
        return self

    async def get_from_cdn(self, url: str) -> bytes:
        self.asked.append(url)
        if self.fault:
            raise self.fault
        return self.data

    def attachment(
        self, url: str = "https://cdn.discordapp.com/attachments/1/2/x.png", size: int = 9
    ) -> discord.Attachment:
        about: Any = {"id": "77", "size": size, "filename": "../x.png", "url": url}
        state: Any = self
        return discord.Attachment(data=about | {"proxy_url": url}, state=state)


def fetcher(folder: Path, **options: str) -> Fetcher:
    lines = ["generation.model = 'mini'", "limits.upload_mb = 2"]
    file = folder / "config.toml"
    file.write_text("\n".join([*lines, *(f"discord.{k} = '{v}'" for k, v in options.items())]))
    return Fetcher(load_config(file, {}))


async def fetched(fetcher: Fetcher, attachment: discord.Attachment) -> bytes:
    async with fetcher.here({"image": attachment}) as given:
        picture = given["image"]
        assert isinstance(picture, Attachment)
        return picture.path.read_bytes()


async def refused(fetcher: Fetcher, attachment: discord.Attachment) -> BadImage:
    with pytest.raises(BadImage) as raised:
        await fetched(fetcher, attachment)
    return raised.value


async def test_a_file_is_here_for_as_long_as_its_command_is_answered(tmp_path: Path) -> None:
    cdn = Cdn()
    values: Mapping[str, Any] = {"prompt": "a fox", "image": cdn.attachment()}
    async with fetcher(tmp_path).here(values) as given:
        picture = given["image"]
        assert isinstance(picture, Attachment)
        assert (given["prompt"], picture.name) == ("a fox", "../x.png")
        assert picture.path.read_bytes() == b"a picture"
        assert picture.path.name == "77", "what somebody called a file is no path of ours"
        folder = picture.path.parent
    assert not folder.exists()


async def test_a_file_is_gone_where_the_answer_failed_too(tmp_path: Path) -> None:
    seen: list[Path] = []

    async def answer() -> None:
        async with fetcher(tmp_path).here({"image": Cdn().attachment()}) as given:
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


@pytest.mark.parametrize(
    "host", ["cdn.discordapp.com", "media.discordapp.net", "CDN.discordapp.com"]
)
async def test_files_are_taken_from_discord(tmp_path: Path, host: str) -> None:
    cdn = Cdn()
    assert await fetched(fetcher(tmp_path), cdn.attachment(f"https://{host}/x.png")) == cdn.data


@pytest.mark.parametrize(
    "host",
    ["evil.example", "cdn.discordapp.com.evil.example", "127.0.0.1", "discord.com",
     "cdn.discordapp.com@evil.example", "xcdn.discordapp.com"],
)  # fmt: skip
async def test_no_other_host_is_asked_for_a_file(tmp_path: Path, host: str) -> None:
    cdn = Cdn()
    error = await refused(fetcher(tmp_path), cdn.attachment(f"https://{host}/x.png"))
    assert error.reason == "other host"
    assert cdn.asked == []


async def test_the_files_of_another_api_lie_at_its_host(tmp_path: Path) -> None:
    cdn = Cdn()
    proxied = fetcher(tmp_path, api_url="http://127.0.0.1:8080")
    assert await fetched(proxied, cdn.attachment("http://127.0.0.1:8080/x.png")) == cdn.data
    assert (await refused(proxied, cdn.attachment("http://10.0.0.1/x.png"))).reason == "other host"
    own = fetcher(tmp_path, api_url="https://canary.discord.com")
    there = cdn.attachment("https://canary.discord.com/x.png")
    assert (await refused(own, there)).reason == "other host"


async def test_a_file_that_is_too_large_is_not_even_asked_for(tmp_path: Path) -> None:
    cdn = Cdn()
    assert await fetched(fetcher(tmp_path), cdn.attachment(size=2_000_000)) == cdn.data
    asked = list(cdn.asked)
    error = await refused(fetcher(tmp_path), cdn.attachment(size=2_000_001))
    assert (error.reason, error.detail) == ("too many bytes", "2 MB")
    assert cdn.asked == asked


@pytest.mark.parametrize(
    "fault", [aiohttp.ClientConnectionError(), OSError(), discord.DiscordException()]
)
async def test_a_file_that_does_not_come_is_said_to_the_asker(
    tmp_path: Path, fault: Exception
) -> None:
    cdn = Cdn(fault=fault)
    assert (await refused(fetcher(tmp_path), cdn.attachment())).reason == "not fetched"
