from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from bot.adapters.slack.finding import PAGES_MOST, Finder
from tests.jumping_loop import jumping
from tests.slack_network import Network, Refusal, broken, refused, web_on

MARKER: dict[str, Any] = {"event_type": "reroll_job", "event_payload": {"job": "k7f3q2"}}
SINCE = datetime(2026, 7, 21, tzinfo=UTC)
HISTORY, REPLIES, JOIN = "conversations.history", "conversations.replies", "conversations.join"
MINE: dict[str, Any] = {"ts": "7.0", "metadata": MARKER}
OTHERS: list[dict[str, Any]] = [
    {"ts": "8.0"},
    {"ts": "9.0", "metadata": MARKER | {"event_type": "another"}},
]


async def scene(messages: list[dict[str, Any]]) -> tuple[Network, Finder]:
    network = Network()
    network.messages = messages
    return network, Finder(await web_on(network))


def page(messages: list[dict[str, Any]], cursor: str) -> Refusal:
    """Return a page of what was written, and where the next one begins."""
    body = {"ok": True, "messages": messages, "response_metadata": {"next_cursor": cursor}}
    return Refusal(200, body)


@pytest.mark.parametrize(("thread", "read"), [("", HISTORY), ("4.0", REPLIES)])
@jumping
async def test_a_message_is_known_by_its_marker(thread: str, read: str) -> None:
    network, finder = await scene([*OTHERS, MINE])
    assert await finder.find(MARKER, SINCE, "C100", thread) == ("C100", "7.0")
    [asked] = network.of(read)
    assert float(asked["oldest"]) == SINCE.timestamp()
    assert asked.get("ts", "") == thread


@jumping
async def test_what_has_not_arrived_is_not_found() -> None:
    network, finder = await scene(OTHERS)
    assert await finder.find(MARKER, SINCE, "C100", "") is None
    assert network.what == [HISTORY]


@jumping
async def test_many_messages_are_read_page_by_page_but_not_for_ever() -> None:
    network, finder = await scene([MINE])
    network.next[HISTORY] = [page(OTHERS, "c2"), page(OTHERS, "c3")]
    assert await finder.find(MARKER, SINCE, "C100", "") == ("C100", "7.0")
    assert [each.get("cursor") for each in network.of(HISTORY)] == [None, "c2", "c3"]
    network.always[HISTORY] = page(OTHERS, "more")
    assert await finder.find(MARKER, SINCE, "C100", "") is None
    assert len(network.of(HISTORY)) == 3 + PAGES_MOST


@jumping
async def test_a_public_channel_is_joined_to_be_read() -> None:
    network, finder = await scene([MINE])
    network.next[HISTORY] = [refused("not_in_channel")]
    assert await finder.find(MARKER, SINCE, "C100", "") == ("C100", "7.0")
    assert network.what == [HISTORY, JOIN, HISTORY]


@pytest.mark.parametrize("step", [HISTORY, JOIN])
@jumping
async def test_where_the_bot_may_not_read_nothing_is_found(step: str) -> None:
    network, finder = await scene([MINE])
    network.next[HISTORY] = [refused("not_in_channel")]
    network.next[step].insert(0, refused("missing_scope"))
    assert await finder.find(MARKER, SINCE, "C100", "") is None


@jumping
async def test_a_fault_that_may_pass_is_no_answer() -> None:
    network, finder = await scene([MINE])
    network.next[HISTORY] = [broken()]
    with pytest.raises(SlackApiError):
        await finder.find(MARKER, SINCE, "C100", "")


@pytest.mark.parametrize("person", ["U50", "W50"])
@jumping
async def test_a_person_is_no_channel_to_read(person: str) -> None:
    network, finder = await scene([MINE])
    assert await finder.find(MARKER, SINCE, person, "") is None
    assert network.what == []
