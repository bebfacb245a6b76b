"""What is to be known of a button: what a press of it does, where it stands, how it is answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.invocation import Click
from bot.reply import ButtonStyle, Reply
from storage.records import JobRecord, PictureRecord

if TYPE_CHECKING:
    from bot.service.desk import Request

Condition = Callable[[JobRecord, Sequence[PictureRecord]], bool]
"""Whether a button stands below a job that has ended, by the job and the pictures it has."""


def nowhere(_job: JobRecord, _pictures: Sequence[PictureRecord]) -> bool:
    """Return ``False``: the button stands below other things than jobs that have ended."""
    return False


def always(_job: JobRecord, _pictures: Sequence[PictureRecord]) -> bool:
    """Return ``True``: the button stands below every job that has ended."""
    return True


def repaintable(job: JobRecord, _pictures: Sequence[PictureRecord]) -> bool:
    """Whether the job can come out otherwise: not where a picture was only enlarged."""
    return any(recipe.needs_model for recipe in job.recipes)


def with_pictures(_job: JobRecord, pictures: Sequence[PictureRecord]) -> bool:
    """Whether the job came to any pictures."""
    return bool(pictures)


def on_sheet(job: JobRecord, _pictures: Sequence[PictureRecord]) -> bool:
    """Whether the pictures of the job are shown on one sheet."""
    return job.sheet is not None


def off_sheet(job: JobRecord, pictures: Sequence[PictureRecord]) -> bool:
    """Whether the job came to pictures that are shown one by one."""
    return bool(pictures) and job.sheet is None


@dataclass(frozen=True, slots=True)
class Press:
    """One button; its label is in ``texts.BUTTONS``.

    The answer is seen by everybody where it is ``public``, unless it is a refusal or of a private
    job. ``at_first`` is set where the answer opens a form or empties the message, which on some
    platforms only the very first answer can. What ``stops`` makes less work.
    There is one button for ``each`` picture, whose target it is, where that is set. An answer that
    ``turns`` takes the place of the message that the button stands below, where it is private.
    Buttons of one ``row`` stand together.
    """

    answer: Callable[[Request, Click], Awaitable[Reply]]
    public: bool = False
    at_first: bool = False
    below: Condition = nowhere
    style: ButtonStyle = "plain"
    stops: bool = False
    each: bool = False
    turns: bool = False
    row: int = 0
