"""What is stored, as immutable values in the domain's words. Times are aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Generic, Literal, TypeVar

from generation.errors import UserError
from generation.recipe import Recipe

Status = Literal["queued", "running", "rendered", "delivered", "failed", "cancelled"]
OPEN: Final[tuple[Status, ...]] = ("queued", "running")
"""Jobs that still have something to draw."""

Absent = Literal["", "expired", "withheld"]
"""Why a picture has no file: it has one, its time was over, or it is not to be seen."""

CHECKS: Final = ("verify",)
"""Commands whose jobs make nothing new: no history shows them, and nobody's last job is one."""
SAMPLES: Final = ("styles",)
"""Commands whose jobs draw what the bot itself shows: no history shows these either."""
UNLISTED: Final = (*CHECKS, *SAMPLES)

Item = TypeVar("Item")


def utc_now() -> datetime:
    """Return the time now, aware and in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Ticket:
    """A chat service's leave to answer one command for a while, where the bot itself may not write.

    ``id`` is the service's own name of the command, ``upload_limit`` the bytes that one file may
    have (0: unknown).
    """

    id: str
    token: str = field(repr=False)
    expires: datetime
    upload_limit: int = 0


@dataclass(frozen=True, slots=True)
class ReplyTo:
    """Where an answer goes; an empty string where the platform has no such thing.

    ``age_restricted`` is what the platform says of the channel.
    """

    platform: str
    channel: str = ""
    message: str = ""
    thread: str = ""
    ticket: Ticket | None = None
    age_restricted: bool = False

    @property
    def place(self) -> str:
        """The key of where something was asked, such as ``discord:123`` or ``console:tty``."""
        return f"{self.platform}:{self.channel}"


@dataclass(frozen=True, slots=True)
class Sheet:
    """How the pictures of a job are laid out on one sheet, row by row, by the heads of both.

    Without rows each picture has the name in ``columns`` that stands in its place.
    """

    columns: tuple[str, ...]
    rows: tuple[str, ...] = ()

    def heads(self, index: int) -> tuple[str, ...]:
        """Return what stands above picture ``index`` (from 1), and before it where there are rows.

        Nothing where there is no such place.
        """
        row, column = divmod(index - 1, len(self.columns) if self.rows else max(index, 1))
        if column >= len(self.columns) or row >= max(len(self.rows), 1):
            return ()
        return (self.columns[column], self.rows[row]) if self.rows else (self.columns[column],)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """An accepted command that is not stored yet.

    ``parent`` is the id of the job or picture it came from. ``explicit`` are the names of the
    options that the person set. ``admin``: the asker was one, then. Of a ``plan`` picture ``i`` has
    its own recipe, ``plan[i - 1]``, and ``recipe`` is what they have in common, all input pictures
    too: it is asked alone for those that are still needed. ``sheet`` is set where they belong on
    one.
    """

    recipe: Recipe
    actor: str
    reply_to: ReplyTo
    count: int = 1
    command: str = "imagine"
    private: bool = False
    parent: str | None = None
    explicit: tuple[str, ...] = ()
    admin: bool = False
    plan: tuple[Recipe, ...] = ()
    sheet: Sheet | None = None

    def __post_init__(self) -> None:
        """Refuse a plan that starts from other pictures than what its recipes have in common."""
        if any(set(each.inputs) - set(self.recipe.inputs) for each in self.plan):
            raise ValueError("a plan starts from pictures that its common recipe does not name")


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord:
    """One accepted command, and how far it has come.

    ``number`` counts the jobs in order of arrival. ``attempts`` counts the starts that are held
    against the job. ``seconds`` is how long the drawing took. ``deleted`` is when its asker or an
    admin deleted it; nothing but the id is to be shown then.
    """

    id: str
    number: int
    recipe: Recipe
    count: int
    actor: str
    reply_to: ReplyTo
    private: bool
    parent: str | None
    command: str
    explicit: tuple[str, ...]
    status: Status
    attempts: int
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    seconds: float | None = None
    error: UserError | None = None
    deleted: datetime | None = None
    admin: bool = False
    plan: tuple[Recipe, ...] = ()
    sheet: Sheet | None = None

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """The recipes of all its pictures, in order."""
        return self.plan or tuple(self.recipe.for_picture(i + 1) for i in range(self.count))

    @property
    def pixels(self) -> int:
        """How many pixels its pictures have together; quicker than to look at all ``recipes``."""
        if self.plan:
            return sum(recipe.width * recipe.height for recipe in self.plan)
        return self.count * self.recipe.width * self.recipe.height

    @property
    def place(self) -> str:
        """Where the job was asked for."""
        return self.reply_to.place


@dataclass(frozen=True, slots=True)
class JobSummary:
    """As much of a job as a list of many needs; ``prompt`` may be only its beginning."""

    id: str
    actor: str
    place: str
    private: bool
    count: int
    prompt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPicture:
    """A finished picture whose file already has its final name.

    ``path`` is relative to the pictures folder, ``bytes`` the size of the file, ``seconds`` how
    long it took, ``environment`` canonical JSON of what else decided the pixels. ``flagged`` is the
    score from 0 to 1 that the owner's classifier gave it, none where nobody looked. ``absent`` is
    why there is no file: ``withheld`` by that, or ``expired``; the path is empty then.
    """

    job: str
    index: int
    recipe: Recipe
    path: str
    width: int
    height: int
    bytes: int
    pixels_sha256: str
    seconds: float
    environment: str
    warnings: tuple[str, ...] = ()
    flagged: float | None = None
    absent: Absent = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PictureRecord:
    """One result. ``environment`` is the hash under which the environment is stored.

    ``flagged`` and ``absent`` are as in ``NewPicture``.
    """

    id: str
    job: str
    index: int
    recipe: Recipe
    path: str
    width: int
    height: int
    bytes: int
    pixels_sha256: str
    seconds: float
    created: datetime
    environment: str
    warnings: tuple[str, ...] = ()
    flagged: float | None = None
    absent: Absent = ""

    @property
    def is_there(self) -> bool:
        """Whether there is a file of it."""
        return not self.absent


@dataclass(frozen=True, slots=True)
class QueueLimits:
    """How many jobs may be open (queued or running) by one actor, and queued in all."""

    per_actor: int
    queue: int


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at the history, and where: an admin sees all, others their own and the place's."""

    actor: str
    place: str = ""
    is_admin: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[Item]):
    """Some of many, newest first.

    ``cursor`` asks for the next ones, none at the end; ``newer`` for those before, none at the
    beginning.
    """

    items: tuple[Item, ...]
    cursor: int | None = None
    newer: int | None = None


