from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from bot.adapters.slack.messages import PAUSES_KEPT
from bot.reply import ProgressView
from bot.service.surface import NotTaken
from generation.errors import OutOfMemory
from storage.records import Post, ReplyTo, Ticket, utc_now
from tests.jumping_loop import jumping
from tests.live_objects import census, grown
from tests.slack_messages import (
    CHANNEL,
    END,
    PERSON,
    POST,
    STATE,
    UPDATE,
    Talk,
    in_talk,
    job,
    not_taken,
    shown,
)
from tests.slack_network import (
    DIRECT,
    HOOK,
    Refusal,
    broken,
    refused,
    too_many,
)

# Which way a message goes -------------------------------------------------------------------------


@jumping
async def test_a_message_that_is_known_is_updated() -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [
        shown("400.0"),
        shown("500.0"),
        shown("600.0", kind="shown"),
        Post("k7f3q2", "discord", "1", "700"),
    ]
    for reply in (STATE, END):
        await talk.show(reply)
    assert talk.places == [(UPDATE, CHANNEL)] * 2
    assert [each["ts"] for each in talk.network.of(UPDATE)] == ["500.0"] * 2
    assert talk.network.of(UPDATE)[1]["text"].startswith("Done.")
    assert len(talk.store.posts.known) == 4, "nothing new to remember"


@jumping
async def test_the_first_state_is_posted_where_it_was_asked_and_the_others_update_it() -> None:
    talk = await Talk().begin()
    there = ReplyTo("slack", CHANNEL, thread="77.0")
    for reply in (STATE, STATE, END):
        await talk.show(reply, reply_to=there)
    assert talk.network.what == [POST, UPDATE, UPDATE]
    [posted] = talk.network.of(POST)
    assert (posted["channel"], posted["thread_ts"]) == (CHANNEL, "77.0")
    assert not posted["unfurl_links"]
    [known] = talk.store.posts.known
    assert (known.job, known.channel, known.message, known.kind) == (
        "k7f3q2", CHANNEL, "1001.0", "job",
    )  # fmt: skip


@jumping
async def test_of_a_job_that_has_ended_only_the_store_knows() -> None:
    talk = await Talk().begin()
    for ts in ("500.0", "600.0"):
        talk.store.posts.known = [shown(ts)]
        await talk.show(END)
    assert [each["ts"] for each in talk.network.of(UPDATE)] == ["500.0", "600.0"]


@pytest.mark.parametrize(
    "why", ["message_not_found", "cant_update_message", "edit_window_closed", "is_archived"]
)
@jumping
async def test_a_result_goes_by_the_next_way_where_one_is_closed(why: str) -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    talk.network.always = {UPDATE: refused(why)}
    talk.network.next[POST] = [refused("not_in_channel")]
    await talk.show(END)
    assert talk.places == [
        (UPDATE, CHANNEL), (POST, CHANNEL), ("conversations.open", "None"),
        (POST, DIRECT), (POST, DIRECT),
    ]  # fmt: skip
    why_here, result = talk.network.of(POST)[1:]
    assert "/invite" in why_here["text"], "without an address for answers it is told beside them"
    assert result["text"].startswith("Done.")
    assert talk.store.posts.known[-1].channel == DIRECT


@jumping
async def test_nobody_is_told_to_invite_where_that_does_not_help() -> None:
    talk = await Talk().begin()
    talk.network.next[POST] = [refused("is_archived")]
    await talk.show(END)
    assert "/invite" not in talk.network.of(POST)[1]["text"]
    assert "may not write" in talk.network.of(POST)[1]["text"]


