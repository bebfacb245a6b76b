"""What people do in Discord, as questions to the service: commands, presses, forms, menus."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import discord

from bot.adapters.discord.fetching import Fetcher, Values
from bot.adapters.discord.responding import PATIENCE, Responder
from bot.adapters.discord.where import (
    PLATFORM,
    Interaction,
    actor_of,
    name_of,
    reply_to_of,
    where_of,
)
from bot.adapters.patience import guarded
from bot.commands import Command
from bot.errors import NotOurMessage
from bot.invocation import Click, Given, Invocation
from bot.reply import Reply
from bot.service.clicks import PRESSES
from bot.service.service import Service
from generation.errors import UserError
from storage.records import Post

log = logging.getLogger(__name__)

LONG_PATIENCE: Final = 2.0
"""Seconds for presses that open a form or empty the message: only a first answer can do that."""


class Asking:
    """Asks the service, and lets the answers be shown."""

    def __init__(self, service: Service, responder: Responder, fetcher: Fetcher) -> None:
        self._service = service
        self._responder = responder
        self._fetcher = fetcher

    async def command(self, interaction: Interaction, command: Command, values: Values) -> None:
        """Answer a slash command."""
        name = command.name

        async def answer() -> Reply:
            # Before anything is fetched for somebody who may not ask at all.
            self._service.let_in(_invocation(interaction, name, {}))
            async with self._fetcher.here(values) as given:
                return await self._service.answer(_invocation(interaction, name, given))

        public = command.public and not values.get("private")
        await self._responder.respond(interaction, guarded(answer), private=not public)

    def may_ask(self, interaction: Interaction) -> bool:
        """Whether the owner's lists let somebody ask anything here."""
        try:
            self._service.let_in(_invocation(interaction, "help", {}))
        except UserError:
            return False
        return True

    async def press(self, interaction: Interaction, action: str, target: str) -> None:
        """Answer a press of a button."""

        async def answer() -> Reply:
            return await self._service.click(_click(interaction, action, target))

        await self._pressed(interaction, answer, action)

    async def form(
        self, interaction: Interaction, action: str, target: str, fields: Mapping[str, str]
    ) -> None:
        """Answer a form that was sent."""

        async def answer() -> Reply:
            return await self._service.click(_click(interaction, action, target, fields))

        # What a form asks for is for all to see.
        await self._responder.respond(interaction, guarded(answer), private=False)

    async def menu(self, interaction: Interaction, action: str, message: discord.Message) -> None:
        """Answer an entry of the menu that every message has."""

        async def answer() -> Reply:
            post = await self._post(message)
            if post is not None:
                return await self._service.click(_click(interaction, action, post.job))
            return await self._of_other(interaction, action, message)

        await self._pressed(interaction, answer, action)

    async def _of_other(
        self, interaction: Interaction, action: str, message: discord.Message
    ) -> Reply:
        """Answer for a message that shows no job: for its first picture, if it has one."""
        self._service.let_in(_invocation(interaction, "show", {}))
        picture = next((each for each in message.attachments if _is_picture(each)), None)
        if picture is None or action not in ("recipe", "use"):
            raise NotOurMessage(action)
        async with self._fetcher.here({"file": picture}) as given:
            invocation = _invocation(interaction, "show", given)
            if action == "use":
                return await self._service.keep_picture(invocation)
            return await self._service.answer(invocation)

    async def _post(self, message: discord.Message) -> Post | None:
        channel = str(message.channel.id)
        return await self._service.desk.store.posts.find(PLATFORM, channel, str(message.id))

    async def _pressed(
        self, interaction: Interaction, answer: Callable[[], Awaitable[Reply]], action: str
    ) -> None:
        press = PRESSES.get(action)
        await self._responder.respond(
            interaction,
            guarded(answer),
            private=press is None or not press.public,
            patience=LONG_PATIENCE if press and press.at_first else PATIENCE,
        )


def _is_picture(attachment: discord.Attachment) -> bool:
    kind = attachment.content_type or ""
    return kind.startswith("image/") or attachment.filename.lower().endswith(
        (".png", ".jpg", ".jpeg", ".webp")
    )


def _invocation(interaction: Interaction, name: str, given: Mapping[str, Given]) -> Invocation:
    return Invocation(
        command=name,
        options=given,
        actor=actor_of(interaction),
        reply_to=reply_to_of(interaction),
        display_name=name_of(interaction),
        where=where_of(interaction),
    )


def _click(
    interaction: Interaction, action: str, target: str, form: Mapping[str, str] | None = None
) -> Click:
    return Click(
        action=action,
        target=target,
        actor=actor_of(interaction),
        reply_to=reply_to_of(interaction),
        display_name=name_of(interaction),
        form=form or {},
        where=where_of(interaction),
    )
