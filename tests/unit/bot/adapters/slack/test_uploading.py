from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.adapters.slack.uploading import ALT_MOST, Uploads
from bot.adapters.slack.web import FAULTS, Web
from bot.config_sections import SlackSection
from bot.reply import PictureView
from generation.errors import OutOfMemory
from storage.records import Post
from tests.jumping_loop import jumping
from tests.slack_network import Network, Posts, broken, refused, web_on
from tests.slack_server import SlackEmulator

COMPLETE, URL = "files.completeUploadExternal", "files.getUploadURLExternal"
INFO = "files.info"
STEPS = [URL, "upload", COMPLETE]


@pytest.fixture
async def emu() -> AsyncIterator[SlackEmulator]:
    emulator = await SlackEmulator().start()
    yield emulator
    emulator.check()
    await emulator.stop()


async def uploads_on(network: Network) -> tuple[Uploads, Posts]:
    posts: Any = Posts()
    return Uploads(await web_on(network), posts), posts


def picture(folder: Path, number: int = 1, alt: str = "a fox") -> PictureView:
    path = folder / f"k7f3q2.{number}.png"
    path.write_bytes(b"picture %d" % number)
    return PictureView(f"k7f3q2.{number}", path, 128, 128, 7, alt)


async def test_a_picture_is_brought_with_what_is_on_it(emu: SlackEmulator, tmp_path: Path) -> None:
    web, posts = Web(SlackSection(api_url=emu.base_url), emu.bot_token), Posts()
    there: Any = posts
    files = await Uploads(web, there).pictures([picture(tmp_path), picture(tmp_path, 2)])
    await web.close()
    first, second = (emu.files[files[f"k7f3q2.{number}"]] for number in (1, 2))
    assert (first.data, second.data) == (b"picture 1", b"picture 2")
    assert (first.filename, first.title, first.alt_txt) == ("k7f3q2.1.png", "k7f3q2.1", "a fox")
    assert first.completed is not None
    assert first.channels == []
    assert emu.violations == []
    assert {(post.job, post.kind, post.channel, post.message) for post in posts.known} == {
        ("k7f3q2", "file", "k7f3q2.1", first.id),
        ("k7f3q2", "file", "k7f3q2.2", second.id),
    }


@jumping
async def test_a_picture_that_slack_has_is_not_brought_again(tmp_path: Path) -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    posts.known = [Post("k7f3q2", "slack", "k7f3q2.1", "F7", "file")]
    files = await uploads.pictures([picture(tmp_path), picture(tmp_path, 2)])
    assert files["k7f3q2.1"] == "F7"
    assert network.what == STEPS
    assert await uploads.pictures([picture(tmp_path), picture(tmp_path, 2)]) == files
    assert network.what == STEPS


@jumping
async def test_a_picture_that_is_gone_is_left_out(tmp_path: Path) -> None:
    uploads, _ = await uploads_on(Network())
    gone = replace(picture(tmp_path), path=tmp_path / "gone.png")
    assert list(await uploads.pictures([gone, picture(tmp_path, 2)])) == ["k7f3q2.2"]


@pytest.mark.parametrize("step", [URL, COMPLETE])
@jumping
async def test_a_picture_that_slack_does_not_want_is_left_out(tmp_path: Path, step: str) -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    network.next[step] = [refused("file_upload_size_restricted")]
    assert list(await uploads.pictures([picture(tmp_path), picture(tmp_path, 2)])) == ["k7f3q2.2"]
    assert [post.channel for post in posts.known] == ["k7f3q2.2"]


@pytest.mark.parametrize("step", STEPS)
@jumping
async def test_a_fault_that_may_pass_is_told(tmp_path: Path, step: str) -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    network.always = {step: broken(), INFO: refused("file_not_found")}
    with pytest.raises(FAULTS):
        await uploads.pictures([picture(tmp_path)])
    assert posts.known == []
    network.always = {}
    assert list(await uploads.pictures([picture(tmp_path)])) == ["k7f3q2.1"]


@jumping
async def test_an_upload_whose_last_answer_was_lost_is_looked_for(tmp_path: Path) -> None:
    network = Network()
    uploads, _ = await uploads_on(network)
    network.next[COMPLETE] = [broken()]
    assert list(await uploads.pictures([picture(tmp_path)])) == ["k7f3q2.1"]
    assert network.what == [*STEPS, INFO]


@jumping
async def test_what_is_said_of_a_picture_is_clean_short_and_never_empty(tmp_path: Path) -> None:
    network = Network()
    uploads, _ = await uploads_on(network)
    for number, alt in enumerate(("a\x00 fox\u202e", "x" * 5000, " ", "😀" * 5000), 1):
        await uploads.pictures([picture(tmp_path, number, alt)])
    first, second, third, fourth = (each["alt_txt"] for each in network.of(URL))
    assert "\x00" not in first
    assert "\u202e" not in first
    assert 900 < len(second) <= ALT_MOST
    assert third == "k7f3q2.3"
    assert 0 < len(fourth) <= ALT_MOST


