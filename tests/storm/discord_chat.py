"""Discord's people in the storm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from tests.discord_scene import labels, text_of
from tests.discord_server import DiscordEmulator, Message
from tests.storm.deeds import GALLERY, Deed, Showing, kind_of
from tests.storm.pixels import picture_of, sha256_of, sheet_of

ALREADY_ACKNOWLEDGED: Final = 40060
"""Discord's code for a first answer that is sent again, as its receipt was lost."""
DEFERRED: Final = (5, 6)
"""First answers after which another has to come."""


class DiscordChat:
    name = "discord"

    def __init__(self, emu: DiscordEmulator, people: int) -> None:
        self.emu = emu
        self.people = tuple(f"dora{number}" for number in range(people))
        self._gallery = emu.channel(GALLERY)
        self._seen: dict[str, str] = {}

    @property
    def connected(self) -> bool:
        return self.emu.connected and bool(self.emu.global_commands)

    def actor(self, person: str) -> str:
        return f"discord:{self.emu.user(person)['id']}"

    async def command(self, person: str, name: str, given: Mapping[str, Any]) -> Deed:
        user = self.emu.user(person)
        channel = self._gallery if name == "show" else None
        ix = await self.emu.slash(name, given, user=user, channel=channel)
        prompt = given.get("prompt", "") if name == "imagine" else ""
        count = given.get("count", 1)
        return Deed(name, self.actor(person), ix.id, ix, prompt, count, given.get("id", ""))

    async def press(self, person: str, label: str, target: str) -> Deed | None:
        user = self.emu.user(person)
        for message in self.emu.visible_to(user):
            if label in labels(message) and _job_of(message, label) == target:
                ix = await self.emu.click(message, label=label, user=user)
                return Deed(kind_of(label), self.actor(person), ix.id, ix, target=target)
        return None

    def pressable(self, person: str, label: str) -> list[tuple[str, str]]:
        return [
            (_job_of(message, label), text_of(message))
            for message in self.emu.visible_to(self.emu.user(person))
            if label in labels(message)
        ]

    def acknowledged(self, deed: Deed) -> bool:
        return deed.given.ack_type is not None

    def showings(self) -> list[Showing]:
        return [showing for message in self._ours() if (showing := self._showing(message))]

    def told(self, deed: Deed, job: str) -> bool:
        own = deed.given.original
        if own is not None and not own.deleted and not own.loading:
            return _is_over(own)
        return any(_is_over(each) and _tells(text_of(each), deed, job) for each in self._ours())

    def unexplained(self, deeds: Iterable[Deed]) -> list[Deed]:
        return [deed for deed in deeds if not self._explained(deed)]

    def unfinished(self) -> list[str]:
        return [
            f"discord: message {message.id} goes on: {text_of(message)!r}"
            for message in self._ours()
            if message.loading
            or ("Cancel" in labels(message) and message.channel_id != self._gallery["id"])
        ]

    def complaints(self) -> list[str]:
        wrong = [
            f"discord: {each.op}: {each.answer}: {each.body}"
            for each in self.emu.violations
            if each.answer.get("code") != ALREADY_ACKNOWLEDGED
        ]
        return [*wrong, *map(str, self.emu.self_violations), *map(str, self.emu.unknown_requests)]

    def _explained(self, deed: Deed) -> bool:
        ix = deed.given
        if ix.ack_type not in DEFERRED:
            return True
        answers = [ix.original, *ix.followups]
        return any(each and not each.loading and text_of(each).strip() for each in answers)

    def _ours(self) -> Iterator[Message]:
        for message in self.emu.messages.values():
            if not message.deleted and message.payload["author"]["id"] == self.emu.app_id:
                yield message

    def _owner(self, message: Message) -> str:
        if message.interaction is not None:
            return f"discord:{message.interaction.user_id}"
        for user in self.emu.users.values():
            if self.emu.dm(user)["id"] == message.channel_id:
                return f"discord:{user['id']}"
        return ""

    def _showing(self, message: Message) -> Showing | None:
        found = {
            picture: each for each in message.attachments if (picture := picture_of(each.filename))
        }
        sheets = frozenset(filter(None, (sheet_of(each.filename) for each in message.attachments)))
        if not found and not sheets:
            return None
        for each in found.values():
            if each.id not in self._seen:
                self._seen[each.id] = sha256_of(each.data)
        in_gallery = message.channel_id == self._gallery["id"]
        return Showing(
            place=GALLERY if in_gallery else message.channel_id,
            message=message.id,
            owner=self._owner(message),
            alone=message.ephemeral,
            pictures=tuple(filter(None, (picture_of(e.filename) for e in message.attachments))),
            pixels={picture: self._seen[each.id] for picture, each in found.items()},
            sheets=sheets,
        )


def _tells(text: str, deed: Deed, job: str) -> bool:
    """Whether a text is of a job; a check is spoken of by the picture that was made again."""
    checked = deed.kind == "verify" and f"{deed.target}." in text and "came out" in text
    return job in text or checked


def _is_over(message: Message) -> bool:
    return bool(text_of(message).strip()) and "Cancel" not in labels(message)


def _job_of(message: Message, label: str) -> str:
    """Return the job that a button is about, as its id says."""
    return str(message.find(label=label)["custom_id"]).rpartition(":")[2].partition(".")[0]
