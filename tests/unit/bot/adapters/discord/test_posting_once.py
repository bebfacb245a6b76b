"""What may have arrived is looked for, not posted once more."""

from __future__ import annotations

from datetime import timedelta

import aiohttp
import pytest

from storage.records import utc_now
from tests.discord_messages import (
    CHANNEL,
    END,
    TALK,
    Author,
    Talk,
    Written,
    error,
    job,
    not_taken,
    shown,
)
from tests.jumping_loop import jumping

IN_DOUBT = [error(500), aiohttp.ServerDisconnectedError(), TimeoutError()]
MINE = "do:reroll:k7f3q2"


@pytest.mark.parametrize("fault", IN_DOUBT)
@pytest.mark.parametrize("name", [MINE, "do:favorite:k7f3q2.1"])
@jumping
async def test_a_post_that_may_have_arrived_is_looked_for_before_the_next(
    fault: Exception, name: str
) -> None:
    talk = Talk().begin()
    talk.server.refusals["post"] = [fault]
    assert await not_taken(talk) == "down"
    talk.server.written = [
        Written(900, ("do:reroll:b00000",)),
        Written(800, (MINE,), asked=78),
        Written(700, (MINE,), author=Author(2)),
        Written(600, ("other", name)),
        Written(500),
    ]
    await talk.messages.show(job(), END)
    assert [(each.what, each.place) for each in talk.server.requests] == [
        ("post", CHANNEL), ("look", CHANNEL), ("edit", 600),
    ]  # fmt: skip
    assert [post.message for post in talk.store.known] == ["600"]


@jumping
async def test_a_direct_message_that_may_have_arrived_is_looked_for_there() -> None:
    talk = Talk().begin()
    talk.server.refusals["tell"] = [error(500)]
    assert await not_taken(talk, private=True) == "down"
    talk.server.written = [Written(600, (MINE,))]
    await talk.messages.show(job(private=True), END)
    assert [(each.what, each.place) for each in talk.server.requests] == [
        ("tell", TALK), ("look", TALK), ("edit", 600),
    ]  # fmt: skip
    assert [post.channel for post in talk.store.known] == [str(TALK)]


@jumping
async def test_a_post_that_did_not_arrive_is_posted_again() -> None:
    talk = Talk().begin()
    talk.server.refusals["post"] = [error(502)]
    assert await not_taken(talk) == "down"
    before = utc_now() - timedelta(hours=1)
    talk.server.written = [Written(600), Written(500, (MINE,), created_at=before)]
    await talk.messages.show(job(), END)
    assert talk.server.what == ["post", "look", "post"]


@jumping
async def test_a_job_from_before_the_start_may_have_a_message_that_nobody_noted() -> None:
    talk = Talk().begin()
    talk.server.written = [Written(600, asked=77)]
    old = utc_now() - timedelta(minutes=1)
    talk.server.written[0].created_at = old
    await talk.messages.show(job(created=old), END)
    assert talk.server.what == ["look", "edit"]
    assert [post.message for post in talk.store.known] == ["600"]


@jumping
async def test_a_message_that_cannot_be_edited_is_no_find() -> None:
    talk = Talk().begin()
    talk.store.known = [shown(600)]
    old = utc_now() - timedelta(minutes=1)
    talk.server.written = [Written(600, asked=77)]
    talk.server.always = {"edit": error(400, 50083)}
    await talk.messages.show(job(created=old), END)
    assert talk.server.what == ["edit", "look", "post"], "a new one wakes the thread"


@jumping
async def test_where_the_bot_may_not_read_it_posts_all_the_same() -> None:
    talk = Talk().begin()
    talk.server.always = {"look": error(403)}
    await talk.messages.show(job(created=utc_now() - timedelta(minutes=1)), END)
    assert talk.server.what == ["look", "post"]


@jumping
async def test_what_cannot_be_looked_for_now_is_not_posted_now() -> None:
    talk = Talk().begin()
    talk.server.refusals["look"] = [error(500)]
    old = utc_now() - timedelta(minutes=1)
    assert await not_taken(talk, created=old) == "down"
    await talk.messages.show(job(created=old), END)
    assert talk.server.what == ["look", "look", "post"]