@jumping
async def test_who_asked_is_told_once_why_the_answer_comes_elsewhere() -> None:
    talk = await Talk().begin()
    talk.network.always = {POST: refused("not_in_channel")}
    ticket = Ticket("77", HOOK, utc_now() + timedelta(minutes=5))
    for _ in range(2):
        await talk.show(STATE, reply_to=ReplyTo("slack", CHANNEL, ticket=ticket))
    assert talk.network.what.count("respond") == 1
    [told] = talk.network.of("respond")
    assert (told["url"], told["response_type"]) == (HOOK, "ephemeral")
    expired = replace(ticket, expires=utc_now())
    await talk.show(STATE, id="b00000", reply_to=ReplyTo("slack", CHANNEL, ticket=expired))
    assert talk.network.what.count("respond") == 1


@jumping
async def test_where_every_way_is_closed_that_is_said() -> None:
    talk = await Talk().begin()
    talk.network.always = {POST: refused("channel_not_found")}
    assert await not_taken(talk) == "closed"
    talk.network.always = {}
    await talk.show(END)
    assert talk.network.requests[-1].what == POST


@pytest.mark.parametrize("why", ["user_disabled", "user_not_found", "cannot_dm_bot"])
@jumping
async def test_nothing_is_brought_to_somebody_who_has_left(why: str) -> None:
    talk = await Talk().begin()
    talk.network.always = {POST: refused(why)}
    assert await not_taken(talk, private=True) == "closed"
    assert talk.network.what == ["conversations.open", POST]


@jumping
async def test_a_message_of_a_stopped_job_that_is_gone_is_missed_by_nobody() -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    talk.network.always = {UPDATE: refused("message_not_found")}
    await talk.show(END, status="cancelled")
    assert talk.network.what == [UPDATE]


@jumping
async def test_the_channel_that_slack_posts_to_a_person_in_is_remembered() -> None:
    talk = await Talk().begin()
    talk.network.always = {"conversations.open": refused("missing_scope")}
    await talk.show(STATE, private=True)
    await talk.show(END, private=True)
    assert talk.places == [("conversations.open", "None"), (POST, PERSON), (UPDATE, DIRECT)]


@jumping
async def test_what_is_private_never_goes_to_the_channel() -> None:
    talk = await Talk().begin()
    await talk.show(STATE, private=True)
    await talk.show(END, private=True)
    assert talk.places == [
        ("conversations.open", "None"), (POST, DIRECT), (UPDATE, DIRECT)
    ]  # fmt: skip
    assert talk.network.of("conversations.open")[0]["users"] == PERSON


@jumping
async def test_a_thread_that_is_gone_is_answered_in_its_channel() -> None:
    talk = await Talk().begin()
    talk.network.next[POST] = [refused("thread_not_found")]
    await talk.show(END, reply_to=ReplyTo("slack", CHANNEL, thread="77.0"))
    first, second = talk.network.of(POST)
    assert (first["thread_ts"], "thread_ts" in second) == ("77.0", False)


@jumping
async def test_a_state_never_fails_and_makes_no_second_message() -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    faults: list[Refusal | Exception] = [
        refused("message_not_found"), broken(), aiohttp.ClientConnectionError(), OSError()
    ]  # fmt: skip
    for fault in faults:
        talk.network.always = {UPDATE: fault}
        await talk.show(STATE)
    assert talk.network.what == [UPDATE] * 4


@jumping
async def test_a_cancelled_job_gets_no_new_message() -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    talk.network.always = {UPDATE: refused("message_not_found")}
    await talk.show(END, status="cancelled")
    assert talk.network.what == [UPDATE]


@jumping
async def test_a_deleted_job_is_not_shown_again() -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    talk.store.jobs.known = {"k7f3q2": job(deleted=utc_now())}
    await talk.show(END, deleted=utc_now())
    await talk.messages.accepted("k7f3q2", STATE)
    assert talk.network.requests == []


@jumping
async def test_a_result_arrives_even_if_its_message_cannot_be_noted() -> None:
    talk = await Talk().begin()
    talk.store.posts.fault = OutOfMemory("disk", 1, 1)
    await talk.show(END)
    assert talk.network.what == [POST]


