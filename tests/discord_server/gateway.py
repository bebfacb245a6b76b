"""The gateway, version 10: hello, identify, resume, heartbeats."""

from __future__ import annotations

import secrets

from aiohttp import WSMsgType, web

from tests.discord_server.payloads import INTENT_FLAGS, LONG_AGO, THREAD
from tests.discord_server.records import Payload
from tests.discord_server.sessions import INVALID_SESSION, Session, Socket
from tests.discord_server.world import World

HEARTBEAT, IDENTIFY, RESUME, REQUEST_MEMBERS, HELLO, HEARTBEAT_ACK = 1, 2, 6, 8, 10, 11
PRIVILEGED = (1 << 1) | (1 << 8) | (1 << 15)
"""Members, presences and message content."""
AUTHENTICATION_FAILED, INVALID_VERSION, DISALLOWED_INTENTS = 4004, 4012, 4014


class Gateway(World):
    """Speaks with the bot over its sockets."""

    gateway_url = ""

    async def serve_gateway(self, request: web.Request) -> web.WebSocketResponse:
        """One socket, from hello to goodbye."""
        websocket = web.WebSocketResponse(max_msg_size=0)
        await websocket.prepare(request)
        compression = request.query.get("compress") if self.compress else None
        if request.query.get("v") != "10" or request.query.get("encoding") != "json":
            await websocket.close(code=INVALID_VERSION)
            return websocket
        socket = Socket(websocket, compression)
        self._log("open", compression)
        await socket.send(HELLO, {"heartbeat_interval": self.heartbeat_interval})
        session = None
        try:
            async for message in websocket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    session = await self._receive(socket, session, message.json())
                    self.changes.tell()
        finally:
            self._log("close", websocket.close_code)
            if session is not None and session.socket is socket:
                session.socket = None
            self.changes.tell()
        return websocket

    async def _receive(
        self, socket: Socket, session: Session | None, message: Payload
    ) -> Session | None:
        """Answer one message; returns the session that the socket now has."""
        op, data = message.get("op"), message.get("d")
        if op == HEARTBEAT and self.ack_heartbeats:
            await socket.send(HEARTBEAT_ACK, None)
        elif op == IDENTIFY:
            return await self._identify(socket, data or {})
        elif op == RESUME:
            return await self._resume(socket, data or {}) or session
        elif op == REQUEST_MEMBERS and session is not None:
            await session.tell("GUILD_MEMBERS_CHUNK", self._members_chunk(data or {}))
        return session

    async def _identify(self, socket: Socket, data: Payload) -> Session | None:
        self._log("identify", data["intents"])
        if data["token"] != self.token:
            await socket.close(AUTHENTICATION_FAILED, b"Authentication failed.")
            return None
        if data["intents"] & PRIVILEGED and not self.privileged_intents:
            await socket.close(DISALLOWED_INTENTS, b"Disallowed intent(s).")
            return None
        session = Session(secrets.token_hex(16), data["intents"], socket)
        self.sessions[session.id] = session
        await session.tell("READY", self._ready(session, data.get("shard", [0, 1])))
        self._check_guild()
        await session.tell("GUILD_CREATE", self._guild_create())
        return session

    async def _resume(self, socket: Socket, data: Payload) -> Session | None:
        self._log("resume", data.get("seq"))
        session = self.sessions.get(data["session_id"])
        if session is None or data["token"] != self.token:
            await socket.send(INVALID_SESSION, False)
            return None
        await session.resume(socket, data["seq"])
        await session.tell("RESUMED", {})
        return session

    def _ready(self, session: Session, shard: list[int]) -> Payload:
        user = {**self.bot_user, "mfa_enabled": False, "verified": True, "email": None}
        return {
            "v": 10,
            "user": user,
            "guilds": [{"id": self.guild_id, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": self.gateway_url,
            "application": {"id": self.app_id, "flags": INTENT_FLAGS},
            "private_channels": [],
            "relationships": [],
            "shard": shard,
        }

    def _check_guild(self) -> None:
        for role in self.roles:
            self._self_check("GuildRoleResponse", role)
        for channel in self.channels.values():
            is_thread = channel["type"] == THREAD
            self._self_check("ThreadResponse" if is_thread else "GuildChannelResponse", channel)
        self._self_check("GuildWithCountsResponse", self.guild())

    def _guild_create(self) -> Payload:
        nothing = "voice_states presences stage_instances guild_scheduled_events soundboard_sounds"
        channels = [
            {key: value for key, value in channel.items() if key != "guild_id"}
            for channel in self.channels.values()
        ]
        return {
            **self.guild(),
            "joined_at": LONG_AGO,
            "large": False,
            "unavailable": False,
            "member_count": len(self.users) + 1,
            "members": [self.member(self.bot_user)],
            "channels": [channel for channel in channels if channel["type"] != THREAD],
            "threads": [channel for channel in channels if channel["type"] == THREAD],
            **{key: [] for key in nothing.split()},
        }

    def _members_chunk(self, data: Payload) -> Payload:
        chunk: Payload = {
            "guild_id": self.guild_id,
            "members": [self.member(user) for user in [*self.users.values(), self.bot_user]],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [],
        }
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        return chunk
