"""Making an interaction, and handing it to the bot."""

from __future__ import annotations

import asyncio
import secrets
import time

from tests.discord_server.message_store import MessageStore
from tests.discord_server.payloads import DM
from tests.discord_server.records import Interaction, Message, Payload

IN_GUILD, IN_BOT_DM, IN_PRIVATE = 0, 1, 2
BY_GUILD, BY_USER = "0", "1"


class Interacting(MessageStore):
    """Tells the bot what people do with it."""

    def context(self, place: Payload) -> int:
        """In which of Discord's three kinds of places something happens."""
        if place.get("guild_id"):
            return IN_GUILD
        return IN_BOT_DM if place["type"] == DM else IN_PRIVATE

    async def _interact(
        self,
        kind: int,
        data: Payload,
        user: Payload,
        place: Payload,
        source: Message | None = None,
    ) -> Interaction:
        token = "aW50ZXJhY3Rpb246" + secrets.token_urlsafe(90)
        interaction = Interaction(
            self.changes,
            self.snowflake(),
            token,
            kind,
            user["id"],
            place["id"],
            place.get("guild_id"),
            self._interaction_payload(kind, user, place),
            source=source,
        )
        interaction.payload |= {"id": interaction.id, "token": token, "data": data}
        if source is not None:
            interaction.payload["message"] = source.payload
            self._self_check("MessageResponse", source.payload)
        if not self.sessions:
            raise RuntimeError("no gateway session")
        self.interactions[interaction.id] = self.by_token[token] = interaction
        interaction.created = time.monotonic()
        if self.delivery_delay:
            await asyncio.sleep(self.delivery_delay)
        session = list(self.sessions.values())[-1]
        await session.tell("INTERACTION_CREATE", interaction.payload)
        return interaction

    def _interaction_payload(self, kind: int, user: Payload, place: Payload) -> Payload:
        allowed = str(self.standing(user).permissions)
        payload: Payload = {
            "application_id": self.app_id,
            "type": kind,
            "version": 1,
            "channel_id": place["id"],
            "channel": {**place, "permissions": allowed},
            "app_permissions": str(self.bot_permissions(place)),
            "locale": "en-US",
            "entitlements": [],
            "authorizing_integration_owners": self._owners(user, place),
            "context": self.context(place),
            "attachment_size_limit": self.attachment_limit,
        }
        guild_id = place.get("guild_id")
        if guild_id is None:
            return {**payload, "user": user}
        member = self.member(user)
        if place["id"] in self.outside:
            member["roles"] = []
        return {
            **payload,
            "guild_id": guild_id,
            "guild": {"id": guild_id, "locale": "en-US", "features": []},
            "guild_locale": "en-US",
            "member": {**member, "permissions": allowed},
        }

    def _owners(self, user: Payload, place: Payload) -> dict[str, str]:
        """By whose leave the bot is there: the guild's (0 in a conversation), or the person's."""
        if place["id"] in self.outside:
            return {BY_USER: user["id"]}
        return {BY_GUILD: place.get("guild_id") or "0"}
