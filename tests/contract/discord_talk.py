"""Talks in Discord: commands with their options, messages with embeds, files and buttons."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from bot.command import Command
from bot.flags import parse_flags
from bot.wiring import App
from tests import discord_markdown
from tests.contract.people import People
from tests.contract.talk import PATIENCE, RESULT, Answer
from tests.discord_server import DiscordEmulator, Interaction, Message, Payload

if TYPE_CHECKING:
    from tests.contract.town import Town

TYPES: Mapping[int, Callable[[str], object]] = {4: int, 5: bool, 10: float}
"""How values are given to an option of a type; the others take text."""
STYLES = ("strong", "code", "small")
"""What our own words look like; anything else that a client finds in a text was not meant."""


class DiscordAnswer:
    """The first message that answers an interaction."""

    def __init__(self, emu: DiscordEmulator, ix: Interaction) -> None:
        self._emu = emu
        self.ix = ix

    @property
    def message(self) -> Message | None:
        """The message, once it says something."""
        sent = [message for message in (self.ix.original, *self.ix.followups) if message]
        left = [message for message in sent if not message.deleted] or sent
        return next((message for message in left if not message.loading), None)

    @property
    def text(self) -> str:
        """All that can be read of it, as a client shows it."""
        return _shown(self.message) if self.message else ""

    @property
    def pictures(self) -> list[bytes]:
        """The files of its results, without a preview and without a sheet of all."""
        return [data for name, data in self._files() if RESULT.fullmatch(name)]

    @property
    def sheets(self) -> list[bytes]:
        """The files of sheets that it was given, not of one that it made for want of room."""
        known = re.compile(rf"{RESULT.pattern}|preview|.*\.all")
        return [data for name, data in self._files() if not known.fullmatch(name)]

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons."""
        parts = self.message.components() if self.message else []
        return [part["label"] for part in parts if part.get("label")]

    @property
    def private(self) -> bool:
        """Whether it is ephemeral."""
        return bool(self.message and self.message.ephemeral)

    @property
    def gone(self) -> bool:
        """Whether it is deleted."""
        return bool(self.message and self.message.deleted)

    @property
    def calls(self) -> list[str]:
        """Mentions, and whatever else a client reads out of a text but its styles and code."""
        if self.message is None:
            return []
        said = [
            call for text in _written(self.message) for call in discord_markdown.read(text).found
        ]
        named = [str(each) for each in self.message.payload["mentions"]]
        return [text for kind, text in said if kind not in STYLES] + named

    def _files(self) -> list[tuple[str, bytes]]:
        """All attachments, by their names without the ending."""
        files = self.message.attachments if self.message else []
        return [(Path(f.filename.removeprefix("SPOILER_")).stem, f.data) for f in files]

    async def until(self, true: Callable[[], object]) -> Self:
        """Wait until something is true of it."""
        await self._emu.until(true, PATIENCE, f"something of {self.text!r}")
        return self


class DiscordTalk:
    """Talks in the guild's channel."""

    name: ClassVar[str] = "discord"
    at_the_machine: ClassVar[bool] = False

    def __init__(self, town: Town) -> None:
        self._town = town
        self._emu = town.discord
        self._people = People()

    @property
    def app(self) -> App:
        """The bot as it runs now."""
        return self._town.app

    async def say(
        self, command: str, *, by: str = "ann", files: Mapping[str, Path] | None = None
    ) -> DiscordAnswer:
        """Give a command: its text goes into the option that it takes, its flags stay in there."""
        name, _, rest = command.removeprefix("/").partition(" ")
        given = self._options(self.app.service.desk.commands[name], rest.strip())
        for option, path in (files or {}).items():
            given[option] = (path.name, path.read_bytes(), "image/png")
        return await self._said(await self._emu.slash(name, given, user=self._user(by)))

    async def press(self, answer: Answer, label: str, *, by: str = "ann") -> DiscordAnswer:
        """Press a button, and wait for the first words that come back."""
        return await self._said(await self._press(answer, label, by))

    async def turn(self, answer: Answer, label: str) -> Answer:
        """Press a button whose answer takes the place of this one, and wait until it does."""
        before = answer.text
        await self._press(answer, label, "ann")
        return await answer.until(lambda: answer.text != before)

    async def fill(self, answer: Answer, label: str, fields: Mapping[str, str]) -> DiscordAnswer:
        """Press a button that opens a form, and send that."""
        pressed = await (await self._press(answer, label, "ann")).wait_ack()
        return await self._said(await self._emu.submit_modal(pressed, fields))

    def spellings(self, command: str) -> list[str]:
        """The ways to type a command: one."""
        return [command]

    def actor(self, name: str = "ann") -> str:
        """The key of a person."""
        return f"discord:{self._user(name)['id']}"

    def sees(self, name: str, answer: Answer) -> bool:
        """Whether a person can see an answer."""
        assert isinstance(answer, DiscordAnswer)
        return answer.message in self._emu.visible_to(self._user(name))

    def messages_of(self, job: str) -> list[str]:
        """The texts of all messages that stand with this id."""
        there = [message for message in self._emu.messages.values() if not message.deleted]
        texts = map(_shown, there)
        return [text for text in texts if f"#{job}" in text]

    async def _said(self, ix: Interaction) -> DiscordAnswer:
        answer = DiscordAnswer(self._emu, ix)
        return await answer.until(lambda: answer.text)

    async def _press(self, answer: Answer, label: str, by: str) -> Interaction:
        assert isinstance(answer, DiscordAnswer)
        assert answer.message is not None
        return await self._emu.click(answer.message, label=label, user=self._user(by))

    def _user(self, name: str) -> Payload:
        return self._emu.user(self._people.called(name))

    def _options(self, command: Command, text: str) -> dict[str, Any]:
        if command.in_turn:
            typed = parse_flags(command, text)
            words = zip((command.takes, *command.in_turn), typed.text.split(), strict=False)
            return {**dict(words), **{name: each[-1] for name, each in typed.options.items()}}
        if command.takes:
            return {command.takes: text} if text else {}
        kinds = {each["name"]: each["type"] for each in self._emu.command(command.name)["options"]}
        parsed = parse_flags(command, text)
        assert not parsed.text, f"Discord has no place for {parsed.text!r}"
        return {
            name: TYPES.get(kinds[name], str)(",".join(values))
            for name, values in parsed.options.items()
        }


def _shown(message: Message) -> str:
    """What a client shows of a message's words."""
    return "\n".join(discord_markdown.read(text).text for text in _written(message))


def _written(message: Message) -> list[str]:
    parts = [embed.get(key) for embed in message.embeds for key in ("title", "description")]
    return [part for part in (message.content, *parts) if part]