FILES: Final = ("file", "preview", "sheet")
"""Kinds of posts that are no messages but files of a job which lie with the chat service."""


@dataclass(frozen=True, slots=True)
class Post:
    """What a chat service holds of a job; ``kind`` says as what.

    ``job`` is the job's own message, ``shown`` another message that shows it. Of a ``file``, which
    holds a picture, ``channel`` is the picture's id; of a ``preview`` it is empty; a ``sheet`` is
    noted with each job that has a picture on it, and its ``channel`` is the job. ``message`` is
    then the file's id there. All go when the job is deleted.
    """

    job: str
    platform: str
    channel: str
    message: str
    kind: str = "job"
    created: datetime = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True)
class Promise:
    """An answer that was promised before there was a job to store: kept until it is given.

    ``request`` is what was asked for, as JSON that its adapter can read again, where it can.
    """

    platform: str
    channel: str
    ticket: Ticket
    request: dict[str, Any] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class StoredInput:
    """A picture that somebody sent, kept by the SHA-256 of its bytes; ``path`` is relative."""

    sha256: str
    path: str
    width: int
    height: int
    bytes: int
    media_type: str


@dataclass(frozen=True, slots=True)
class ActorRecord:
    """Somebody who used the bot."""

    actor: str
    name: str
    first_seen: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Something that somebody did, for the owner to look up; no prompt is ever in it.

    ``subject`` is the id of a job or picture, ``place`` as ``ReplyTo.place``; ``detail`` is a word
    or a few that the action needs. ``number`` counts up, 0 before it is stored.
    """

    moment: datetime
    actor: str
    action: str
    subject: str = ""
    place: str = ""
    detail: str = ""
    number: int = 0


Options = dict[str, Any]
"""Values of options by their names, as JSON can hold them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedStyle:
    """A style of somebody's own: what it sets, by the names of options, and a picture of it.

    ``prompt`` is its template; ``picture`` the id of what it was saved from.
    """

    actor: str
    name: str
    prompt: str
    settings: Options
    picture: str
    created: datetime = field(default_factory=utc_now)
