"""What people do in Slack, as questions to the service: commands, mentions, presses, modals."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from bot.adapters.lasting import BUTTON
from bot.adapters.slack.answering import Answering, Ask
from bot.adapters.slack.compiling import errors_for
from bot.adapters.slack.fetching import Fetcher, FileLink, images_of, sent
from bot.adapters.slack.forms import sent_form
from bot.adapters.slack.homes import Homes
from bot.adapters.slack.menus import Menus
from bot.adapters.slack.modals import Modals
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import (
    PLATFORM,
    Asked,
    Body,
    of_action,
    of_command,
    of_event,
    of_shortcut,
    of_view,
    said,
    typed,
)
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.web import FAULTS
from bot.invocation import Given
from bot.reply import Reply
from bot.service.answers.clicks import PRESSES
from bot.service.service import Service
from generation.errors import UserError
from storage.records import Promise

log = logging.getLogger(__name__)

EVERY: Final = "art"
"""The slash command that every other one is a word of."""
Handle = Callable[[Body], Awaitable[Answer]]

OPENER: Final = re.compile(r"open:(?P<what>[a-z_]{1,30})")
COMMAND: Final = re.compile(r"command:(?P<name>[a-z_]{1,30})")
LONG_AGO: Final = timedelta(days=7)
"""Older promises are not looked for among the jobs."""
_WRITTEN: Final = (None, "file_share", "thread_broadcast")
"""Kinds of messages that a person wrote just now."""


class Asking:
    """Asks the service, and says what Slack gets for an acknowledgement."""

    def __init__(
        self,
        service: Service,
        responder: Answering,
        poster: Poster,
        fetcher: Fetcher,
        homes: Homes,
        bot: str,
    ) -> None:
        self._service = service
        self._modals = Modals(service.desk)
        self._menus = Menus(service, fetcher)
        self._bot = bot
        self._responder = responder
        self._poster = poster
        self._fetcher = fetcher
        self._homes = homes

    async def command(self, body: Body) -> Answer:
        """Answer a slash command; without a word, ``/imagine`` opens its modal."""
        asked, name = of_command(body), str(body["command"]).removeprefix("/")
        text = typed(body.get("text") or "").strip()
        if name == EVERY:
            name, text = (*text.split(maxsplit=1), "", "")[:2]
            name = name.lower() or "help"
        if name == "imagine" and not text:
            return await self._open(asked, name, speaks=True)
        return await self._respond(asked, name, text, speaks=True)

    async def mention(self, body: Body, *, again: bool = False) -> Answer:
        """Answer somebody who wrote to the bot, in a channel or to it alone, as ``/imagine``.

        ``again`` says that Slack sends this once more: an earlier process may have stored its job.
        """
        event, asked = body["event"], of_event(body)
        if event.get("bot_id") or event.get("edited") or not asked.user:
            # What is mended afterwards comes as another event, and has been asked for once.
            return None
        if event.get("subtype") not in _WRITTEN:
            return None
        if again and await self._service.desk.store.jobs.of_ticket(PLATFORM, asked.key):
            return None
        text, files = said(event.get("text") or "", self._bot), sent(event.get("files") or ())
        if not text or text.lower() == "help":
            return await self._respond(asked, "help", "")
        return await self._respond(asked, "imagine", text, files)

    async def action(self, body: Body) -> Answer:
        """Answer a press of a button."""
        asked = of_action(body)
        pressed = str(body["actions"][0].get("action_id") or "")
        if opener := OPENER.fullmatch(pressed):
            if opener["what"] == "home":
                self._responder.begin(self._homes.show(asked))
                return None
            return await self._open(asked, opener["what"], asks_place=asked.in_home)
        button = BUTTON.fullmatch(pressed)
        if button is None:
            log.info("a press of %s means nothing", pressed[:60])
            return None
        press = PRESSES.get(button["action"])
        if press is not None and press.at_first:
            asked = await self._looked_up(asked)
        if press is not None and press.turns:
            asked = replace(asked, turns=asked.is_loose or (asked.direct and bool(asked.message)))
        return await self._responder.respond(
            asked,
            partial(self._click, asked, button["action"], button["target"]),
            may_wait=press is None or not press.at_first,
        )

    async def view(self, body: Body) -> Answer:
        """Answer a modal that was sent: a form, or the inputs of a command."""
        view, asked = body["view"], of_view(body)

        def errors(reply: Reply) -> dict[str, str]:
            return errors_for(view, reply)

        form, named = sent_form(view), COMMAND.fullmatch(view.get("callback_id") or "")
        if form is not None:
            ask: Ask = partial(self._click, asked, form.action, form.target, form.fields)
        elif named is not None:
            ask = partial(self._submit, asked, named["name"], view)
        else:
            return None
        return await self._responder.submitted(asked, ask, errors)

    async def shortcut(self, body: Body) -> Answer:
        """Answer an entry of a message's menu, or the shortcut that opens the modal anywhere."""
        asked, action = of_shortcut(body), str(body["callback_id"])
        if "message" not in body:
            return await self._open(asked, action, asks_place=True)
        ask = partial(self._menus.chosen, asked, action, body)
        return await self._responder.respond(asked, ask)

    async def again(self, promise: Promise) -> bool:
        """Answer what an earlier process has promised to, and return whether it can be read."""
        request = promise.request or {}
        handles: dict[str, Handle] = {
            "command": self.command,
            "mention": self.mention,
            "action": self.action,
            "view": self.view,
            "shortcut": self.shortcut,
        }
        handle = handles.get(str(request.get("kind")))
        if handle is None:
            return False
        stored = self._service.desk.store.jobs.of_ticket
        if await stored(PLATFORM, promise.ticket.id, within=LONG_AGO):
            # The job was stored just before its promise.
            return True
        try:
            await handle(request.get("body") or {})
        except (KeyError, IndexError, TypeError, AttributeError):
            log.exception("a promise cannot be read")
            return False
        return True

    def options(self, body: Body) -> dict[str, Any]:
        """Return what a search in a select of a modal finds, from memory."""
        named = COMMAND.fullmatch((body.get("view") or {}).get("callback_id") or "")
        return self._modals.options(named["name"] if named else "", body)

    async def home(self, body: Body) -> Answer:
        """Show somebody the home that they opened."""
        if body["event"].get("tab", "home") == "home":
            self._responder.begin(self._homes.show(replace(of_event(body), channel="")))
        return None

    async def _respond(
        self,
        asked: Asked,
        name: str,
        text: str,
        files: list[FileLink] | None = None,
        *,
        speaks: bool = False,
    ) -> Answer:
        """Answer a command in words, with the files that it names or came with."""
        command = self._service.desk.commands.get(name)
        names = images_of(command) if command else []
        rest, given = self._fetcher.links(text, names)
        left = [each for each in names if each not in given]
        given |= dict(zip(left, files or (), strict=False))
        takes = command.takes if command else ""
        options = {takes: rest} if rest else {}
        answer = partial(self._answer, asked, name, options, given)
        return await self._responder.respond(asked, answer, speaks=speaks)

    async def _answer(
        self,
        asked: Asked,
        name: str,
        options: Mapping[str, Given],
        files: Mapping[str, FileLink],
    ) -> Reply:
        # Before anything is fetched for somebody who may not ask at all.
        self._service.let_in(asked.invocation(name, {}))
        async with self._fetcher.here(asked, options, files) as given:
            return await self._service.answer(asked.invocation(name, given))

    async def _open(
        self, asked: Asked, name: str, *, asks_place: bool = False, speaks: bool = False
    ) -> Answer:
        """Open the modal of a command; where it asks for a place, that is looked at afterwards."""
        try:
            if not asks_place:
                self._service.let_in(asked.invocation(name, {}))
            command = self._modals.command(name)
        except UserError as error:
            return await self._responder.respond(asked, partial(_refused, error), speaks=speaks)

        async def opened() -> None:
            view = await self._modals.view(asked, command, asks_place=asks_place)
            await self._responder.open_view(asked, view)

        self._responder.begin(opened())
        return None

    async def _submit(self, asked: Asked, name: str, view: Mapping[str, Any]) -> Reply:
        """Answer the modal of a command."""
        found = self._modals.submitted(name, view)
        placed = await self._placed(replace(asked, channel=found.where or asked.channel))
        files = {each: sent([about])[0] for each, about in found.files.items()}
        reply = await self._answer(placed, name, dict(found.options), files)
        self._renew_home(asked)
        return reply

    async def _click(
        self, asked: Asked, action: str, target: str, form: Mapping[str, str] | None = None
    ) -> Reply:
        placed = await self._placed(asked)
        reply = await self._service.click(placed.click(action, target, form))
        self._renew_home(asked)
        return reply

    async def _looked_up(self, asked: Asked) -> Asked:
        """Say of a pressed message whether it is known; one that answers a command may not be."""
        if asked.is_loose or not asked.message:
            return asked
        find = self._service.desk.store.posts.find
        return replace(asked, is_loose=await find(PLATFORM, asked.channel, asked.message) is None)

    def _renew_home(self, asked: Asked) -> None:
        """Show the home anew after something was done there."""
        if asked.in_home:
            self._responder.begin(self._homes.show(asked))

    async def _placed(self, asked: Asked) -> Asked:
        """Give what was asked outside all channels a place: the direct messages with the asker."""
        if asked.channel:
            return asked
        try:
            channel = await self._poster.direct(asked.user)
        except FAULTS as error:
            log.info("the direct messages with %s are not known yet: %s", asked.user, error)
            channel = asked.user
        return replace(asked, channel=channel, thread="")


async def _refused(error: UserError) -> Reply:
    raise error
