from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.adapters.slack.fetching import Fetcher, FileLink, images_of, sent
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.web import Web
from bot.commands import Widest, commands
from bot.config import load_config
from bot.invocation import Attachment
from generation.errors import BadImage
from generation.recipe import Recipe
from storage.records import JobRecord, ReplyTo, utc_now
from tests.slack_network import Kept, Network

NAMES = ("image", "mask")
TOKEN = "xoxb-1-secret"
ASKED = Asked("77", "T1", "U50", channel="C100")
FILE, MASK = "F0AAAAAAA", "F0BBBBBBB"
BOT = "U0BOT"
JOB = JobRecord(
    id="k7f3q2",
    number=1,
    recipe=Recipe(prompt="x", seed=7, width=128, height=128, steps=4, guidance=5, model="mini"),
    count=1,
    actor="slack:T1:U60",
    reply_to=ReplyTo("slack", "C1"),
    private=False,
    parent=None,
    command="imagine",
    explicit=(),
    status="delivered",
    attempts=1,
    created=utc_now(),
)
OWN = replace(JOB, id="c00000", private=True, actor=ASKED.actor)


@dataclass
class Office:
    """Where files lie: gives what it is told to, and notes who asked with which right."""

    url: str = ""
    about: dict[str, Any] = field(default_factory=dict)
    refusal: str = ""
    status: int = 200
    data: bytes = b"a picture"
    kind: str = "image/png"
    location: str = ""
    fetched: list[tuple[str, str]] = field(default_factory=list)

    async def info(self, request: web.Request) -> web.StreamResponse:
        if self.refusal:
            return web.json_response({"ok": False, "error": self.refusal})
        url = f"{self.url}files/{request.query['file']}"
        about = {"user": "U50", "name": "../x.png", "size": len(self.data), "url_private": url}
        return web.json_response({"ok": True, "file": about | self.about})

    async def file(self, request: web.Request) -> web.StreamResponse:
        self.fetched.append((request.path, request.headers.get("Authorization", "")))
        headers = {"Location": self.location} if self.location else {}
        return web.Response(
            status=self.status, body=self.data, content_type=self.kind, headers=headers
        )


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    office, app = Office(), web.Application()
    app.router.add_get("/api/files.info", office.info)
    app.router.add_get("/files/{id}", office.file)
    app.router.add_get("/elsewhere", office.file)
    async with TestServer(app) as server:
        office.url = str(server.make_url("/"))
        yield office


def made(folder: Path, url: str) -> tuple[Fetcher, Web]:
    file = folder / "config.toml"
    lines = ["generation.model = 'mini'", "limits.upload_mb = 2", f"slack.api_url = '{url}'"]
    file.write_text("\n".join(lines))
    config = load_config(file, {})
    web = Web(config.settings.slack, TOKEN)
    store: Any = Kept(Network())
    jobs = (JOB, OWN, replace(JOB, id="b00000", private=True))
    store.jobs.known = {job.id: job for job in jobs}
    return Fetcher(config, web, store, BOT), web


@pytest.fixture
async def there(office: Office, tmp_path: Path) -> AsyncIterator[Fetcher]:
    """What fetches from that office."""
    fetcher, web = made(tmp_path, f"{office.url}api/")
    yield fetcher
    await web.close()


@pytest.fixture
async def slack(tmp_path: Path) -> AsyncIterator[Fetcher]:
    """What fetches from Slack itself."""
    fetcher, web = made(tmp_path, "https://slack.com/api/")
    yield fetcher
    await web.close()


async def fetched(fetcher: Fetcher, asked: Asked = ASKED) -> bytes:
    async with fetcher.here(asked, {}, {"image": FileLink(FILE)}) as given:
        picture = given["image"]
        assert isinstance(picture, Attachment)
        return picture.path.read_bytes()


async def refused(fetcher: Fetcher, asked: Asked = ASKED) -> BadImage:
    with pytest.raises(BadImage) as raised:
        await fetched(fetcher, asked)
    return raised.value


# Links in texts -----------------------------------------------------------------------------------


LINK = f"https://emu.slack.com/files/U50/{FILE}/fox.png"
MASKED = f"https://files.slack.com/files-pri/T1-{MASK}/hen.png"


