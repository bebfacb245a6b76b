"""Answers as neutral data: adapters render them and know nothing of what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Style = Literal["plain", "strong", "faint", "code", "user"]
"""``user`` is text that a person wrote: an adapter has to take all meaning from its characters."""
ButtonStyle = Literal["plain", "danger", "primary"]


@dataclass(frozen=True, slots=True)
class Span:
    """Some text in one style."""

    text: str
    style: Style = "plain"


Line = tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture to show. ``alt`` is what it is of, written by a person.

    One with a ``title`` is a sheet of others, or a drawing: its ``id`` is a name, it has no seed,
    and ``jobs`` are those with pictures on it. Its file may be gone: it is left out then.
    """

    id: str
    path: Path
    width: int
    height: int
    seed: int
    alt: str
    sensitive: bool = False
    title: str = ""
    jobs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Button:
    """A button that works for ever: ``action`` and ``target`` (an id) say all it does.

    Buttons of one ``row`` stand together, apart from those of others.
    """

    action: str
    target: str
    label: str
    style: ButtonStyle = "plain"
    row: int = 0


@dataclass(frozen=True, slots=True)
class ProgressView:
    """How far a job is: ``fraction`` from 0 to 1, or none while that is unknown.

    ``preview`` is a small PNG.
    """

    label: str
    fraction: float | None
    step: int = 0
    total: int = 0
    seconds_left: float | None = None
    preview: bytes | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One line of input of a form."""

    name: str
    label: str
    value: str = ""
    long: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A form to fill in; sending it is a click of ``action`` on ``target`` with the fields."""

    action: str
    target: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer, or one state of a job's message.

    ``data`` is what ``--json`` prints, one object a line. ``job`` is set on every state of a job's
    message; ``final`` on its last. ``problem`` is the one sentence of a refusal or a failure, and
    ``exit_code`` what the shell returns. ``option`` is the option that a refusal is about, by its
    name or as people type it, empty where it is about none. ``deleted`` is the id of a job that
    is gone, with its messages: nothing is to be posted for it any more.
    """

    lines: tuple[Line, ...] = ()
    pictures: tuple[PictureView, ...] = ()
    buttons: tuple[Button, ...] = ()
    progress: ProgressView | None = None
    form: Form | None = None
    private: bool = False
    job: str | None = None
    final: bool = True
    exit_code: int = 0
    problem: Line | None = None
    option: str = ""
    deleted: str | None = None
    data: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def text(self) -> str:
        """All lines as plain text."""
        return "\n".join("".join(span.text for span in line) for line in self.lines)

    @property
    def goes_on(self) -> bool:
        """Whether this is the state of a job that others will follow."""
        return self.job is not None and not self.final

    @property
    def shows(self) -> str | None:
        """The job that a message with this reply shows: its own, or the one of all pictures."""
        if self.job:
            return self.job
        jobs = {picture.id.partition(".")[0] for picture in self.pictures if not picture.title}
        return jobs.pop() if len(jobs) == 1 else None

    @property
    def beside(self) -> tuple[str, ...]:
        """The other jobs of which a message with this reply has pictures on its sheets."""
        jobs = dict.fromkeys(job for picture in self.pictures for job in picture.jobs)
        return tuple(job for job in jobs if job != self.shows)


def line(*parts: str | Span) -> Line:
    """Make a line of plain texts and spans."""
    return tuple(Span(part) if isinstance(part, str) else part for part in parts)


def strong(text: str) -> Span:
    """Make a span that stands out."""
    return Span(text, "strong")


def faint(text: str) -> Span:
    """Make a span that stands back."""
    return Span(text, "faint")


def code(text: str) -> Span:
    """Make a span of what can be typed as it stands."""
    return Span(text, "code")


def user(text: str) -> Span:
    """Make a span of what a person wrote."""
    return Span(text, "user")
