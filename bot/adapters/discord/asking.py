"""What people do in Discord, as questions to the service: commands, presses, forms, menus."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import discord

from bot.adapters.discord.fetching import Fetcher, Values
from bot.adapters.discord.questions import Kind, Question, question_of
from bot.adapters.discord.responding import PATIENCE, Responder
from bot.adapters.discord.where import PLATFORM, Interaction, is_on_private
from bot.adapters.patience import guarded
from bot.command import Command
from bot.errors import NotOurMessage
from bot.reply import Reply
from bot.service.answers.clicks import PRESSES
from bot.service.service import Service
from generation.errors import UserError

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
        public = command.public and not values.get("private")
        question = question_of(interaction, "command", command.name)
        await self._ask(interaction, replace(question, values=values, private=not public))

    async def _ask(
        self, interaction: Interaction, question: Question, patience: float = PATIENCE
    ) -> None:
        await self._responder.respond(interaction, question, self.answer(question), patience)

    async def answer(self, question: Question) -> Reply:
        """Return the service's answer; whatever goes wrong is one, too."""
        answers: dict[Kind, Callable[[Question], Awaitable[Reply]]] = {
            "command": self._command,
            "press": self._press,
            "menu": self._menu,
        }
        return await guarded(partial(answers[question.kind], question))

    async def _command(self, question: Question) -> Reply:
        # Before anything is fetched for somebody who may not ask at all.
        self._service.let_in(question.invocation({}))
        async with self._fetcher.here(question.values) as given:
            return await self._service.answer(question.invocation(given))

    async def _press(self, question: Question) -> Reply:
        return await self._service.click(question.click())

    async def _menu(self, question: Question) -> Reply:
        posts, message = self._service.desk.store.posts, question.target
        post = await posts.find(PLATFORM, question.reply_to.channel, message)
        if post is not None:
            return await self._service.click(question.click(post.job))
        return await self._of_other(question)

    def may_ask(self, interaction: Interaction) -> bool:
        """Whether the owner's lists let somebody ask anything here."""
        try:
            self._service.let_in(question_of(interaction, "command", "help").invocation({}))
        except UserError:
            return False
        return True

    async def press(self, interaction: Interaction, action: str, target: str) -> None:
        """Answer a press of a button."""
        question, press = question_of(interaction, "press", action), PRESSES.get(action)
        turns = press is not None and press.turns and is_on_private(interaction)
        await self._pressed(interaction, replace(question, target=target, turns=turns))

    async def form(
        self, interaction: Interaction, action: str, target: str, fields: Mapping[str, str]
    ) -> None:
        """Answer a form that was sent."""
        question = question_of(interaction, "press", action)
        # What a form asks for is for all to see.
        filled = replace(question, target=target, fields=fields, private=False)
        await self._ask(interaction, filled)

    async def menu(self, interaction: Interaction, action: str, message: discord.Message) -> None:
        """Answer an entry of the menu that every message has."""
        question = question_of(interaction, "menu", action)
        picture = next((each for each in message.attachments if _is_picture(each)), None)
        values: Values = {} if picture is None else {"file": picture}
        await self._pressed(interaction, replace(question, target=str(message.id), values=values))

    async def _of_other(self, question: Question) -> Reply:
        """Answer for a message that shows no job: for its first picture, if it has one."""
        self._service.let_in(question.invocation({}, "show"))
        if not question.values or question.name not in ("recipe", "use"):
            raise NotOurMessage(question.name)
        async with self._fetcher.here(question.values) as given:
            invocation = question.invocation(given, "show")
            if question.name == "use":
                return await self._service.keep_picture(invocation)
            return await self._service.answer(invocation)

    async def _pressed(self, interaction: Interaction, question: Question) -> None:
        press = PRESSES.get(question.name)
        await self._ask(
            interaction,
            replace(question, private=press is None or not press.public),
            LONG_PATIENCE if press and press.at_first else PATIENCE,
        )


def _is_picture(attachment: discord.Attachment) -> bool:
    kind = attachment.content_type or ""
    return kind.startswith("image/") or attachment.filename.lower().endswith(
        (".png", ".jpg", ".jpeg", ".webp")
    )
