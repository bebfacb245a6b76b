"""Talks in Slack: commands in words, messages of blocks, direct messages for what is private."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from bot import texts
from bot.adapters.slack.asking import EVERY
from bot.manifest import SLACK_COMMANDS
from bot.wiring import App
from tests.contract.people import People
from tests.contract.talk import NAMED, PATIENCE, RESULT, Answer
from tests.slack_scene import labels, pictures
from tests.slack_server import Delivery, Message, Payload, SlackEmulator
from tests.slack_server.records import BY_USER

if TYPE_CHECKING:
    from tests.contract.town import Town

MENTION = re.compile(r"<[!@#][^>]*>")
MARKED = re.compile(r"\*(.+)\*|`(.+)`", re.DOTALL)
CALLING = ("user", "usergroup", "channel", "broadcast", "link", "emoji", "team")
"""Elements of rich text that mean more than their words."""


class SlackAnswer:
    """The first new message after something that somebody did."""

    def __init__(self, emu: SlackEmulator, user: Payload) -> None:
        self._emu = emu
        self._user = user
        self._start = len(emu.messages)

    @property
    def message(self) -> Message | None:
        """The message; a note that a private job goes on elsewhere leads to that."""
        mine = self._emu.dm_id(self._user["id"])
        places = (self._emu.channel_id, mine)
        came = [m for m in self._emu.messages[self._start :] if m.via != BY_USER]
        seen = [m for m in came if m.channel in places and m.user_only in (None, self._user["id"])]
        there = [message for message in seen if not _leads_on(message)]
        return next(iter(there), None)

    @property
    def text(self) -> str:
        """All that can be read of it, as a client shows it."""
        return _said(self.message) if self.message else ""

    @property
    def pictures(self) -> list[bytes]:
        """The files of its results."""
        return [data for name, data in self._files() if RESULT.fullmatch(name)]

    @property
    def sheets(self) -> list[bytes]:
        """The files of sheets and drawings."""
        return [data for name, data in self._files() if not RESULT.fullmatch(name)]

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons."""
        return labels(self.message) if self.message else []

    @property
    def private(self) -> bool:
        """Whether it is ephemeral, or among the direct messages."""
        message = self.message
        return message is not None and bool(
            message.user_only or self._emu.channels[message.channel]["is_im"]
        )

    @property
    def gone(self) -> bool:
        """Whether it is deleted."""
        return bool(self.message and self.message.deleted)

    @property
    def calls(self) -> list[str]:
        """Mentions in the notification and in small print, and elements that are more than text."""
        if self.message is None:
            return []
        nodes = list(_nodes(self.message.blocks))
        marked = [node["text"] for node in nodes if node.get("type") == "mrkdwn"]
        found = [call for text in (self.message.text, *marked) for call in MENTION.findall(text)]
        return found + [str(node) for node in nodes if node.get("type") in CALLING]

    def _files(self) -> list[tuple[str, bytes]]:
        """The files that it shows, by their names without the ending."""
        images = pictures(self.message) if self.message else []
        files = [self._emu.files[image["slack_file"]["id"]] for image in images]
        return [(Path(file.filename).stem, file.data) for file in files if file.data is not None]

    async def until(self, true: Callable[[], object]) -> Self:
        """Wait until something is true of it."""
        await self._emu.until(true, PATIENCE, f"something of {self.text!r}")
        return self


