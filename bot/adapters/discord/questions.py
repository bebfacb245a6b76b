"""What people ask in Discord, as plain data: another process can answer it as well."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, Literal

import discord

from bot.adapters.discord.fetching import KeptFile, Values
from bot.adapters.discord.where import (
    PLATFORM,
    Interaction,
    actor_of,
    name_of,
    reply_to_of,
    where_of,
)
from bot.invocation import Click, Given, Invocation, Where
from storage.records import Promise, ReplyTo

log = logging.getLogger(__name__)

Kind = Literal["command", "press", "menu"]
KINDS: Final[frozenset[Kind]] = frozenset({"command", "press", "menu"})


@dataclass(frozen=True, slots=True)
class Question:
    """A command, a press of a button with what its form holds, or an entry of a message's menu.

    ``name`` is that of the command or the action, ``target`` what was pressed; for a menu it is the
    message. ``private`` says whether only the asker sees that the answer takes a while, ``turns``
    whether the answer takes the place of what was pressed.
    """

    kind: Kind
    name: str
    actor: str
    display_name: str
    reply_to: ReplyTo
    where: Where
    private: bool = True
    target: str = ""
    values: Values = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    turns: bool = False

    def invocation(self, given: Mapping[str, Given], command: str = "") -> Invocation:
        """Return it as a command, its own or that one, with options that are here."""
        return Invocation(
            command=command or self.name,
            options=given,
            actor=self.actor,
            reply_to=self.reply_to,
            display_name=self.display_name,
            where=self.where,
        )

    def click(self, target: str = "") -> Click:
        """Return it as a press, of a button of its own target or that one."""
        return Click(
            action=self.name,
            target=target or self.target,
            actor=self.actor,
            reply_to=self.reply_to,
            display_name=self.display_name,
            form=self.fields,
            where=self.where,
        )

    def request(self) -> dict[str, Any]:
        """Return it as JSON can keep it; files by their addresses."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        return {
            **plain,
            "age_restricted": self.reply_to.age_restricted,
            "where": asdict(self.where),
            "values": {name: _stored(value) for name, value in self.values.items()},
            "fields": dict(self.fields),
            "turns": self.turns,
        }


_PLAIN: Final = ("kind", "name", "actor", "display_name", "private", "target")


def question_of(interaction: Interaction, kind: Kind, name: str) -> Question:
    """Return what was asked by whom and where, yet without what else belongs to it."""
    return Question(
        kind=kind,
        name=name,
        actor=actor_of(interaction),
        display_name=name_of(interaction),
        reply_to=reply_to_of(interaction),
        where=where_of(interaction),
    )


def read_question(promise: Promise) -> Question | None:
    """Return what an earlier process was asked; none where that is not known."""
    if promise.request is None:
        return None
    try:
        return _read(promise, promise.request)
    except (KeyError, TypeError, ValueError, AttributeError):
        log.exception("promise %s cannot be read", promise.ticket.id)
        return None


def _read(promise: Promise, request: Mapping[str, Any]) -> Question:
    if request["kind"] not in KINDS:
        raise ValueError("no such kind")
    where = Where(**request["where"])
    values = {name: _restored(value) for name, value in request["values"].items()}
    return Question(
        reply_to=ReplyTo(
            PLATFORM,
            promise.channel,
            ticket=promise.ticket,
            age_restricted=request["age_restricted"],
        ),
        where=replace(where, channels=tuple(where.channels), roles=tuple(where.roles)),
        values=values,
        fields=dict(request["fields"]),
        # An earlier version had no such answers.
        turns=bool(request.get("turns")),
        **{name: request[name] for name in _PLAIN},
    )


def _stored(value: Any) -> Any:
    if not isinstance(value, discord.Attachment | KeptFile):
        return value
    return {name: getattr(value, name) for name in ("id", "filename", "size", "url")}


def _restored(value: Any) -> Any:
    return KeptFile(**value) if isinstance(value, Mapping) else value
