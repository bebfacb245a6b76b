"""The people, the guild and its channels."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.discord_server.payloads import (
    FORUM,
    GROUP_DM,
    TEXT,
    THREAD,
    channel_payload,
    dm_payload,
    guild_payload,
    member_payload,
    role_payload,
    thread_payload,
    user_payload,
)
from tests.discord_server.permissions import (
    ALL,
    ATTACH,
    EMBED,
    MEMBER,
    SEND,
    SEND_IN_THREADS,
    VIEW,
)
from tests.discord_server.records import Payload
from tests.discord_server.sessions import Sessions

GUILDS_INTENT = 1
OVERWRITE_MEMBER = 1
"""The type of an overwrite that concerns one member, here the bot."""


@dataclass
class Standing:
    """What a person may do, and where one finds them."""

    dm: str
    permissions: int
    roles: list[str] = field(default_factory=list)
    takes_dms: bool = True


class World(Sessions):
    """One guild with people and channels, and places that the bot is not in."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app_id = self.snowflake()
        self.bot_user = user_payload(self.app_id, "emubot", is_bot=True)
        self.guild_id = self.snowflake()
        self.other_guild_id = self.snowflake()
        self.users: dict[str, Payload] = {}
        """People by name."""
        self._standings: dict[str, Standing] = {}
        self.admin_user = self.user("owner", ALL)
        self.roles = [role_payload(self.guild_id, "@everyone", 0)]
        self.channels: dict[str, Payload] = {}
        """Channels and threads of the guild by id."""
        self.outside: dict[str, Payload] = {}
        """Places by id that the bot is not in: it is there only as someone's own app."""
        self.channel_id = self.channel("art")["id"]

    def user(
        self,
        name: str = "alice",
        permissions: int | None = None,
        roles: list[Payload] | None = None,
    ) -> Payload:
        """A person, made at first mention. Permissions and roles are changed if they are given."""
        if name not in self.users:
            payload = user_payload(self.snowflake(), name)
            self.users[name] = payload
            self._standings[payload["id"]] = Standing(self.snowflake(), MEMBER)
        user = self.users[name]
        standing = self._standings[user["id"]]
        if permissions is not None:
            standing.permissions = permissions
        if roles is not None:
            standing.roles = [role["id"] for role in roles]
        return user

    def user_by_id(self, user_id: str) -> Payload | None:
        """A person, or the bot."""
        people = [*self.users.values(), self.bot_user]
        return next((user for user in people if user["id"] == user_id), None)

    def standing(self, user: Payload) -> Standing:
        """What a person may do."""
        return self._standings[user["id"]]

    def role(self, name: str) -> Payload:
        """A role of the guild, made at first mention."""
        for role in self.roles:
            if role["name"] == name:
                return role
        role = role_payload(self.snowflake(), name, len(self.roles), 0)
        self.roles.append(role)
        self._announce("GUILD_ROLE_CREATE", {"guild_id": self.guild_id, "role": role})
        return role

    def close_dms(self, user: Payload) -> None:
        """Let a person take no messages from the bot outside the guild."""
        self.standing(user).takes_dms = False

    def dm(self, user: Payload) -> Payload:
        """The conversation between a person and the bot."""
        return dm_payload(self.standing(user).dm, [user])

    def channel(self, name: str, nsfw: bool = False, kind: int = TEXT) -> Payload:
        """A channel of the guild, made at first mention."""
        for channel in self.channels.values():
            if channel["name"] == name:
                return channel
        channel = channel_payload(self.snowflake(), self.guild_id, name, kind=kind, nsfw=nsfw)
        self.channels[channel["id"]] = channel
        self._announce("CHANNEL_CREATE", channel)
        return channel

    def thread(self, name: str, parent: Payload | None = None) -> Payload:
        """A thread in a channel, or a post in a forum, made at first mention."""
        for channel in self.channels.values():
            if channel["name"] == name:
                return channel
        parent = parent or self.channels[self.channel_id]
        thread = thread_payload(self.snowflake(), parent, name, self.admin_user["id"])
        self.channels[thread["id"]] = thread
        self._announce("THREAD_CREATE", {**thread, "newly_created": True})
        return thread

    def post(self, name: str, forum: str = "forum") -> Payload:
        """A post in a forum."""
        return self.thread(name, self.channel(forum, kind=FORUM))

    def private_channel(self, *users: Payload) -> Payload:
        """A group of people that the bot is not in; its first one owns it."""
        channel = dm_payload(self.snowflake(), list(users), GROUP_DM)
        self.outside[channel["id"]] = channel
        return channel

    def foreign_channel(self, name: str) -> Payload:
        """A channel of a guild that the bot is not in."""
        channel = channel_payload(self.snowflake(), self.other_guild_id, name)
        self.outside[channel["id"]] = channel
        return channel

    def restrict(
        self, channel: Payload, *, view: bool = True, write: bool = True, attach: bool = True
    ) -> None:
        """Say what the bot may do in a channel and its threads."""
        channel = self._ruling(channel)
        denied = 0 if view else VIEW
        denied |= 0 if write else SEND | SEND_IN_THREADS
        denied |= 0 if attach else ATTACH
        overwrite = {"id": self.app_id, "type": OVERWRITE_MEMBER, "allow": "0", "deny": str(denied)}
        channel["permission_overwrites"] = [overwrite] if denied else []
        self._announce("CHANNEL_UPDATE", channel)

    def delete_channel(self, channel: Payload) -> None:
        """Take a channel or a thread away."""
        del self.channels[channel["id"]]
        event = "THREAD_DELETE" if channel["type"] == THREAD else "CHANNEL_DELETE"
        self._announce(event, channel)

    def bot_permissions(self, channel: Payload) -> int:
        """What the bot may do in a place, as Discord tells with an interaction."""
        if channel["id"] in self.outside:
            return EMBED | ATTACH
        overwrites = self._ruling(channel).get("permission_overwrites", [])
        return ALL & ~sum(int(overwrite["deny"]) for overwrite in overwrites)

    def _ruling(self, channel: Payload) -> Payload:
        """The channel whose permissions hold in a channel: its parent, for a thread."""
        parent_id = channel.get("parent_id") or ""
        return self.channels.get(parent_id, channel)

    def place(self, channel_id: str) -> Payload | None:
        """Any place by its id: of the guild, outside, or a conversation with the bot."""
        known = self.channels.get(channel_id) or self.outside.get(channel_id)
        return known or next((self.dm(user) for user in self._users_at(channel_id)), None)

    def _users_at(self, channel_id: str) -> list[Payload]:
        return [user for user in self.users.values() if self.standing(user).dm == channel_id]

    def takes_dms(self, channel_id: str) -> bool:
        """Whether the bot may write into a conversation."""
        return all(self.standing(user).takes_dms for user in self._users_at(channel_id))

    def member(self, user: Payload) -> Payload:
        """A person, or the bot, as a member of the guild."""
        standing = self._standings.get(user["id"])
        payload = member_payload(user, standing.roles if standing else [])
        self._self_check("GuildMemberResponse", payload)
        return payload

    def guild(self) -> Payload:
        """The guild, as the REST API shows it."""
        return guild_payload(self.guild_id, self.admin_user["id"], self.roles)

    def _announce(self, event: str, payload: Payload) -> None:
        self.broadcast(event, payload, GUILDS_INTENT)
