from __future__ import annotations

import pytest

from tests.discord_server import DiscordEmulator
from tests.discord_server.permissions import ATTACH, SEND, VIEW
from tests.unit.discord_server.conftest import RawBot

MESSAGE, DEFERRED = 4, 5


@pytest.mark.parametrize("kind", ["thread", "post"])
async def test_a_command_in_a_thread_is_answered_there(connected: RawBot, kind: str) -> None:
    server = connected.server
    place = server.thread("cats") if kind == "thread" else server.post("cats", "gallery")
    parent = server.channels[place["parent_id"]]

    ix = await server.slash("draw", channel=place)
    await connected.respond(ix, MESSAGE, {"content": "a cat"})
    later = await connected.post({"content": "another"}, place["id"])

    assert (place["type"], parent["type"]) == (11, 0 if kind == "thread" else 15)
    assert ix.payload["channel"]["parent_id"] == parent["id"]
    assert server.visible_to(server.user(), place["id"]) == [ix.original, later]
    assert server.visible_to(server.user(), parent["id"]) == []


async def test_the_guild_names_its_threads_apart(bot: RawBot) -> None:
    thread = bot.server.thread("cats")

    socket = await bot.connect()
    guild = await bot.next(socket, "GUILD_CREATE")

    assert [one["id"] for one in guild["threads"]] == [thread["id"]]
    assert [one["id"] for one in guild["channels"]] == [bot.server.channel_id]
    _, channels = await bot.call("GET", f"/guilds/{bot.server.guild_id}/channels")
    assert [one["id"] for one in channels] == [bot.server.channel_id]
    assert (await bot.call("GET", f"/channels/{thread['id']}"))[1] == thread


async def test_channels_and_threads_that_are_made_later_are_announced(bot: RawBot) -> None:
    socket = await bot.connect()
    await bot.next(socket, "GUILD_CREATE")

    channel = bot.server.channel("new", nsfw=True)
    thread = bot.server.thread("newer", channel)

    assert (await bot.next(socket, "CHANNEL_CREATE"))["nsfw"]
    assert (await bot.next(socket, "THREAD_CREATE"))["id"] == thread["id"]


@pytest.mark.parametrize(
    ("view", "write", "attach", "code"),
    [(False, True, True, 50001), (True, False, True, 50013), (True, True, False, 50013)],
    ids=["may not look", "may not write", "may not attach"],
)
async def test_what_the_bot_may_not_do_is_refused(
    connected: RawBot, view: bool, write: bool, attach: bool, code: int
) -> None:
    server = connected.server
    message = await connected.post({"content": "before"})
    place = server.channels[server.channel_id]
    path = f"/channels/{place['id']}/messages"

    server.restrict(place, view=view, write=write, attach=attach)
    post, refusal = await connected.upload("POST", path, {}, [("a.png", b"x")])
    edit, _ = await connected.upload("PATCH", f"{path}/{message.id}", {}, [("a.png", b"x")])
    ix = await server.slash("draw")

    assert (post, refusal["code"], edit) == (403, code, 403)
    told = int(ix.payload["app_permissions"])
    assert (bool(told & VIEW), bool(told & SEND), bool(told & ATTACH)) == (view, write, attach)
    assert (await connected.respond(ix, MESSAGE, {"content": "still"}))[0] == 204


async def test_a_thread_follows_its_channel_and_leave_can_be_given_back(bot: RawBot) -> None:
    server = bot.server
    thread = server.thread("cats")
    parent = server.channels[thread["parent_id"]]

    server.restrict(thread, write=False)
    refused, answer = await bot.say({"content": "x"}, thread["id"])
    server.restrict(parent)
    taken, _ = await bot.say({"content": "x"}, thread["id"])

    assert (refused, answer["code"], taken) == (403, 50013, 200)


async def test_what_goes_on_where_the_bot_cannot_look_is_not_told(connected: RawBot) -> None:
    server = connected.server
    hidden = server.channel("hidden")
    server.restrict(hidden, view=False)
    socket = await connected.connect()
    await connected.next(socket, "GUILD_CREATE")

    await server.say("secret", channel=hidden)
    await server.say("open")

    assert (await connected.next(socket, "MESSAGE_CREATE"))["content"] == "open"


async def test_a_channel_that_is_taken_away_is_unknown(bot: RawBot) -> None:
    channel = bot.server.channel("old")
    bot.server.delete_channel(channel)

    status, answer = await bot.say({"content": "x"}, channel["id"])

    assert (status, answer["code"]) == (404, 10003)


