from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from bot.adapters.slack.messages import UNREADY_MOST, UNREADY_TRIES
from bot.reply import ProgressView
from storage.records import ReplyTo, utc_now
from tests.jumping_loop import jumping
from tests.slack_messages import (
    CHANNEL,
    END,
    POST,
    STATE,
    UPDATE,
    Talk,
    in_talk,
    not_taken,
    picture,
    shown,
)
from tests.slack_network import (
    UNREADY,
    Refusal,
    broken,
    refused,
    too_many,
)

# Posted once --------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [broken(), aiohttp.ServerDisconnectedError(), TimeoutError()])
def test_a_post_that_may_have_arrived_is_looked_for_before_the_next(
    fault: Refusal | Exception,
) -> None:
    async def scene(talk: Talk) -> None:
        talk.network.next[POST] = [fault]
        assert await not_taken(talk) == "down"
        arrived = talk.network.of(POST)[0]["metadata"]
        talk.network.messages = [
            {"ts": "400.0"},
            {"ts": "500.0", "metadata": {**arrived, "event_payload": {"job": "b00000"}}},
            {"ts": "600.0", "metadata": arrived},
        ]
        await talk.show(END)

    talk = in_talk(scene)
    assert talk.network.what == [POST, "conversations.history", UPDATE]
    assert talk.network.of(UPDATE)[0]["ts"] == "600.0"
    assert [post.message for post in talk.store.posts.known] == ["600.0"]


def test_a_post_that_did_not_arrive_is_posted_again() -> None:
    async def scene(talk: Talk) -> None:
        talk.network.next[POST] = [broken()]
        there = ReplyTo("slack", CHANNEL, thread="77.0")
        assert await not_taken(talk, reply_to=there) == "down"
        await talk.show(END, reply_to=there)

    talk = in_talk(scene)
    assert talk.network.what == [POST, "conversations.replies", POST]
    [looked] = talk.network.of("conversations.replies")
    assert (looked["ts"], looked["include_all_metadata"]) == ("77.0", "1")


@jumping
async def test_a_post_that_was_refused_is_not_looked_for() -> None:
    talk = await Talk().begin()
    talk.network.next[POST] = [too_many(1)]
    await talk.show(END)
    assert talk.network.what == [POST, POST]


@jumping
async def test_a_job_from_before_the_start_may_have_a_message_that_nobody_noted() -> None:
    talk = await Talk().begin()
    await talk.show(END, created=utc_now() - timedelta(minutes=1))
    assert talk.network.what == ["conversations.history", POST]


@jumping
async def test_where_the_bot_may_not_read_it_posts_all_the_same() -> None:
    talk = await Talk().begin()
    talk.network.always = {"conversations.history": refused("missing_scope")}
    await talk.show(END, created=utc_now() - timedelta(minutes=1))
    assert talk.network.what == ["conversations.history", POST]


def test_what_cannot_be_looked_for_now_is_looked_for_again() -> None:
    async def scene(talk: Talk) -> None:
        talk.network.next["conversations.history"] = [broken()]
        old = utc_now() - timedelta(minutes=1)
        assert await not_taken(talk, created=old) == "down"
        await talk.show(END, created=old)

    assert in_talk(scene).network.what == ["conversations.history"] * 2 + [POST]


# With pictures ------------------------------------------------------------------------------------


def test_a_picture_that_is_not_ready_is_waited_for(tmp_path: Path) -> None:
    async def scene(talk: Talk) -> None:
        talk.store.posts.known = [shown()]
        talk.network.next[UPDATE] = [UNREADY] * (UNREADY_TRIES - 1)
        await talk.show(replace(END, pictures=(picture(tmp_path),)))

    network = in_talk(scene).network
    assert network.what.count("upload") == 1
    updates = [each for each in network.requests if each.what == UPDATE]
    assert len(updates) == UNREADY_TRIES
    assert 30 < updates[-1].at - updates[0].at < 120
    files = {each.arguments["blocks"][-1]["slack_file"]["id"] for each in updates}
    assert len(files) == 1


def test_pictures_that_slack_never_shows_are_brought_again(tmp_path: Path) -> None:
    async def scene(talk: Talk) -> None:
        talk.store.posts.known = [shown()]
        talk.network.next[UPDATE] = [UNREADY] * UNREADY_TRIES
        await talk.show(replace(END, pictures=(picture(tmp_path),)))

    talk = in_talk(scene)
    assert talk.network.what.count("upload") == 2
    [deleted] = talk.network.of("files.delete")
    last = talk.network.of(UPDATE)[-1]["blocks"][-1]["slack_file"]["id"]
    assert deleted["file"] != last
    assert await_files(talk) == {"k7f3q2.1": last}


def test_a_result_comes_without_pictures_that_slack_shows_at_no_time(tmp_path: Path) -> None:
    async def scene(talk: Talk) -> None:
        talk.store.posts.known = [shown()]
        talk.network.next[UPDATE] = [UNREADY] * UNREADY_MOST
        await talk.show(replace(END, pictures=(picture(tmp_path),)))

    last = in_talk(scene).network.of(UPDATE)[-1]
    assert "image" not in [block["type"] for block in last["blocks"]]
    assert "k7f3q2.1" in str(last["blocks"])


def await_files(talk: Talk) -> dict[str, str]:
    return asyncio.run(talk.store.posts.files("slack", ["k7f3q2.1"]))


@jumping
async def test_a_preview_is_shown_with_its_state_and_gone_with_the_end() -> None:
    talk = await Talk().begin()
    glimpse = ProgressView("Drawing", 0.5, preview=b"png")
    await talk.show(replace(STATE, progress=glimpse))
    await talk.show(END)
    [posted] = talk.network.of(POST)
    file = posted["blocks"][-1]["slack_file"]["id"]
    assert talk.network.of("files.delete") == [{"file": file}]
    assert [post.kind for post in talk.store.posts.known] == ["job"]


@jumping
async def test_a_state_goes_without_a_preview_that_is_not_ready() -> None:
    talk = await Talk().begin()
    talk.network.next[POST] = [UNREADY]
    await talk.show(replace(STATE, progress=ProgressView("Drawing", 0.5, preview=b"png")))
    first, second = talk.network.of(POST)
    assert [block["type"] for block in first["blocks"]][-1] == "image"
    assert "image" not in [block["type"] for block in second["blocks"]]
