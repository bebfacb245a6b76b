from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.adapters.slack.posting import MARKER, Poster, asker_of, remember
from bot.adapters.slack.rendering import Rendered
from storage.records import JobRecord, ReplyTo, Ticket, utc_now
from tests.jumping_loop import jumping
from tests.slack_messages import job
from tests.slack_network import DIRECT, HOOK, Network, Refusal, broken, refused, web_on

BLOCKS = ({"type": "divider"},)
MESSAGE = Rendered("Done.", BLOCKS)
POST, UPDATE, OPEN = "chat.postMessage", "chat.update", "conversations.open"
HISTORY = "conversations.history"


async def scene() -> tuple[Network, Poster]:
    network = Network()
    return network, Poster(await web_on(network), "@reroll")


@jumping
async def test_direct_messages_are_opened_once_for_each() -> None:
    network, poster = await scene()
    for user in ("U50", "U50", "U60"):
        assert await poster.direct(user) == DIRECT
    assert [each["users"] for each in network.of(OPEN)] == ["U50", "U60"]


@jumping
async def test_without_the_right_to_open_them_the_person_stands_for_them() -> None:
    network, poster = await scene()
    network.next[OPEN] = [refused("missing_scope")]
    assert await poster.direct("U50") == "U50"
    network.next[OPEN] = [broken()]
    with pytest.raises(SlackApiError):
        await poster.direct("U50")
    assert await poster.direct("U50") == DIRECT


@jumping
async def test_a_job_of_no_channel_is_posted_to_its_asker() -> None:
    network, poster = await scene()
    assert await poster.post(job(reply_to=ReplyTo("slack")), MESSAGE) == (DIRECT, "1001.0")
    assert network.of(POST)[0]["channel"] == "U50"
    assert asker_of(job()) == "U50"


@jumping
async def test_a_private_job_of_a_direct_conversation_stays_in_it() -> None:
    network, poster = await scene()
    await poster.post(job(private=True, reply_to=ReplyTo("slack", "D7", thread="4.0")), MESSAGE)
    [posted] = network.of(POST)
    assert (posted["channel"], posted["thread_ts"]) == ("D7", "4.0")


@jumping
async def test_the_conversation_that_slack_posts_to_a_person_in_is_known_after_that() -> None:
    network, poster = await scene()
    network.next[OPEN] = [refused("missing_scope")]
    await poster.send(await poster.direct("U50"), "", MESSAGE)
    assert await poster.direct("U50") == DIRECT
    assert network.what == [OPEN, POST]


def earlier(**more: Any) -> JobRecord:
    """Return a job from before the start, whose message may be there."""
    return job(created=utc_now() - timedelta(minutes=1), **more)


def page(cursor: str, *messages: dict[str, Any]) -> Refusal:
    """Return a part of what was written in a channel."""
    more = {"response_metadata": {"next_cursor": cursor}}
    return Refusal(body={"ok": True, "messages": list(messages), **more})


@jumping
async def test_a_message_is_looked_for_on_every_page() -> None:
    network, poster = await scene()
    marker = {"event_type": MARKER, "event_payload": {"job": "k7f3q2"}}
    found = {"ts": "7.0", "metadata": marker}
    network.next[HISTORY] = [page("c2", {"ts": "9.0"}), page("c3", {"ts": "8.0"}), page("", found)]
    assert await poster.post(earlier(), MESSAGE) == ("C100", "7.0")
    assert [each.get("cursor") for each in network.of(HISTORY)] == [None, "c2", "c3"]
    assert POST not in network.what


@jumping
async def test_the_bot_joins_a_channel_to_look_for_its_message() -> None:
    network, poster = await scene()
    network.next[HISTORY] = [refused("not_in_channel")]
    await poster.post(earlier(), MESSAGE)
    assert network.what == [HISTORY, "conversations.join", HISTORY, POST]
    network.requests.clear()
    network.next[HISTORY] = [refused("not_in_channel")]
    network.next["conversations.join"] = [refused("missing_scope")]
    await poster.post(earlier(), MESSAGE)
    assert network.what == [HISTORY, "conversations.join", POST]


@jumping
async def test_where_only_the_person_is_known_nothing_can_be_looked_for() -> None:
    network, poster = await scene()
    await poster.post(earlier(reply_to=ReplyTo("slack")), MESSAGE)
    assert network.what == [POST]


def test_the_oldest_are_forgotten_first() -> None:
    keys: OrderedDict[str, None] = OrderedDict()
    for number in range(5):
        remember(keys, str(number), 3)
    assert list(keys) == ["2", "3", "4"]


@jumping
async def test_a_job_can_be_told_from_its_message_and_from_its_changes() -> None:
    network, poster = await scene()
    place = await poster.post(job(), MESSAGE)
    assert await poster.update(job(), place, MESSAGE) == place
    marker = {"event_type": MARKER, "event_payload": {"job": "k7f3q2"}}
    for what in (POST, UPDATE):
        [asked] = network.of(what)
        assert (asked["text"], asked["blocks"], asked["metadata"]) == (
            "Done.", list(BLOCKS), marker,
        )  # fmt: skip


@jumping
async def test_no_link_in_what_is_posted_is_unfolded() -> None:
    network, poster = await scene()
    await poster.post(job(), MESSAGE)
    await poster.send("C1", "", MESSAGE)
    await poster.respond(HOOK, MESSAGE)
    for each in (*network.of(POST), *network.of("respond")):
        assert (each["unfurl_links"], each["unfurl_media"]) == (False, False)


@jumping
async def test_only_the_invitation_helps_where_the_bot_is_no_member() -> None:
    network, poster = await scene()
    ticket = Ticket("77", HOOK, utc_now() + timedelta(minutes=1))
    there = ReplyTo("slack", "C100", ticket=ticket)
    network.next[POST] = [refused("not_in_channel")]
    with pytest.raises(SlackApiError):
        await poster.post(job(reply_to=there), MESSAGE)
    [told] = network.of("respond")
    assert "@reroll" in told["text"]
    network.next[POST] = [refused("invalid_blocks")]
    with pytest.raises(SlackApiError):
        await poster.post(job(id="b00000", reply_to=there), MESSAGE)
    assert len(network.of("respond")) == 1


@jumping
async def test_who_cannot_be_told_why_gets_the_answer_all_the_same() -> None:
    network, poster = await scene()
    ticket = Ticket("77", HOOK, utc_now() + timedelta(minutes=1))
    network.next[POST] = [refused("not_in_channel")]
    network.next["respond"] = [broken()]
    with pytest.raises(SlackApiError, match="not_in_channel"):
        await poster.post(job(reply_to=ReplyTo("slack", "C100", ticket=ticket)), MESSAGE)


@pytest.mark.parametrize(("public", "kind"), [(False, "ephemeral"), (True, "in_channel")])
@jumping
async def test_an_answer_through_an_address_replaces_nothing(public: bool, kind: str) -> None:
    network, poster = await scene()
    await poster.respond(HOOK, MESSAGE, thread="4.0", public=public)
    [said] = network.of("respond")
    assert (said["response_type"], said["replace_original"]) == (kind, False)
    assert said["thread_ts"] == "4.0"


@jumping
async def test_a_message_is_deleted_and_an_ephemeral_one_is_taken_back() -> None:
    network, poster = await scene()
    await poster.delete("C100", "5.0")
    await poster.take_back(HOOK)
    gone: Any = {"channel": "C100", "ts": "5.0"}
    assert network.of("chat.delete") == [gone]
    assert network.of("respond") == [{"url": HOOK, "delete_original": True}]
