"""The modals of commands: opened with what the asker has set, and read when they are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from bot.adapters.slack.compiling import Submitted, command_view, given_options
from bot.adapters.slack.payloads import Asked, Body, of_view
from bot.adapters.slack.richtext import Block
from bot.adapters.slack.selecting import options_for
from bot.command import Command
from bot.service.desk import Desk
from generation.errors import UnknownName
from storage.records import Viewer

FORMS: Final = ("imagine", "settings")
"""Commands that have a modal."""
RESET: Final = "reset"


class Modals:
    """Makes modals and reads what comes of them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def command(self, name: str) -> Command:
        """Return a command as its modal has it. Raises ``UnknownName`` where it has none."""
        command = self._desk.commands.get(name)
        if command is None or name not in FORMS:
            raise UnknownName("command", name[:60], FORMS)
        # A modal of settings shows all of them: what is emptied in it is taken back.
        return replace(command, options=tuple(o for o in command.options if o.name != RESET))

    async def view(self, asked: Asked, command: Command, *, asks_place: bool) -> Block:
        """Return the modal of a command; ``asks_place`` where the answer has none yet."""
        initial: dict[str, str] = {}
        if command.name == "settings":
            kept = await self._desk.store.settings.get(asked.actor)
            initial = {name: str(value) for name, value in kept.items()}
        return command_view(
            command,
            self._desk.suggestions,
            metadata=asked.metadata(),
            asks_place=asks_place and command.name != "settings",
            initial=initial,
        )

    def submitted(self, name: str, view: Mapping[str, Any]) -> Submitted:
        """Return what was put into a command's modal. Raises ``UserError``."""
        found = given_options(self.command(name), view.get("state") or {})
        if name == "settings" and "channel" not in found.options:
            return replace(found, options={**found.options, RESET: "all"})
        return found

    def options(self, name: str, body: Body) -> dict[str, Any]:
        """Return what a search in a select of a command's modal finds, from memory."""
        asked, command = of_view(body), self._desk.commands.get(name)
        option = command.option(str(body.get("action_id"))) if command else None
        viewer = Viewer(asked.actor, asked.reply_to().place)
        return options_for(self._desk.suggestions, option, str(body.get("value") or ""), viewer)
