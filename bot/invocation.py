"""What a person asked for, as every surface hands it to the service."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from storage.records import ReplyTo


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a command, already on this machine; ``name`` is for messages only."""

    path: Path
    name: str


Given = str | int | float | bool | tuple[str, ...] | Attachment
"""The value of an option as a surface gives it: typed where the platform has types, else text."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where something was asked, as the owner's access lists see it.

    ``channels`` are the channel and, for a thread, the one that it belongs to. ``direct`` is a
    talk between the asker and the bot alone; ``age_restricted`` is what the platform says.
    """

    guild: str = ""
    channels: tuple[str, ...] = ()
    roles: tuple[str, ...] = ()
    direct: bool = False
    age_restricted: bool = False


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command of one person.

    ``options`` may hold the text with flags under the name of the option that the command takes;
    an option given by its own name wins over a flag in that text.
    """

    command: str
    options: Mapping[str, Given]
    actor: str
    reply_to: ReplyTo
    display_name: str = ""
    admin: bool = False
    """Set where the surface itself makes its user an admin, as the owner's own shell does."""
    local_folder: Path | None = None
    """The folder that paths in options start from, only where people may name files at all."""
    where: Where = Where()


@dataclass(frozen=True, slots=True)
class Click:
    """One press of a button: ``action`` is the button's, ``target`` a job's or picture's id."""

    action: str
    target: str
    actor: str
    reply_to: ReplyTo
    display_name: str = ""
    admin: bool = False
    form: Mapping[str, str] = field(default_factory=dict)
    where: Where = Where()
