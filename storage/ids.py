"""Ids of jobs and pictures, as people type and see them."""

from __future__ import annotations

import re
import secrets
import string
from dataclasses import dataclass
from typing import Final

from generation.errors import BadValue

ALPHABET: Final = string.digits + string.ascii_lowercase
LENGTH: Final = 6
_ID: Final = re.compile(rf"#?([0-9A-Za-z]{{{LENGTH}}})(?:\.([1-9][0-9]{{0,2}}))?")


@dataclass(frozen=True, slots=True)
class Id:
    """A job, or one picture of it, counted from 1."""

    job: str
    picture: int | None = None

    def __str__(self) -> str:
        return self.job if self.picture is None else f"{self.job}.{self.picture}"


def new_job_id() -> str:
    """Return a random id that nobody can guess from another one."""
    number = secrets.randbelow(len(ALPHABET) ** LENGTH)
    letters = []
    for _ in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def parse_id(text: str) -> Id:
    """Read ``k7f3q2`` or ``k7f3q2.1``, with or without ``#`` and in either case.

    Raises ``BadValue`` for anything else.
    """
    found = _ID.fullmatch(text.strip())
    if found is None:
        raise BadValue("id", text[:100], "k7f3q2, or k7f3q2.1")
    return Id(found[1].lower(), int(found[2]) if found[2] else None)


def job_id(text: str) -> str:
    """Return the job's id out of a job's or a picture's id; raises as ``parse_id``."""
    return parse_id(text).job


def picture_id(job: str, index: int) -> str:
    """Return the id of picture ``index`` (from 1) of a job."""
    return str(Id(job, index))