# Once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault",
    [
        broken(), broken(503), refused("fatal_error"), refused("token_revoked"),
        refused("missing_scope"), aiohttp.ClientConnectionError(), OSError(),
    ],
)  # fmt: skip
@jumping
async def test_a_result_is_tried_once_where_that_may_go_better_later(
    fault: Refusal | Exception,
) -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    talk.network.next[UPDATE] = [fault]
    assert await not_taken(talk) == "down"
    assert talk.network.what == [UPDATE]
    await talk.show(END)
    assert talk.network.what == [UPDATE] * 2


@jumping
async def test_a_result_waits_its_turn_where_slack_asks_for_pauses_without_an_end() -> None:
    talk = await Talk().begin()
    talk.store.posts.known = [shown()]
    talk.network.always = {UPDATE: too_many(30)}
    assert await not_taken(talk) == "down"
    assert talk.network.what == [UPDATE] * (PAUSES_KEPT + 1)


def test_the_pause_that_slack_asks_for_is_kept_to_the_second() -> None:
    async def scene(talk: Talk) -> None:
        talk.store.posts.known = [shown()]
        talk.network.next[UPDATE] = [too_many(30), too_many(0)]
        await talk.show(END)

    first, second, third = (each.at for each in in_talk(scene).network.requests)
    assert (round(second - first), round(third - second)) == (30, 0)


def test_a_fault_of_ours_is_not_repeated_but_the_asker_hears_of_the_result() -> None:
    async def scene(talk: Talk) -> None:
        talk.store.posts.known = [shown()]
        talk.network.next[UPDATE] = [refused("invalid_blocks", "must be shorter")]
        assert await not_taken(talk) == "refused"

    network = in_talk(scene).network
    assert network.what == [UPDATE] * 2
    assert "k7f3q2" in network.of(UPDATE)[1]["text"]


# Taken away ---------------------------------------------------------------------------------------


@jumping
async def test_messages_and_files_are_deleted_and_those_out_of_reach_are_passed_by() -> None:
    talk = await Talk().begin()
    talk.network.next["chat.delete"] = [refused("message_not_found"), refused("channel_not_found")]
    talk.network.next["files.delete"] = [refused("file_deleted")]
    files = [Post("k7f3q2", "slack", "k7f3q2.1", "F1", "file"),
             Post("k7f3q2", "slack", "", "F2", "preview")]  # fmt: skip
    await talk.messages.withdraw([shown("1.0"), shown("2.0", kind="shown"), *files, shown("3.0")])
    assert [each["ts"] for each in talk.network.of("chat.delete")] == ["1.0", "2.0", "3.0"]
    assert [each["file"] for each in talk.network.of("files.delete")] == ["F1", "F2"]


@pytest.mark.parametrize("what", ["chat.delete", "files.delete"])
@jumping
async def test_what_may_go_later_is_told(what: str) -> None:
    talk = await Talk().begin()
    talk.network.next[what] = [broken()]
    post = Post("k7f3q2", "slack", "k7f3q2.1", "F1", "file") if "file" in what else shown()
    with pytest.raises(SlackApiError):
        await talk.messages.withdraw([post, shown("9.0")])
    assert talk.network.of("chat.delete")[-1]["ts"] == "9.0", "all else goes at once"


def test_nothing_is_remembered_of_jobs_that_are_over() -> None:
    seen = []

    async def scene(talk: Talk) -> None:
        ends = ("delivered", "refused", "deleted", "cancelled")
        for number in range(100):
            end = ends[number % len(ends)]
            if number in (20, 99):
                seen.append(census())
            talk.store.posts.known.clear()
            who = {"id": f"{number:06}", "reply_to": ReplyTo("slack", f"C{number}")}
            await talk.show(
                replace(STATE, progress=ProgressView("Drawing", 0.5, preview=b"x")), **who
            )
            talk.network.always = {UPDATE: refused("no_permission")} if end == "refused" else {}
            more = {"deleted": utc_now()} if end == "deleted" else {"status": end}
            with suppress(NotTaken):
                await talk.show(END, **who, **more)
            talk.network.always = {}

    in_talk(scene)
    assert grown(*seen) == {}
