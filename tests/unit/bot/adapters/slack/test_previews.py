from __future__ import annotations

import asyncio
from typing import Any

from bot.adapters.slack.previews import PAUSE, Previews
from bot.adapters.slack.uploading import Uploads
from bot.reply import ProgressView
from storage.records import Post
from tests.jumping_loop import jumping
from tests.slack_network import Network, Posts, broken, web_on

WITHOUT = ProgressView("Drawing", 0.5)


def glimpse(png: bytes = b"one") -> ProgressView:
    return ProgressView("Drawing", 0.5, preview=png)


async def scene() -> tuple[Network, Posts, Previews]:
    network, posts = Network(), Posts()
    there: Any = posts
    return network, posts, Previews(Uploads(await web_on(network), there), there)


def files(posts: Posts) -> list[str]:
    return [post.message for post in posts.known if post.kind == "preview"]


@jumping
async def test_a_preview_is_brought_once_and_shown_with_every_state() -> None:
    network, posts, previews = await scene()
    file = await previews.of("k7f3q2", glimpse())
    assert network.what.count("upload") == 1
    assert files(posts) == [file]
    await asyncio.sleep(2 * PAUSE)
    assert [await previews.of("k7f3q2", each) for each in (glimpse(), WITHOUT)] == [file] * 2
    assert network.what.count("upload") == 1


@jumping
async def test_previews_come_with_pauses() -> None:
    network, _, previews = await scene()
    first = await previews.of("k7f3q2", glimpse(b"one"))
    await asyncio.sleep(PAUSE / 2)
    assert await previews.of("k7f3q2", glimpse(b"two")) == first
    await asyncio.sleep(PAUSE)
    assert await previews.of("k7f3q2", glimpse(b"three")) != first
    assert [each["data"] for each in network.of("upload")] == [b"one", b"three"]


@jumping
async def test_only_the_newest_preview_stays_and_the_one_that_is_still_seen() -> None:
    network, posts, previews = await scene()
    brought = []
    for number in range(4):
        brought.append(await previews.of("k7f3q2", glimpse(b"%d" % number)))
        assert files(posts) == brought[-2:]
        await asyncio.sleep(2 * PAUSE)
    assert [each["file"] for each in network.of("files.delete")] == brought[:2]


@jumping
async def test_at_the_end_all_previews_go_those_of_an_earlier_process_too() -> None:
    network, posts, previews = await scene()
    posts.known = [
        Post("k7f3q2", "slack", "", "F90", "preview"),
        Post("k7f3q2", "slack", "k7f3q2.1", "F91", "file"),
        Post("k7f3q2", "discord", "", "F92", "preview"),
        Post("b00000", "slack", "", "F93", "preview"),
    ]
    file = await previews.of("k7f3q2", glimpse())
    await previews.end("k7f3q2")
    gone = {each["file"] for each in network.of("files.delete")}
    assert gone == {"F90", file}
    assert {post.message for post in posts.known} == {"F91", "F92", "F93"}
    assert await previews.of("k7f3q2", WITHOUT) == ""


@jumping
async def test_a_state_without_a_preview_has_none() -> None:
    network, _, previews = await scene()
    assert [await previews.of("k7f3q2", each) for each in (None, WITHOUT)] == ["", ""]
    assert network.requests == []


@jumping
async def test_a_preview_that_does_not_arrive_is_missed_by_nobody() -> None:
    network, _, previews = await scene()
    network.next["upload"] = [broken()]
    assert await previews.of("k7f3q2", glimpse()) == ""
    first = await previews.of("k7f3q2", glimpse())
    network.next["upload"] = [broken()]
    await asyncio.sleep(2 * PAUSE)
    assert first != ""
    assert await previews.of("k7f3q2", glimpse(b"two")) == first