class SlackTalk:
    """Talks in the workspace's channel."""

    name: ClassVar[str] = "slack"
    at_the_machine: ClassVar[bool] = False

    def __init__(self, town: Town) -> None:
        self._town = town
        self._emu = town.slack
        self._people = People()

    @property
    def app(self) -> App:
        """The bot as it runs now."""
        return self._town.app

    async def say(
        self, command: str, *, by: str = "ann", files: Mapping[str, Path] | None = None
    ) -> SlackAnswer:
        """Give a command, by its own name or as a word of ``/art``; files are links in its text."""
        user = self._user(by)
        name, _, text = command.removeprefix("/").partition(" ")
        own = name in (*SLACK_COMMANDS, EVERY)
        for option, path in (files or {}).items():
            file = self._emu.user_file(path.name, path.read_bytes(), user)
            text += f" --{option} {self._emu.file_payload(file)['permalink']}"
        answer = SlackAnswer(self._emu, user)
        await self._emu.slash(
            f"/{name}" if own else f"/{EVERY}", text if own else f"{name} {text}", user=user
        )
        return await answer.until(lambda: answer.text)

    def spellings(self, command: str) -> list[str]:
        """The ways to type a command."""
        return [command, f"/{EVERY} {command.removeprefix('/')}"]

    async def press(self, answer: Answer, label: str, *, by: str = "ann") -> SlackAnswer:
        """Press a button, and wait for the first words that come back."""
        said = SlackAnswer(self._emu, self._user(by))
        await self._press(answer, label, by)
        return await said.until(lambda: said.text)

    async def turn(self, answer: Answer, label: str) -> Answer:
        """Press a button whose answer takes the place of this one, and wait until it does."""
        before = answer.text
        await self._press(answer, label, "ann")
        return await answer.until(lambda: answer.text != before)

    async def fill(self, answer: Answer, label: str, fields: Mapping[str, str]) -> SlackAnswer:
        """Press a button that opens a form, and send that."""
        said = SlackAnswer(self._emu, self._user("ann"))
        before = len(self._emu.views)
        await self._press(answer, label, "ann")
        view = await self._emu.until(
            lambda: next(iter(self._emu.views[before:]), None), PATIENCE, "a form"
        )
        await self._emu.submit(view, fields)
        return await said.until(lambda: said.text)

    def actor(self, name: str = "ann") -> str:
        """The key of a person."""
        return f"slack:{self._emu.team['id']}:{self._user(name)['id']}"

    def sees(self, name: str, answer: Answer) -> bool:
        """Whether a person can see an answer."""
        assert isinstance(answer, SlackAnswer)
        message, user = answer.message, self._user(name)
        assert message is not None
        place = self._emu.channels[message.channel]
        is_there = not place["is_im"] or self._emu.dm_id(user["id"]) == message.channel
        return is_there and message in self._emu.visible_to(user, message.channel)

    def messages_of(self, job: str) -> list[str]:
        """The texts of all messages that stand with this id."""
        there = [message for message in self._emu.messages if not message.deleted]
        return [text for text in map(_said, there) if f"#{job}" in text]

    async def _press(self, answer: Answer, label: str, by: str) -> Delivery:
        assert isinstance(answer, SlackAnswer)
        assert answer.message is not None
        return await self._emu.click(answer.message, text=label, user=self._user(by))

    def _user(self, name: str) -> Payload:
        return self._emu.user(self._people.called(name))


def _leads_on(message: Message) -> bool:
    """Whether all that a message says is that a private job goes on in the direct messages."""
    said = _said(message)
    job = NAMED.search(said)
    return job is not None and said == "".join(s.text for s in texts.slack_private(job[1]))


def _said(message: Message) -> str:
    """What a client shows of a message's words."""
    return "\n".join(filter(None, map(_shown, message.blocks)))


def _shown(block: Payload) -> str:
    """What a client shows of a block's words."""
    if block["type"] == "rich_text":
        return "".join(
            part.get("text", "") for section in block["elements"] for part in section["elements"]
        )
    if block["type"] == "context":
        return " ".join(_plain(part) for part in block["elements"])
    if block["type"] == "section":
        return _plain(block["text"])
    return ""


def _plain(part: Payload) -> str:
    text = str(part["text"])
    if part["type"] == "plain_text":
        return text
    marked = MARKED.fullmatch(text)
    return unescape(marked[1] or marked[2]) if marked else unescape(text)


def _nodes(node: Any) -> Iterator[Payload]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)