@jumping
async def test_a_picture_is_brought_though_it_cannot_be_noted(tmp_path: Path) -> None:
    uploads, posts = await uploads_on(Network())
    posts.fault = OutOfMemory("disk", 1, 1)
    assert list(await uploads.pictures([picture(tmp_path)])) == ["k7f3q2.1"]


# Sheets -------------------------------------------------------------------------------------------


def sheet(folder: Path, **more: object) -> PictureView:
    path = folder / "sheet.jpg"
    path.write_bytes(b"a sheet")
    drawn = replace(picture(folder), id="history", title="Pictures", jobs=("k7f3q2", "b00000"))
    drawn = replace(drawn, path=path)
    return replace(drawn, **more)  # type: ignore[arg-type]


@jumping
async def test_a_sheet_is_brought_once_and_noted_with_each_job_that_is_on_it(
    tmp_path: Path,
) -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    files = await uploads.pictures([sheet(tmp_path), picture(tmp_path)])
    assert list(files) == ["history", "k7f3q2.1"]
    assert (network.of(URL)[0]["filename"], network.of(URL)[0]["alt_txt"]) == (
        "history.jpg",
        "a fox",
    )
    assert {
        (post.job, post.channel, post.message) for post in posts.known if post.kind == "sheet"
    } == {
        ("k7f3q2", "k7f3q2", files["history"]),
        ("b00000", "b00000", files["history"]),
    }
    assert await uploads.pictures([sheet(tmp_path), picture(tmp_path)]) == files
    assert network.what == STEPS * 2


@jumping
async def test_a_sheet_that_was_deleted_with_a_job_is_brought_again(tmp_path: Path) -> None:
    network = Network()
    uploads, _ = await uploads_on(network)
    files = await uploads.pictures([sheet(tmp_path)])
    await uploads.delete(files["history"])
    assert (await uploads.pictures([sheet(tmp_path)]))["history"] != files["history"]


@jumping
async def test_a_sheet_that_slack_does_not_show_is_brought_again(tmp_path: Path) -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    files = await uploads.pictures([sheet(tmp_path)])
    network.next[INFO] = [refused("file_not_found")]
    await uploads.forget_gone([sheet(tmp_path)])
    assert posts.known == []
    again = await uploads.pictures([sheet(tmp_path)])
    await uploads.forget([sheet(tmp_path)])
    assert posts.known == []
    last = await uploads.pictures([sheet(tmp_path)])
    assert len({files["history"], again["history"], last["history"]}) == 3


@jumping
async def test_a_sheet_whose_file_is_gone_is_left_out(tmp_path: Path) -> None:
    uploads, _ = await uploads_on(Network())
    assert await uploads.pictures([sheet(tmp_path, path=tmp_path / "gone.png")]) == {}


# Taken away ---------------------------------------------------------------------------------------


@jumping
async def test_a_file_that_is_gone_is_as_good_as_deleted() -> None:
    network = Network()
    uploads, _ = await uploads_on(network)
    network.next["files.delete"] = [
        refused("file_not_found"),
        refused("cant_delete_file"),
        broken(),
    ]
    await uploads.delete("F1")
    await uploads.delete("F1")
    with pytest.raises(SlackApiError):
        await uploads.delete("F1")


@jumping
async def test_files_that_are_forgotten_are_deleted_and_brought_again(tmp_path: Path) -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    first = await uploads.pictures([picture(tmp_path), picture(tmp_path, 2)])
    await uploads.forget([picture(tmp_path)])
    assert network.of("files.delete") == [{"file": first["k7f3q2.1"]}]
    assert [post.channel for post in posts.known] == ["k7f3q2.2"]
    again = await uploads.pictures([picture(tmp_path), picture(tmp_path, 2)])
    assert again["k7f3q2.1"] != first["k7f3q2.1"]
    assert again["k7f3q2.2"] == first["k7f3q2.2"]


@jumping
async def test_to_drop_files_never_fails() -> None:
    network = Network()
    uploads, posts = await uploads_on(network)
    posts.known = [Post("k7f3q2", "slack", "", f"F{each}", "preview") for each in range(3)]
    network.next["files.delete"] = [broken()]
    await uploads.drop(list(posts.known))
    assert [post.message for post in posts.known] == ["F0"], "what stays there stays known"
    posts.fault = OutOfMemory("disk", 1, 1)
    await uploads.drop(list(posts.known))
