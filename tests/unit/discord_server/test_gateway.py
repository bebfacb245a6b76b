from __future__ import annotations

import json
import zlib

import pytest
from aiohttp import WSMsgType

from tests.changes import PATIENCE
from tests.unit.discord_server.conftest import RawBot

MEMBERS = 1 << 1
GUILDS = 1 << 0


async def test_a_bot_that_identifies_gets_the_guild(bot: RawBot) -> None:
    socket = await bot.connect()

    ready = await bot.next(socket, "READY")
    guild = await bot.next(socket, "GUILD_CREATE")

    assert ready["user"]["id"] == bot.server.app_id
    assert ready["guilds"] == [{"id": guild["id"], "unavailable": True}]
    assert guild["members"][0]["user"]["id"] == bot.server.app_id
    assert bot.server.connected


async def test_a_heartbeat_is_answered_unless_told_otherwise(bot: RawBot) -> None:
    socket = await bot.open()

    await socket.send_json({"op": 1, "d": None})
    first = await socket.receive_json(timeout=PATIENCE)
    bot.server.ack_heartbeats = False
    await socket.send_json({"op": 1, "d": None})
    await socket.send_json({"op": 6, "d": {"session_id": "none", "token": "", "seq": 0}})

    assert first["op"] == 11
    assert (await socket.receive_json(timeout=PATIENCE))["op"] == 9


@pytest.mark.parametrize(
    ("identify", "privileged", "code"),
    [({"token": "wrong"}, True, 4004), ({"intents": GUILDS | MEMBERS}, False, 4014)],
    ids=["token", "intents"],
)
async def test_a_bot_that_may_not_come_in_is_told_why(
    bot: RawBot, identify: dict[str, object], privileged: bool, code: int
) -> None:
    bot.server.privileged_intents = privileged

    socket = await bot.connect(**identify)
    message = await socket.receive(timeout=PATIENCE)

    assert (message.type, message.data) == (WSMsgType.CLOSE, code)
    assert not bot.server.sessions


async def test_another_version_is_refused(bot: RawBot) -> None:
    socket = await bot.http.ws_connect(bot.server.gateway_url + "?v=9&encoding=json")

    assert (await socket.receive(timeout=PATIENCE)).data == 4012


@pytest.mark.parametrize("abrupt", [False, True], ids=["closed", "cut"])
async def test_a_bot_that_resumes_gets_what_it_missed(connected: RawBot, abrupt: bool) -> None:
    bot = connected
    socket = await bot.connect()
    await bot.next(socket, "GUILD_CREATE")

    await bot.server.drop_gateway(abrupt=abrupt)
    missed = await bot.server.slash("draw")
    data = {"session_id": bot.session_id, "token": bot.token, "seq": bot.seq}
    socket = await bot.open()
    await socket.send_json({"op": 6, "d": data})
    replayed = await socket.receive_json(timeout=PATIENCE)
    resumed = await socket.receive_json(timeout=PATIENCE)
    later = await bot.server.slash("draw")
    event = await socket.receive_json(timeout=PATIENCE)

    assert (replayed["t"], replayed["d"]["id"]) == ("INTERACTION_CREATE", missed.id)
    assert (resumed["t"], event["d"]["id"]) == ("RESUMED", later.id)
    assert [event["s"] - replayed["s"], resumed["s"] - replayed["s"]] == [2, 1]


async def test_a_session_that_is_invalidated_cannot_be_resumed(connected: RawBot) -> None:
    bot = connected
    socket = await bot.connect()
    await bot.next(socket, "GUILD_CREATE")

    await bot.server.invalidate_session()
    told = await socket.receive_json(timeout=PATIENCE)
    data = {"session_id": bot.session_id, "token": bot.token, "seq": bot.seq}
    await socket.send_json({"op": 6, "d": data})

    assert (told["op"], told["d"]) == (9, False)
    assert (await socket.receive_json(timeout=PATIENCE))["op"] == 9
    assert not bot.server.sessions


async def test_the_bot_can_be_asked_to_connect_again(bot: RawBot) -> None:
    socket = await bot.connect()
    await bot.next(socket, "GUILD_CREATE")

    await bot.server.reconnect()

    assert (await socket.receive_json(timeout=PATIENCE))["op"] == 7


async def test_events_go_to_those_who_asked_for_their_kind(bot: RawBot) -> None:
    socket = await bot.connect(intents=GUILDS)
    await bot.next(socket, "GUILD_CREATE")

    message = await bot.server.say("hello")
    bot.server.delete(message)
    bot.server.channel("new")

    assert (await socket.receive_json(timeout=PATIENCE))["t"] == "CHANNEL_CREATE"


async def test_messages_are_told_with_their_authors(bot: RawBot) -> None:
    artist = bot.server.role("artist")
    ann = bot.server.user("ann", roles=[artist])
    socket = await bot.connect()
    await bot.next(socket, "GUILD_CREATE")

    message = await bot.server.say("hello", user=ann)
    created = await bot.next(socket, "MESSAGE_CREATE")
    bot.server.delete(message)
    deleted = await bot.next(socket, "MESSAGE_DELETE")

    assert (created["content"], created["member"]["roles"]) == ("hello", [artist["id"]])
    assert (created["author"]["id"], deleted["id"]) == (ann["id"], message.id)


async def test_members_can_be_asked_for(bot: RawBot) -> None:
    bot.server.user("ann")
    socket = await bot.connect()

    await socket.send_json({"op": 8, "d": {"guild_id": bot.server.guild_id, "nonce": "1"}})
    chunk = await bot.next(socket, "GUILD_MEMBERS_CHUNK")

    names = [member["user"]["username"] for member in chunk["members"]]
    assert (names, chunk["nonce"]) == (["owner", "ann", "emubot"], "1")


async def test_a_socket_may_be_compressed(bot: RawBot) -> None:
    url = bot.server.gateway_url + "?v=10&encoding=json&compress=zlib-stream"

    socket = await bot.http.ws_connect(url)
    hello = json.loads(zlib.decompressobj().decompress(await socket.receive_bytes()))

    assert hello["op"] == 10


async def test_an_interaction_without_a_bot_fails_the_test(bot: RawBot) -> None:
    await bot.register({"name": "draw", "description": "x"})

    with pytest.raises(RuntimeError, match="no gateway session"):
        await bot.server.slash("draw")
