"""A person's talk with the bot, the same on every surface.

Each surface has its own way to type a command, to press a button and to read an answer; what a
scenario may ask of all of them is here. Where one lacks something, its ``Talk`` says so as data.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Protocol, Self

from PIL import Image

from bot.wiring import App
from generation.metadata import read_metadata
from generation.recipe import Recipe
from storage.records import JobRecord, Viewer

PATIENCE = 60.0
NAMED = re.compile(r"#([0-9a-z]{6})\b")
RESULT = re.compile(r"[0-9a-z]{6}\.\d+")
"""What pictures are called, and no sheet or preview is."""


class Answer(Protocol):
    """What a person gets to see: one message, or what a terminal prints after a command."""

    @property
    def text(self) -> str:
        """All that can be read of it now; empty as long as nothing has come."""
        ...

    @property
    def pictures(self) -> list[bytes]:
        """The PNG files of its results."""
        ...

    @property
    def sheets(self) -> list[bytes]:
        """The files of the sheets and drawings that it comes with."""
        ...

    @property
    def buttons(self) -> list[str]:
        """The labels of its buttons, from the first row on."""
        ...

    @property
    def private(self) -> bool:
        """Whether the asker alone sees it."""
        ...

    @property
    def gone(self) -> bool:
        """Whether it was there and has been taken down."""
        ...

    @property
    def calls(self) -> list[str]:
        """Whatever in it calls for somebody: mentions, however they are written."""
        ...

    async def until(self, true: Callable[[], object]) -> Self:
        """Wait until something is true of it."""
        ...


class Talk(Protocol):
    """People who talk to the bot on one surface, each known by a first name."""

    name: ClassVar[str]
    """What actors and places begin with."""
    at_the_machine: ClassVar[bool]
    """Whether people sit at the bot's own machine: then they are admins, and alone."""

    @property
    def app(self) -> App:
        """The bot as it runs now."""
        ...

    async def say(
        self, command: str, *, by: str = "ann", files: Mapping[str, Path] | None = None
    ) -> Answer:
        """Give a command as people type it, and wait for the first words that come back.

        ``files`` are pictures by the options that they are for.
        """
        ...

    def spellings(self, command: str) -> list[str]:
        """The ways to type a command here."""
        ...

    def actor(self, name: str = "ann") -> str:
        """The key of a person."""
        ...

    def sees(self, name: str, answer: Answer) -> bool:
        """Whether a person can see an answer."""
        ...


class Chat(Talk, Protocol):
    """A talk in a chat, where many people see messages, and messages have buttons."""

    async def press(self, answer: Answer, label: str, *, by: str = "ann") -> Answer:
        """Press a button, and wait for the first words that come back."""
        ...

    async def turn(self, answer: Answer, label: str) -> Answer:
        """Press a button whose answer takes the place of this one, and wait until it does."""
        ...

    async def fill(self, answer: Answer, label: str, fields: Mapping[str, str]) -> Answer:
        """Press a button that opens a form, change these fields of it, and send it."""
        ...

    def messages_of(self, job: str) -> list[str]:
        """The texts of all messages that anybody sees with this id."""
        ...


async def made(
    talk: Talk, command: str, *, by: str = "ann", files: Mapping[str, Path] | None = None
) -> Answer:
    """Give a command, and wait for its pictures."""
    return await pictured(await talk.say(command, by=by, files=files))


async def pictured(answer: Answer) -> Answer:
    """Wait for the pictures of an answer."""
    return await answer.until(lambda: answer.pictures)


async def vanished(answer: Answer) -> Answer:
    """Wait until an answer is taken down."""
    return await answer.until(lambda: answer.gone)


async def told(talk: Talk, command: str, words: str, *, by: str = "ann") -> Answer:
    """Give a command, and wait until its answer has these words."""
    answer = await talk.say(command, by=by)
    return await answer.until(lambda: words in answer.text)


def word_of(talk: Talk) -> str:
    """Return a word that is in nobody else's prompts."""
    return "w" + hashlib.sha256(talk.actor().encode()).hexdigest()[:10]


def job_of(answer: Answer) -> str:
    """Return the id of the job that an answer shows."""
    found = NAMED.search(answer.text)
    assert found, f"no job in {answer.text!r}"
    return found[1]


async def record_of(talk: Talk, answer: Answer) -> JobRecord:
    """Return what is stored of the job that an answer shows."""
    record = await talk.app.store.jobs.get(job_of(answer))
    assert record is not None
    return record


async def stored_by(talk: Talk, name: str = "ann") -> list[JobRecord]:
    """Return all jobs of a person."""
    viewer = Viewer(talk.actor(name))
    page = await talk.app.store.history.search("", viewer, own_only=True, limit=50)
    return [*page.items]


def pixels(png: bytes) -> str:
    """Return the SHA-256 of a picture's raw RGB bytes."""
    with Image.open(io.BytesIO(png)) as picture:
        return hashlib.sha256(picture.convert("RGB").tobytes()).hexdigest()


def recipe_of(png: bytes) -> Recipe:
    """Return the recipe that a picture carries."""
    recipe = read_metadata(png).recipe
    assert recipe is not None
    return recipe
