from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.discord.where import actor_of, is_guest, name_of, reply_to_of, where_of
from bot.invocation import Where
from tests.discord_interactions import (
    ANN,
    ART,
    BY_GUILD,
    BY_PERSON,
    CHANNEL,
    GUILD,
    IN_PRIVATE,
    PERSON,
    ROLE,
    THREAD,
    direct,
    interaction,
)
from tests.discord_server.payloads import (
    GROUP_DM,
    channel_payload,
    dm_payload,
    thread_payload,
    user_payload,
)


async def test_the_answer_has_leave_for_a_quarter_of_an_hour() -> None:
    asked = interaction()
    reply_to = reply_to_of(asked)
    assert (reply_to.platform, reply_to.channel, reply_to.place) == ("discord", "20", "discord:20")
    ticket = reply_to.ticket
    assert ticket is not None
    assert (ticket.id, ticket.token) == ("1400000000000000000", "leave")
    assert ticket.expires - asked.created_at == timedelta(minutes=15)
    assert ticket.upload_limit == 12345


async def test_a_person_is_known_by_id_and_called_as_they_are_called_there() -> None:
    assert actor_of(interaction()) == actor_of(direct()) == "discord:50"
    assert name_of(interaction()) == "Annie"
    assert name_of(direct()) == "Ann"


async def test_a_channel_has_its_server_and_the_asker_has_roles() -> None:
    assert where_of(interaction()) == Where(GUILD, (CHANNEL,), (GUILD, ROLE))


async def test_a_thread_counts_as_its_channel_too() -> None:
    where = where_of(interaction(thread_payload(THREAD, ART, "a talk", PERSON)))
    assert where.channels == (THREAD, CHANNEL)
    assert where.guild == GUILD


async def test_a_direct_message_is_in_no_server() -> None:
    assert where_of(direct()) == Where("", ("60",), (), direct=True)


async def test_a_channel_may_be_age_restricted() -> None:
    adult = channel_payload("21", GUILD, "adult", nsfw=True)
    assert where_of(interaction(adult)).age_restricted
    assert not where_of(interaction()).age_restricted
    assert reply_to_of(interaction(adult)).age_restricted
    assert not reply_to_of(interaction()).age_restricted


@pytest.mark.parametrize(
    ("more", "guest"),
    [
        ({}, False),
        ({"app_permissions": "0"}, True),
        ({"authorizing_integration_owners": {BY_PERSON: PERSON}}, True),
        ({"authorizing_integration_owners": {BY_PERSON: PERSON, BY_GUILD: GUILD}}, False),
    ],
)
async def test_in_a_server_the_bot_is_a_guest_unless_it_sees_the_channel(
    more: dict[str, Any], *, guest: bool
) -> None:
    assert is_guest(interaction(**more)) is guest


async def test_it_is_no_guest_in_its_own_talks_but_in_those_of_others() -> None:
    assert not is_guest(direct())
    group = dm_payload("61", [ANN, user_payload("51", "bob")], GROUP_DM)
    assert is_guest(interaction(group, context=IN_PRIVATE))
