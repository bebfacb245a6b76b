"""What people do in Slack, as questions to the service: commands, mentions, presses, modals."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

from bot.adapters.slack.answering import Answering, Ask
from bot.adapters.slack.compiling import command_view, errors_for, given_options
from bot.adapters.slack.fetching import Fetcher, FileLink, images_of, sent
from bot.adapters.slack.forms import sent_form
from bot.adapters.slack.homes import Homes
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
from bot.adapters.slack.selecting import options_for
from bot.commands import Command
from bot.errors import NotOurMessage
from bot.invocation import Given
from bot.reply import Reply
from bot.service.service import Service
from generation.errors import UnknownName, UserError
from storage.records import Promise, Viewer

log = logging.getLogger(__name__)

EVERY: Final = "art"
"""The slash command that every other one is a word of."""
FORMS: Final = ("imagine", "settings")
"""Commands that have a modal."""
Handle = Callable[[Body], Awaitable[Answer]]

BUTTON: Final = re.compile(r"do:(?P<action>[a-z_]{1,30}):(?P<target>[0-9a-z.]{1,64})")
OPENER: Final = re.compile(r"open:(?P<what>[a-z_]{1,30})")
COMMAND: Final = re.compile(r"command:(?P<name>[a-z_]{1,30})")
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
            name, _, text = text.partition(" ")
            name, text = name.lower() or "help", text.strip()
        if name == "imagine" and not text:
            return await self._open(asked, name)
        return await self._respond(asked, name, text, speaks=True)

    async def mention(self, body: Body, *, again: bool = False) -> Answer:
        """Answer somebody who wrote to the bot, in a channel or to it alone, as ``/imagine``.

        ``again`` says that Slack sends this once more: an earlier process may have stored its job.
        """
        event, asked = body["event"], of_event(body)
        if event.get("bot_id") or event.get("subtype") not in _WRITTEN or not asked.user:
            return None
        if again and await self._service.desk.store.jobs.of_ticket(PLATFORM, asked.key):
            return None
        text, files = said(event.get("text") or "", self._bot), sent(event.get("files") or ())
        if not text:
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
        asked = await self._placed(asked)
        click = asked.click(button["action"], button["target"])
        answer = await self._responder.respond(asked, partial(self._service.click, click))
        if asked.in_home:
            self._responder.begin(self._homes.show(asked))
        return answer

    async def view(self, body: Body) -> Answer:
        """Answer a modal that was sent: a form, or the inputs of a command."""
        view, asked = body["view"], of_view(body)

        def errors(reply: Reply) -> dict[str, str]:
            return errors_for(view, reply)

        form = sent_form(view)
        if form is not None:
            asked = await self._placed(asked)
            click = asked.click(form.action, form.target, form.fields)
            return await self._responder.submitted(
                asked, partial(self._service.click, click), errors
            )
        named = COMMAND.fullmatch(view.get("callback_id") or "")
        if named is None:
            return None
        return await self._responder.submitted(
            *await self._submission(asked, named["name"], view), errors
        )

    async def shortcut(self, body: Body) -> Answer:
        """Answer an entry of a message's menu, or the shortcut that opens the modal anywhere."""
        asked, action = of_shortcut(body), str(body["callback_id"])
        if "message" not in body:
            return await self._open(asked, action, asks_place=True)
        return await self._responder.respond(asked, partial(self._of_message, asked, action, body))

    async def again(self, promise: Promise) -> bool:
        """Answer what an earlier process has promised to, and return whether it can be read."""
        request = promise.request or {}
        handles: dict[str, Handle] = {
            "command": self.command,
            "mention": partial(self.mention, again=True),
            "action": self.action,
            "view": self.view,
            "shortcut": self.shortcut,
        }
        handle = handles.get(str(request.get("kind")))
        if handle is None:
            return False
        try:
            await handle(request.get("body") or {})
        except (KeyError, IndexError, TypeError, AttributeError):
            log.exception("a promise cannot be read")
            return False
        return True

    def options(self, body: Body) -> dict[str, Any]:
        """Return what a search in a select of a modal finds, from memory."""
        view = body.get("view") or {}
        named = COMMAND.fullmatch(view.get("callback_id") or "")
        command = self._service.desk.commands.get(named["name"]) if named else None
        option = command.option(str(body.get("action_id"))) if command else None
        asked = of_view(body)
        viewer = Viewer(asked.actor, asked.reply_to().place)
        typed_so_far = str(body.get("value") or "")
        return options_for(self._service.desk.suggestions, option, typed_so_far, viewer)

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

    async def _open(self, asked: Asked, name: str, *, asks_place: bool = False) -> Answer:
        """Open the modal of a command."""
        try:
            self._service.let_in(asked.invocation(name, {}))
            command = self._form_command(name)
        except UserError as error:
            return await self._responder.respond(asked, partial(_refused, error), speaks=True)
        self._responder.begin(self._opened(asked, command, asks_place=asks_place))
        return None

    async def _opened(self, asked: Asked, command: Command, *, asks_place: bool) -> None:
        desk = self._service.desk
        initial: dict[str, str] = {}
        if command.name == "settings":
            kept = await desk.store.settings.get(asked.actor)
            initial = {name: str(value) for name, value in kept.items()}
            asks_place = False
        view = command_view(
            command,
            desk.suggestions,
            metadata=asked.metadata(),
            asks_place=asks_place,
            initial=initial,
        )
        await self._responder.open_view(asked, view)

    def _form_command(self, name: str) -> Command:
        command = self._service.desk.commands.get(name)
        if command is None or name not in FORMS:
            raise UnknownName("command", name[:60], FORMS)
        # A modal of settings shows all of them: what is emptied in it is taken back.
        return replace(command, options=tuple(o for o in command.options if o.name != "reset"))

    async def _submission(
        self, asked: Asked, name: str, view: Mapping[str, Any]
    ) -> tuple[Asked, Ask]:
        """Return who sent a command's modal from where, and the answer that is to come."""
        try:
            command = self._form_command(name)
            found = given_options(command, view.get("state") or {})
        except UserError as error:
            return asked, partial(_refused, error)
        asked = await self._placed(replace(asked, channel=found.where or asked.channel))
        options: dict[str, Given] = dict(found.options)
        if name == "settings" and "channel" not in options:
            options["reset"] = "all"
        files = {each: sent([about])[0] for each, about in found.files.items()}
        return asked, partial(self._answer, asked, name, options, files)

    async def _placed(self, asked: Asked) -> Asked:
        """Give what was asked outside all channels a place: the direct messages with the asker."""
        if asked.channel:
            return asked
        return replace(asked, channel=await self._poster.direct(asked.user), thread="")

    async def _of_message(self, asked: Asked, action: str, body: Body) -> Reply:
        """Answer for a message: for the job that it shows, else for its first picture."""
        store = self._service.desk.store
        post = await store.posts.find(PLATFORM, asked.channel, asked.message)
        if post is not None:
            return await self._service.click(asked.click(action, post.job))
        self._service.let_in(asked.invocation("show", {}))
        files = [f for f in body["message"].get("files") or () if _is_picture(f)]
        if not files or action not in ("recipe", "use"):
            raise NotOurMessage(action)
        async with self._fetcher.here(asked, {}, {"file": sent(files)[0]}) as given:
            invocation = asked.invocation("show", given)
            if action == "use":
                return await self._service.keep_picture(invocation)
            return await self._service.answer(invocation)


def _is_picture(file: Mapping[str, Any]) -> bool:
    return str(file.get("mimetype") or "").startswith("image/")


async def _refused(error: UserError) -> Reply:
    raise error