@pytest.mark.parametrize(
    ("text", "rest", "found"),
    [
        (f"a fox {LINK}", "a fox", {"image": FILE}),
        (f"{LINK} a fox", "a fox", {"image": FILE}),
        (f"<{LINK}> a fox", "a fox", {"image": FILE}),
        (f"<{LINK}|fox.png> a fox", "a fox", {"image": FILE}),
        (f"a fox --image {LINK}", "a fox", {"image": FILE}),
        (f"a fox --image={LINK} --seed 7", "a fox   --seed 7", {"image": FILE}),
        (f"a fox --mask {MASKED}", "a fox", {"mask": MASK}),
        (f"a fox —mask {MASKED}", "a fox", {"mask": MASK}),
        (f"a fox --mask {MASKED} {LINK}", "a fox", {"image": FILE, "mask": MASK}),
        (f"a fox --image {LINK} {MASKED}", "a fox", {"image": FILE, "mask": MASK}),
        (f"a fox {LINK} {MASKED}", "a fox", {"image": FILE, "mask": MASK}),
        (f"a fox {LINK}?x=1#y", "a fox", {"image": FILE}),
        (f"a fox --seed {LINK}", f"a fox --seed {LINK}", {}),
        ("a fox", "a fox", {}),
        ("a fox https://example.com/F0AAAAAAA/x", "a fox https://example.com/F0AAAAAAA/x", {}),
        ("a fox https://slack.com/help", "a fox https://slack.com/help", {}),
        ("see http://[x", "see http://[x", {}),
    ],
)
async def test_links_to_files_are_taken_out_of_a_text(
    slack: Fetcher, text: str, rest: str, found: dict[str, str]
) -> None:
    left, files = slack.links(text, NAMES)
    assert " ".join(left.split()) == " ".join(rest.split())
    assert {name: link.id for name, link in files.items()} == found


async def test_a_command_that_takes_no_picture_keeps_its_links(slack: Fetcher) -> None:
    assert slack.links(f"fox {LINK}", ()) == (f"fox {LINK}", {})


@pytest.mark.parametrize(
    "url",
    [
        f"http://emu.slack.com/files/U50/{FILE}/x.png",
        f"https://slack.com.evil.example/files/U50/{FILE}/x.png",
        f"https://evilslack.com/files/U50/{FILE}/x.png",
        f"https://slack.com@evil.example/files/U50/{FILE}/x.png",
        f"https://evil.example/?slack.com/{FILE}/",
        f"https://127.0.0.1/files/U50/{FILE}/x.png",
        f"https://emu.slack.com:8443/files/U50/{FILE}/x.png",
        f"https://someone@emu.slack.com/files/U50/{FILE}/x.png",
        f"https://emu.slаck.com/files/U50/{FILE}/x.png",
        f"https://emu.slack.com./files/U50/{FILE}/x.png",
        f"https://[::1/files/U50/{FILE}/x.png",
        "https://emu.slack.com/files/U50/F1/x.png",
        "https://emu.slack.com/files/U50/f0aaaaaaa/x.png",
        "https://emu.slack.com/archives/C0AAAAAAA/p1",
    ],
)
async def test_no_other_address_leads_to_a_file(slack: Fetcher, url: str) -> None:
    assert slack.link(url) is None


async def test_a_link_knows_what_its_file_is_called(slack: Fetcher) -> None:
    assert slack.link(LINK) == FileLink(FILE, "fox.png")
    assert slack.link(f"https://slack.com/files/T1-{FILE}") == FileLink(FILE, f"T1-{FILE}")


async def test_files_of_another_api_lie_at_its_host(office: Office, there: Fetcher) -> None:
    assert there.link(f"{office.url}files/{FILE}") is not None
    assert there.link(f"http://10.0.0.1/files/{FILE}") is None
    assert there.link(LINK) is not None


def test_files_that_were_sent_are_known_by_their_ids() -> None:
    files: list[dict[str, Any]] = [
        {"id": FILE, "name": "fox.png"},
        {"name": "no id"},
        {"id": MASK, "name": None},
    ]
    assert sent(files) == [
        FileLink(FILE, "fox.png", is_seen=True),
        FileLink(MASK, "", is_seen=True),
    ]


def test_pictures_are_for_the_options_that_take_them() -> None:
    every = {command.name: command for command in commands(Widest())}
    assert images_of(every["imagine"])[:2] == ["image", "mask"]
    assert images_of(every["history"]) == []


# Fetched ------------------------------------------------------------------------------------------


async def test_a_file_is_here_for_as_long_as_its_command_is_answered(
    office: Office, there: Fetcher
) -> None:
    files = {"image": FileLink(FILE), "mask": FileLink(MASK)}
    async with there.here(ASKED, {"prompt": "a fox"}, files) as given:
        picture, mask = given["image"], given["mask"]
        assert isinstance(picture, Attachment)
        assert isinstance(mask, Attachment)
        assert (given["prompt"], picture.name) == ("a fox", "../x.png")
        assert picture.path.read_bytes() == b"a picture"
        assert picture.path.name == FILE, "what somebody called a file is no path of ours"
        folder = picture.path.parent
        assert mask.path.parent == folder
    assert not folder.exists()
    assert office.fetched == [(f"/files/{each}", f"Bearer {TOKEN}") for each in (FILE, MASK)]


async def test_a_file_is_gone_where_the_answer_failed_too(there: Fetcher) -> None:
    seen: list[Path] = []

    async def answer() -> None:
        async with there.here(ASKED, {}, {"image": FileLink(FILE)}) as given:
            picture = given["image"]
            assert isinstance(picture, Attachment)
            seen.append(picture.path)
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await answer()
    [path] = seen
    assert not path.parent.exists()


