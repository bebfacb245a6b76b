"""The people and the places of one workspace."""

from __future__ import annotations

from typing import Any

from tests.slack_server.errors import SlackError
from tests.slack_server.payloads import channel_payload, dm_payload, user_payload
from tests.slack_server.records import Payload
from tests.slack_server.scopes import PUBLIC_POSTING
from tests.slack_server.state import State

HOME_CHANNEL = "C0EMU00001"


class World(State):
    """One workspace that the bot is installed in."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.users: dict[str, Payload] = {}
        """People by id."""
        self._people: dict[str, Payload] = {}
        self._dms: dict[str, str] = {}
        self.channel_id = HOME_CHANNEL
        """The channel where people are unless told otherwise."""
        home = channel_payload(HOME_CHANNEL, "art", is_member=True, is_private=False)
        self.channels: dict[str, Payload] = {HOME_CHANNEL: home}
        """Channels and conversations by id."""

    def user(self, name: str = "alice", admin: bool = False) -> Payload:
        """A person, made at first mention."""
        if name not in self._people:
            user = user_payload(self.new_id("U"), self.team["id"], name, is_admin=admin)
            self._people[name] = self.users[user["id"]] = user
        return self._people[name]

    def channel(self, name: str, is_member: bool = True, private: bool = False) -> Payload:
        """A new channel."""
        channel_id = self.new_id("G" if private else "C")
        channel = channel_payload(channel_id, name, is_member=is_member, is_private=private)
        self.channels[channel_id] = channel
        return channel

    def dm(self, user: Payload) -> Payload:
        """The conversation between a person and the bot, made at first mention."""
        user_id = user["id"]
        if user_id not in self._dms:
            channel = dm_payload(self.new_id("D"), user_id)
            self._dms[user_id] = channel["id"]
            self.channels[channel["id"]] = channel
        return self.channels[self._dms[user_id]]

    def dm_id(self, user_id: str) -> str | None:
        """The conversation between a person and the bot, if there is one."""
        return self._dms.get(user_id)

    def place(self, name: object) -> Payload:
        """The place of an id, a channel's name, or a person's id; ``SlackError`` if there is none.

        A person's id means the conversation with them.
        """
        wanted = str(name or "")
        if wanted in self.channels:
            return self.channels[wanted]
        if wanted in self.users:
            return self.dm(self.users[wanted])
        for channel in self.channels.values():
            if wanted and channel["name"] == wanted.lstrip("#"):
                return channel
        raise SlackError("channel_not_found")

    def place_to_post(self, name: object, *, publicly: bool = False) -> Payload:
        """A place where the bot may post; ``SlackError`` if it may not."""
        channel = self.place(name)
        if channel["is_archived"]:
            raise SlackError("is_archived")
        self.check_member(channel, outside=publicly and self._may_post_outside)
        return channel

    def check_member(self, channel: Payload, *, outside: bool = False) -> None:
        """``SlackError`` where the bot is not in; a public channel may be open from outside."""
        if channel["is_member"]:
            return
        if channel["is_private"]:
            raise SlackError("channel_not_found")
        if not outside:
            raise SlackError("not_in_channel")

    @property
    def _may_post_outside(self) -> bool:
        return self.public_posting or PUBLIC_POSTING in (self.scopes or ())