async def test_a_conversation_with_the_bot(connected: RawBot) -> None:
    server, bob = connected.server, connected.server.user("bob")
    _, dm = await connected.call("POST", "/users/@me/channels", {"recipient_id": bob["id"]})

    ix = await server.slash("draw", user=bob, dm=True)
    await connected.respond(ix, MESSAGE, {"content": "a cat"})
    await connected.post({"content": "another"}, dm["id"])

    assert (ix.channel_id, ix.guild_id, ix.payload["context"]) == (dm["id"], None, 1)
    assert "member" not in ix.payload
    seen = [message.content for message in server.visible_to(bob, dm["id"])]
    assert seen == ["a cat", "another"]


async def test_a_person_may_take_no_messages(connected: RawBot) -> None:
    server, bob = connected.server, connected.server.user("bob")
    server.close_dms(bob)

    _, dm = await connected.call("POST", "/users/@me/channels", {"recipient_id": bob["id"]})
    status, answer = await connected.say({"content": "x"}, dm["id"])
    other, _ = await connected.say({"content": "x"}, server.dm(server.user("alice"))["id"])

    assert (status, answer["code"], other) == (403, 50007, 200)


@pytest.mark.parametrize("kind", ["group", "guild"])
async def test_an_app_of_a_person_has_only_its_token(connected: RawBot, kind: str) -> None:
    server, bob = connected.server, connected.server.user("bob")
    group = server.private_channel(bob, server.user("alice"))
    place = group if kind == "group" else server.foreign_channel("elsewhere")

    ix = await server.slash("draw", user=bob, channel=place)
    await connected.respond(ix, MESSAGE, {"content": "a cat"})
    status, answer = await connected.say({"content": "x"}, place["id"])

    assert ix.payload["authorizing_integration_owners"] == {"1": bob["id"]}
    assert ix.payload["context"] == (2 if kind == "group" else 0)
    assert ix.guild_id == (None if kind == "group" else server.other_guild_id)
    assert (status, answer["code"]) == (403, 50001)
    assert (await connected.edit_original(ix, {"content": "two cats"}))[0] == 200


async def test_an_app_of_a_person_has_five_follow_ups(connected: RawBot) -> None:
    server = connected.server
    ix = await server.slash("draw", channel=server.foreign_channel("elsewhere"))
    await connected.respond(ix, MESSAGE, {"content": "a cat"})

    statuses = [(await connected.follow_up(ix, {"content": "x"}))[0] for _ in range(6)]

    assert statuses == [200] * 5 + [400]


async def test_a_command_is_offered_only_where_it_is_registered_for(connected: RawBot) -> None:
    server = connected.server
    here = {"name": "here", "description": "x", "contexts": [0]}
    await connected.register(here, {"name": "anywhere", "description": "x"})

    await server.slash("here")
    await server.slash("anywhere", dm=True)
    with pytest.raises(AssertionError, match="not offer 'here' in context 1"):
        await server.slash("here", dm=True)
    with pytest.raises(AssertionError, match="install"):
        await server.slash("anywhere", channel=server.foreign_channel("elsewhere"))


async def test_a_guilds_own_command_is_not_offered_elsewhere(connected: RawBot) -> None:
    server = connected.server
    path = f"/applications/{server.app_id}/guilds/{server.guild_id}/commands"
    await connected.call("PUT", path, [{"name": "here", "description": "x"}])

    ix = await server.slash("here")
    assert ix.payload["data"]["guild_id"] == server.guild_id
    with pytest.raises(AssertionError, match="not offer 'here'"):
        await server.slash("here", dm=True)


async def test_roles_come_with_a_person(connected: RawBot) -> None:
    server = connected.server
    artist = server.role("artist")
    ann = server.user("ann", roles=[artist])

    ix = await server.slash("draw", user=ann)
    other = await server.slash("draw", user=server.user("bob"))
    _, member = await connected.call("GET", f"/guilds/{server.guild_id}/members/{ann['id']}")
    _, roles = await connected.call("GET", f"/guilds/{server.guild_id}/roles")

    assert ix.payload["member"]["roles"] == member["roles"] == [artist["id"]]
    assert other.payload["member"]["roles"] == []
    assert [role["name"] for role in roles] == ["@everyone", "artist"]


async def test_people_are_made_once(server: DiscordEmulator) -> None:
    ann = server.user("ann")

    assert server.user("ann", permissions=0) is ann
    assert server.user("bob")["id"] != ann["id"]
    assert server.standing(ann).permissions == 0
