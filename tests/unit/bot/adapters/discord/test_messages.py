from __future__ import annotations

from contextlib import suppress
from typing import Any

import aiohttp
import discord
import pytest

from bot.service.surface import NotTaken
from storage.records import Post, utc_now
from tests.discord_messages import (
    CHANNEL,
    END,
    STATE,
    TALK,
    Talk,
    error,
    job,
    not_taken,
    shown,
)
from tests.jumping_loop import jumping, run_jumping
from tests.live_objects import census, grown

# Which way a message goes -------------------------------------------------------------------------


@jumping
async def test_what_was_deleted_while_it_was_shown_is_shown_no_more() -> None:
    talk = Talk().begin()
    talk.store.gone = True
    await talk.messages.remember("k7f3q2", str(CHANNEL), 500, "shown")
    assert [(each.what, each.place) for each in talk.server.requests] == [("delete", 500)]
    assert talk.store.known == []


@jumping
async def test_a_message_that_is_known_is_edited() -> None:
    talk = Talk().begin()
    await talk.messages.remember("k7f3q2", str(CHANNEL), 500)
    for reply in (STATE, END):
        await talk.messages.show(job(), reply)
    assert [(each.what, each.place) for each in talk.server.requests] == [("edit", 500)] * 2
    assert talk.server.requests[1].arguments["content"] == "Done."
    assert len(talk.store.known) == 1, "nothing new to remember"


@jumping
async def test_an_earlier_process_has_left_word_of_the_message() -> None:
    talk = Talk().begin()
    talk.store.known = [
        shown(400),
        shown(500),
        shown(600, kind="shown"),
        Post("k7f3q2", "slack", "C1", "700"),
    ]
    await talk.messages.show(job(), END)
    assert [(each.what, each.place) for each in talk.server.requests] == [("edit", 500)]


@jumping
async def test_of_a_job_that_has_ended_only_the_store_knows() -> None:
    talk = Talk().begin()
    for message in (500, 600):
        talk.store.known = [shown(message)]
        await talk.messages.show(job(), END)
    assert [each.place for each in talk.server.requests] == [500, 600]


@jumping
async def test_a_result_without_a_message_is_posted_and_remembered() -> None:
    talk = Talk().begin()
    await talk.messages.show(job(), END)
    [posted] = talk.server.requests
    assert (posted.what, posted.place) == ("post", CHANNEL)
    [known] = talk.store.known
    assert (known.job, known.channel, known.message) == ("k7f3q2", str(CHANNEL), "1001")


@pytest.mark.parametrize("status", [401, 403, 404])
@jumping
async def test_a_result_goes_by_the_next_way_where_one_is_closed(status: int) -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    talk.server.always = {"edit": error(status), "post": error(403)}
    await talk.messages.show(job(), END)
    assert talk.server.what == ["edit", "post", "tell"]
    assert talk.store.known[-1].channel == str(TALK)


@jumping
async def test_where_every_way_is_closed_that_is_said() -> None:
    talk = Talk().begin()
    talk.server.always = {"post": error(403), "tell": error(403)}
    assert await not_taken(talk) == "closed"
    assert talk.server.what == ["post", "tell"]


@pytest.mark.parametrize("status", [401, 403, 404])
@jumping
async def test_what_stands_before_discord_closes_no_way(status: int) -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    talk.server.always = {"edit": error(status, code=0)}
    assert await not_taken(talk) == "down"
    assert talk.server.what == ["edit"]


@jumping
async def test_what_is_private_never_goes_to_the_channel() -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    await talk.messages.show(job(private=True), STATE)
    await talk.messages.show(job(private=True), END)
    assert talk.server.what == ["tell"]


@jumping
async def test_a_state_makes_no_new_message_and_never_fails() -> None:
    talk = Talk().begin()
    await talk.messages.show(job(), STATE)
    talk.store.known = [shown()]
    for fault in (error(404), error(500), aiohttp.ClientConnectionError(), OSError()):
        talk.server.always = {"edit": fault}
        await talk.messages.show(job(), STATE)
    assert talk.server.what == ["edit"] * 4


@jumping
async def test_a_cancelled_job_gets_no_new_message() -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    talk.server.always = {"edit": error(404)}
    await talk.messages.show(job(status="cancelled"), END)
    assert talk.server.what == ["edit"]


@jumping
async def test_a_deleted_job_is_not_shown_again() -> None:
    talk = Talk().begin()
    talk.store.known = [shown()]
    await talk.messages.show(job(deleted=utc_now()), END)
    assert talk.server.requests == []


@jumping
async def test_a_result_arrives_even_if_its_message_cannot_be_noted() -> None:
    talk = Talk().begin()
    talk.store.full = True
    await talk.messages.show(job(), END)
    assert talk.server.what == ["post"]


# Taken away ---------------------------------------------------------------------------------------


@jumping
async def test_messages_are_deleted_and_those_out_of_reach_are_passed_by() -> None:
    talk = Talk().begin()
    talk.server.refusals["delete"] = [error(404), error(403)]
    await talk.messages.withdraw([shown(1), shown(2), shown(3)])
    assert [each.place for each in talk.server.requests] == [1, 2, 3]


@jumping
async def test_a_message_that_may_go_later_is_told() -> None:
    talk = Talk().begin()
    talk.server.refusals["delete"] = [error(500)]
    with pytest.raises(discord.HTTPException):
        await talk.messages.withdraw([shown()])


def test_nothing_is_remembered_of_jobs_that_are_over() -> None:
    seen = []

    async def scene() -> None:
        talk = Talk().begin()
        ends = ("delivered", "refused", "deleted", "cancelled")
        for number in range(100):
            end = ends[number % len(ends)]
            if number in (20, 99):
                seen.append(census())
            talk.store.known = [Post(f"{number:06}", "discord", str(CHANNEL), "500")]
            who = {"id": f"{number:06}"}
            await talk.messages.show(job(**who), STATE)
            talk.server.always = {"edit": error(400)} if end == "refused" else {}
            more: dict[str, Any] = {"deleted": utc_now()} if end == "deleted" else {"status": end}
            with suppress(NotTaken):
                await talk.messages.show(job(**who, **more), END)
            talk.server.always = {}

    run_jumping(scene())
    assert grown(*seen) == {}
