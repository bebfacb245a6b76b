"""What the bot is told of without having been asked anything."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.slack_server.acknowledging import EVENT
from tests.slack_server.delivering import Delivering
from tests.slack_server.records import Delivery, File, Message, Payload
from tests.slack_server.texts import typed


class Events(Delivering):
    """People who write to the bot, and who look at its home page."""

    async def event(self, event: Payload, *, user: Payload | None = None) -> Delivery:
        """Tell the bot of something."""
        user_id = (user or self.user())["id"]
        now = self.new_ts()
        channel = self.channels.get(event.get("channel", ""), {})
        full = {
            "user": user_id,
            "ts": now,
            "event_ts": now,
            "team": self.team["id"],
            "channel_type": "im" if channel.get("is_im") else "channel",
            **event,
        }
        authorization = {
            "enterprise_id": None,
            "team_id": self.team["id"],
            "user_id": self.bot_user,
            "is_bot": True,
            "is_enterprise_install": False,
        }
        payload = {
            "token": "emu",
            "team_id": self.team["id"],
            "api_app_id": self.app_id,
            "event": full,
            "type": "event_callback",
            "event_id": self.new_id("Ev"),
            "event_time": int(time.time()),
            "authorizations": [authorization],
            "is_ext_shared_channel": False,
            "event_context": "4-emu",
        }
        return await self.deliver(EVENT, payload, full.get("channel"), user_id)

    async def mention(
        self,
        text: str,
        *,
        user: Payload | None = None,
        channel: Payload | None = None,
        thread_ts: str | None = None,
        files: Sequence[File] = (),
    ) -> Delivery:
        """A person writes to the bot by its name in a channel."""
        user = user or self.user()
        place = channel["id"] if channel else self.channel_id
        words = f"<@{self.bot_user}> {typed(text)}"
        message = self.write(words, user, place, thread_ts=thread_ts, files=files)
        return await self.event(self._about(message, "app_mention"), user=user)

    async def direct_message(
        self,
        text: str,
        user: Payload | None = None,
        *,
        thread_ts: str | None = None,
        files: Sequence[File] = (),
    ) -> Delivery:
        """A person writes to the bot alone."""
        user = user or self.user()
        place = self.dm(user)["id"]
        message = self.write(typed(text), user, place, thread_ts=thread_ts, files=files)
        return await self.event(self._about(message, "message"), user=user)

    async def open_home(self, user: Payload | None = None, tab: str = "home") -> Delivery:
        """A person looks at the bot's page, or at their conversation with it (tab messages)."""
        user = user or self.user()
        event = {"type": "app_home_opened", "channel": self.dm(user)["id"], "tab": tab}
        if user["id"] in self.published:
            event["view"] = self.home(user).payload
        return await self.event(event, user=user)

    def _about(self, message: Message, kind: str) -> Payload:
        event = {**message.payload, "type": kind, "channel": message.channel}
        if kind == "app_mention":
            event.pop("subtype", None)
        return {**event, "event_ts": message.ts}