async def test_what_needs_no_file_needs_no_folder(
    there: Fetcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "missing"))
    async with there.here(ASKED, {"prompt": "a fox"}, {}) as given:
        assert given == {"prompt": "a fox"}


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/x.png", "http://169.254.169.254/x", "file:///etc/passwd", "", "x",
     "https://files.slack.com@evil.example/x", "https://files.slack.com:22/x", "https://[x/",
     "https://me:it@files.slack.com/x", "https://files.slack.com.evil.example/x"],
)  # fmt: skip
async def test_no_other_host_is_asked_for_a_file(office: Office, there: Fetcher, url: str) -> None:
    office.about = {"url_private": url}
    assert (await refused(there)).reason == "other host"
    assert office.fetched == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_the_token_is_carried_nowhere_else(
    office: Office, there: Fetcher, status: int
) -> None:
    office.status, office.location = status, f"{office.url}elsewhere"
    assert (await refused(there)).reason == "not fetched"
    assert [path for path, _ in office.fetched] == [f"/files/{FILE}"]


async def test_a_page_to_sign_in_is_no_picture(office: Office, there: Fetcher) -> None:
    office.kind = "text/html"
    assert (await refused(there)).reason == "not fetched"


@pytest.mark.parametrize("status", [403, 404, 500])
async def test_a_file_that_does_not_come_is_said_to_the_asker(
    office: Office, there: Fetcher, status: int
) -> None:
    office.status = status
    error = await refused(there)
    assert (error.reason, error.name) == ("not fetched", "../x.png")


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ("file_not_found", "not shared"),
        ("file_deleted", "not shared"),
        ("missing_scope", "not fetched"),
        ("internal_error", "not fetched"),
    ],
)
async def test_a_file_that_the_bot_does_not_see_is_not_fetched(
    office: Office, there: Fetcher, refusal: str, reason: str
) -> None:
    office.refusal = refusal
    assert (await refused(there)).reason == reason
    assert office.fetched == []


async def test_a_file_that_is_too_large_is_not_even_asked_for(
    office: Office, there: Fetcher
) -> None:
    office.about = {"size": 2_000_001}
    error = await refused(there)
    assert (error.reason, error.detail) == ("too many bytes", "2 MB")
    assert office.fetched == []
    office.about = {"size": 2_000_000}
    assert await fetched(there) == office.data


async def test_a_file_that_turns_out_too_large_is_not_read_to_its_end(
    office: Office, there: Fetcher
) -> None:
    office.data, office.about = b"x" * 2_000_000, {"size": 9}
    assert len(await fetched(there)) == 2_000_000
    office.data += b"x"
    assert (await refused(there)).reason == "too many bytes"


# Whose file it is ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "about",
    [
        {"user": "U50", "channels": ["C7"]},
        {"user": "U60", "channels": ["C7", "C100"]},
        {"user": "U60", "groups": ["C100"]},
        {"user": "U60", "channels": ["C7"], "is_public": True},
    ],
)
async def test_a_file_that_its_asker_sees_is_fetched(
    office: Office, there: Fetcher, about: dict[str, Any]
) -> None:
    office.about = about
    assert await fetched(there) == office.data


@pytest.mark.parametrize("kind", ["channels", "groups", "ims"])
async def test_a_file_that_comes_with_what_the_asker_sees_is_theirs(
    office: Office, there: Fetcher, kind: str
) -> None:
    office.about = {"user": "U60", kind: ["C7"]}
    [link] = sent([{"id": FILE}])
    async with there.here(ASKED, {}, {"image": link}) as given:
        assert isinstance(given["image"], Attachment)


@pytest.mark.parametrize("kind", ["channels", "groups", "ims"])
async def test_a_file_that_was_shared_elsewhere_is_refused(
    office: Office, there: Fetcher, kind: str
) -> None:
    office.about = {"user": "U60", kind: ["C7"]}
    assert (await refused(there)).reason == "not shared"
    assert office.fetched == []


@pytest.mark.parametrize(
    ("about", "is_theirs"),
    [
        ({"user": "U60"}, False),
        ({"user": BOT, "name": "k7f3q2.1.png"}, True),
        ({"user": BOT, "name": "b00000.1.png"}, False),
        ({"user": BOT, "name": "c00000.1.png"}, True),
        ({"user": BOT, "name": "k7f3q2.preview.png"}, True),
        ({"user": BOT, "name": "b00000.preview.png"}, False),
        ({"user": BOT, "name": "gone00.1.png"}, False),
        ({"user": BOT, "name": "history.0a1b2c.jpg"}, False),
    ],
    ids=[
        "of another",
        "of the bot",
        "another's private",
        "own private",
        "glimpse",
        "another's glimpse",
        "forgotten",
        "a sheet",
    ],
)
async def test_a_file_that_is_shared_nowhere_is_its_owners(
    office: Office, there: Fetcher, about: dict[str, Any], is_theirs: bool
) -> None:
    office.about = about
    if is_theirs:
        assert await fetched(there) == office.data
    else:
        assert (await refused(there)).reason == "not shared"
