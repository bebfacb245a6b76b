"""Slack's people in the storm."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.slack_scene import labels, text_of
from tests.slack_server import Delivery, Message, SlackEmulator
from tests.slack_server.records import BY_USER
from tests.storm.deeds import GALLERY, Deed, Showing, kind_of
from tests.storm.pixels import picture_of, sha256_of, sheet_of


class SlackChat:
    name = "slack"

    def __init__(self, emu: SlackEmulator, people: int) -> None:
        self.emu = emu
        self.people = tuple(f"sam{number}" for number in range(people))
        self._gallery = emu.channel(GALLERY)
        self._seen: dict[str, str] = {}

    @property
    def connected(self) -> bool:
        return self.emu.connected

    def actor(self, person: str) -> str:
        return f"slack:{self.emu.team['id']}:{self.emu.user(person)['id']}"

    async def command(self, person: str, name: str, given: Mapping[str, Any]) -> Deed:
        user, text = self.emu.user(person), _typed(given)
        if name in ("imagine", "reroll"):
            delivery = await self.emu.slash(f"/{name}", text, user=user)
        else:
            channel = self._gallery if name == "show" else None
            delivery = await self.emu.slash("/art", f"{name} {text}", user=user, channel=channel)
        deed = self._deed(name, person, delivery)
        deed.prompt = given.get("prompt", "") if name == "imagine" else ""
        deed.count = given.get("count", 1)
        deed.target = given.get("id", "")
        return deed

    async def press(self, person: str, label: str, target: str) -> Deed | None:
        user = self.emu.user(person)
        for message in self._seen_by(user):
            if label in labels(message) and _job_of(message, label) == target:
                delivery = await self.emu.click(message, text=label, user=user)
                deed = self._deed(kind_of(label), person, delivery)
                deed.target = target
                return deed
        return None

    def pressable(self, person: str, label: str) -> list[tuple[str, str]]:
        return [
            (_job_of(message, label), text_of(message))
            for message in self._seen_by(self.emu.user(person))
            if label in labels(message)
        ]

    def acknowledged(self, deed: Deed) -> bool:
        return bool(deed.given.acked and not deed.given.late)

    def showings(self) -> list[Showing]:
        return [showing for message in self._ours() if (showing := self._showing(message))]

    def told(self, deed: Deed, job: str) -> bool:
        return any(
            _mark(message, "job") == job and "Cancel" not in labels(message)
            for message in self._ours()
        )

    def unexplained(self, deeds: Iterable[Deed]) -> list[Deed]:
        """Give each deed an answer that is marked as its own, or one of the words to its asker.

        Words that only one person sees carry no mark: each of them counts once.
        """
        answers = {_mark(message, "delivery") for message in self._ours()}
        words = [message for message in self._ours() if self._is_word(message)]
        left: list[Deed] = []
        for deed in sorted(deeds, key=lambda deed: deed.given.created):
            if deed.ticket in answers or _spoke(deed.given):
                continue
            word = next((each for each in words if self._may_answer(each, deed)), None)
            if word is None:
                left.append(deed)
            else:
                words.remove(word)
        return left

    def unfinished(self) -> list[str]:
        return [
            f"slack: message {message.ts} goes on: {text_of(message)!r}"
            for message in self._ours()
            if "Cancel" in labels(message) and message.channel != self._gallery["id"]
        ]

    def complaints(self) -> list[str]:
        wrong = [
            f"slack: {each.method}: {each.answer}: {each.args}" for each in self.emu.violations
        ]
        return [*wrong, *map(str, self.emu.self_violations), *map(str, self.emu.unknown_calls)]

    def _deed(self, kind: str, person: str, delivery: Delivery) -> Deed:
        return Deed(kind, self.actor(person), str(delivery.payload["trigger_id"]), delivery)

    def _ours(self) -> Iterator[Message]:
        return (each for each in self.emu.messages if not each.deleted and each.via != BY_USER)

    def _seen_by(self, user: Mapping[str, Any]) -> list[Message]:
        person = dict(user)
        direct = self.emu.dm(person)["id"]
        return [*self.emu.visible_to(person), *self.emu.visible_to(person, direct)]

    def _is_word(self, message: Message) -> bool:
        is_direct = bool(self.emu.channels[message.channel]["is_im"])
        return (message.user_only is not None or is_direct) and not message.payload.get("metadata")

    def _may_answer(self, message: Message, deed: Deed) -> bool:
        delivery: Delivery = deed.given
        to = {message.user_only, self._partner(message)}
        return delivery.user in to and message.created >= delivery.created

    def _partner(self, message: Message) -> str | None:
        """Return the person in whose direct messages something stands."""
        channel = self.emu.channels[message.channel]
        return str(channel["user"]) if channel["is_im"] else None

    def _showing(self, message: Message) -> Showing | None:
        files = [
            self.emu.files[block["slack_file"]["id"]]
            for block in message.blocks
            if block["type"] == "image" and "slack_file" in block
        ]
        named = [(picture, file) for file in files if (picture := picture_of(file.filename))]
        sheets = frozenset(filter(None, (sheet_of(file.filename) for file in files)))
        if not named and not sheets:
            return None
        for _, file in named:
            if file.id not in self._seen:
                assert file.data is not None
                self._seen[file.id] = sha256_of(file.data)
        partner = message.user_only or self._partner(message)
        in_gallery = message.channel == self._gallery["id"]
        return Showing(
            place=GALLERY if in_gallery else message.channel,
            message=message.ts,
            owner=f"slack:{self.emu.team['id']}:{partner}" if partner else "",
            alone=message.user_only is not None,
            pictures=tuple(picture for picture, _ in named),
            pixels={picture: self._seen[file.id] for picture, file in named},
            sheets=sheets,
        )


def _typed(given: Mapping[str, Any]) -> str:
    """Return options as people type them."""
    words = [str(given[name]) for name in ("prompt", "id") if name in given]
    flags = ("seed", "count", "axis")
    words += [f"--{name} {given[name]}" for name in flags if name in given]
    return " ".join([*words, *(["--private"] if given.get("private") else [])])


def _spoke(delivery: Delivery) -> bool:
    """Whether the acknowledgement itself said something."""
    return bool(delivery.ack_payload)


def _mark(message: Message, name: str) -> str:
    metadata = message.payload.get("metadata") or {}
    return str((metadata.get("event_payload") or {}).get(name, ""))


def _job_of(message: Message, label: str) -> str:
    """Return the job that a button is about, as its id says."""
    _, button = message.find(text=label)
    return str(button["action_id"]).rpartition(":")[2].partition(".")[0]
