"""What people did in the storm, and what can be seen of it in the chats afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

MAKING: Final = ("imagine", "reroll", "vary", "upscale", "compare", "verify")
"""What leads to a job; a button that does counts like its command."""
GALLERY: Final = "gallery"
"""Where pictures are shown once more: what stands there is no job's own message."""


@dataclass
class Deed:
    """One thing that a person did. ``ticket`` is the chat service's own name of it.

    ``given`` is what the stand-in handed to the bot; ``target`` is the job that was named.
    """

    kind: str
    actor: str
    ticket: str
    given: Any
    prompt: str = ""
    count: int = 1
    target: str = ""


@dataclass(frozen=True)
class Showing:
    """A message with pictures. ``pixels`` are their SHA-256 by the pictures' ids.

    ``sheets`` are the jobs of which it shows a sheet or a drawing.
    """

    place: str
    """The id of the channel, or ``GALLERY``."""
    message: str
    owner: str
    """The actor whom it answers, or alone sees it; empty where the chat does not say."""
    alone: bool
    """Whether nothing but a press on it reaches it: only its owner sees it."""
    pictures: tuple[str, ...]
    pixels: Mapping[str, str]
    sheets: frozenset[str] = frozenset()

    @property
    def jobs(self) -> set[str]:
        return {picture.partition(".")[0] for picture in self.pictures} | self.sheets


def kind_of(label: str) -> str:
    """Return the kind of deed that a press of a button is: the same for each of its numbers."""
    return label.lower().partition(" ")[0]


class Chat(Protocol):
    """One chat service with its people."""

    name: str
    people: tuple[str, ...]

    @property
    def connected(self) -> bool:
        """Whether the bot can hear people."""

    def actor(self, person: str) -> str:
        """Return who somebody is to the bot."""

    async def command(self, person: str, name: str, given: Mapping[str, Any]) -> Deed:
        """Give a command; ``show`` is given in the gallery."""

    async def press(self, person: str, label: str, target: str) -> Deed | None:
        """Press a button below a job's message; nothing where there is none any more."""

    def pressable(self, person: str, label: str) -> list[tuple[str, str]]:
        """Return the jobs below whose messages somebody sees a button, and what is said there."""

    def acknowledged(self, deed: Deed) -> bool:
        """Whether the bot said in time that it heard."""

    def showings(self) -> list[Showing]:
        """Return all messages that show pictures."""

    def told(self, deed: Deed, job: str) -> bool:
        """Whether a job's own message says how it ended."""

    def unexplained(self, deeds: Iterable[Deed]) -> list[Deed]:
        """Return those of which nothing was said to their askers."""

    def unfinished(self) -> list[str]:
        """Return what still looks as if something went on."""

    def complaints(self) -> list[str]:
        """Return what the bot should not have sent."""
