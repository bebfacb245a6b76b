"""Who asked, where, and how the answer gets there: Slack's payloads in the bot's own words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from bot.invocation import Click, Given, Invocation, Where
from storage.records import ReplyTo, Ticket, utc_now

PLATFORM: Final = "slack"
TICKET_LIFE: Final = timedelta(minutes=30)
"""How long a response_url is good for, by Slack's documentation."""

Body = Mapping[str, Any]

_MEANT: Final = re.compile(
    r"<(?P<sign>[@#!]?)(?P<what>(?<=[@#!])[^|>]+|(?:https?://|mailto:)[^|>]+)(?:\|(?P<label>[^>]*))?>"
)
"""Names of people, channels and groups, and addresses, as Slack writes them into a text."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One delivery of Slack's. ``key`` is the same when Slack sends it again.

    ``message`` is the message that was pressed or chosen; where it ``is_loose``, only the press
    reaches it; what ``turns`` is answered in its place. ``channel`` is empty where something was
    asked outside all channels. ``is_late`` says that an earlier process was asked. ``kind`` and
    ``body`` are the delivery itself.
    """

    key: str
    team: str
    user: str
    name: str = ""
    channel: str = ""
    thread: str = ""
    message: str = ""
    response_url: str = ""
    trigger: str = ""
    is_loose: bool = False
    turns: bool = False
    in_home: bool = False
    is_late: bool = False
    kind: str = ""
    body: Body = field(default_factory=dict, repr=False, compare=False)

    @property
    def actor(self) -> str:
        """The asker's key."""
        return f"{PLATFORM}:{self.team}:{self.user}"

    @property
    def direct(self) -> bool:
        """Whether only the asker and the bot are there."""
        return is_direct(self.channel)

    def ticket(self) -> Ticket:
        """Return the leave to answer for half an hour."""
        return Ticket(self.key, self.response_url, utc_now() + TICKET_LIFE)

    def reply_to(self) -> ReplyTo:
        """Return where the answer goes."""
        return ReplyTo(PLATFORM, self.channel, self.message, self.thread, self.ticket())

    def where(self) -> Where:
        """Return where that was, as access lists see it."""
        channels = (self.channel,) if self.channel else ()
        return Where(guild=self.team, channels=channels, direct=self.direct)

    def invocation(self, command: str, options: Mapping[str, Given]) -> Invocation:
        """Return a command of this asker."""
        return Invocation(
            command=command,
            options=options,
            actor=self.actor,
            reply_to=self.reply_to(),
            display_name=self.name,
            where=self.where(),
        )

    def click(self, action: str, target: str, form: Mapping[str, str] | None = None) -> Click:
        """Return a press of this asker."""
        return Click(
            action=action,
            target=target,
            actor=self.actor,
            reply_to=self.reply_to(),
            display_name=self.name,
            form=form or {},
            where=self.where(),
        )

    def request(self) -> dict[str, Any]:
        """Return the delivery as JSON can keep it, for another process to answer it."""
        # What a message or a view shows, and Slack's own old token, are of no use to anybody.
        body = {name: part for name, part in self.body.items() if name != "token"}
        for name in ("message", "view"):
            if isinstance(part := body.get(name), Mapping):
                body[name] = {key: value for key, value in part.items() if key != "blocks"}
        return {"kind": self.kind, "body": body}

    def metadata(self) -> str:
        """Return where this was, for a modal to give back when it is sent."""
        place = {"channel": self.channel, "thread": self.thread, "message": self.message}
        return json.dumps({**place, "answer": self.response_url, "home": self.in_home})


def is_direct(channel: str) -> bool:
    """Whether a channel is the talk of the bot with one person; none at all, or the person, is."""
    return not channel or channel[0] in "DUW"


def of_command(body: Body) -> Asked:
    """Read a slash command."""
    return Asked(
        key=key_of(body),
        team=body.get("team_id") or "",
        user=body["user_id"],
        name=body.get("user_name") or "",
        channel=body.get("channel_id") or "",
        response_url=body.get("response_url") or "",
        trigger=body.get("trigger_id") or "",
        kind="command",
        body=body,
    )


def of_action(body: Body) -> Asked:
    """Read a press of a button, in a message or in a view.

    What comes of a message is answered in its thread; a message that only its asker sees has none.
    """
    container = body.get("container") or {}
    if container.get("type") == "view":
        in_home = body["view"].get("type") == "home"
        return replace(of_view(body), in_home=in_home, kind="action")
    message = container.get("message_ts") or ""
    ephemeral = bool(container.get("is_ephemeral"))
    return replace(
        _interactive(body),
        channel=container.get("channel_id") or _channel(body),
        message=message,
        thread=container.get("thread_ts") or ("" if ephemeral else message),
        is_loose=ephemeral,
        kind="action",
    )


def of_shortcut(body: Body) -> Asked:
    """Read a shortcut: of a message, which is answered in its thread, or of nothing."""
    message = body.get("message") or {}
    ts = body.get("message_ts") or message.get("ts") or ""
    thread = message.get("thread_ts") or ts
    return replace(
        _interactive(body), channel=_channel(body), message=ts, thread=thread, kind="shortcut"
    )


def of_view(body: Body) -> Asked:
    """Read what was done in a view; where it was opened is in its metadata."""
    try:
        place = json.loads(body["view"].get("private_metadata") or "{}")
    except ValueError:
        place = None
    place = place if isinstance(place, dict) else {}
    return replace(
        _interactive(body),
        channel=str(place.get("channel") or ""),
        thread=str(place.get("thread") or ""),
        message=str(place.get("message") or ""),
        response_url=str(body.get("response_url") or place.get("answer") or ""),
        in_home=bool(place.get("home")),
        kind="view",
    )


def of_event(body: Body) -> Asked:
    """Read an event in which somebody wrote to the bot or opened its home.

    A mention in a channel is answered in a thread, a direct message beside it. What names it is the
    message: Slack may tell of the same one in several events.
    """
    event = body["event"]
    channel = event.get("channel") or ""
    thread = event.get("thread_ts") or ""
    if not thread and not channel.startswith("D"):
        thread = event.get("ts") or ""
    return Asked(
        key=key_of(body),
        team=body.get("team_id") or event.get("team") or "",
        user=event.get("user") or "",
        channel=channel,
        thread=thread,
        message=event.get("ts") or "",
        kind="mention",
        body=body,
    )


def _interactive(body: Body) -> Asked:
    user = body["user"]
    team = (body.get("team") or {}).get("id") or user.get("team_id") or ""
    return Asked(
        key=key_of(body),
        team=team,
        user=user["id"],
        name=user.get("name") or user.get("username") or "",
        response_url=body.get("response_url") or "",
        trigger=body.get("trigger_id") or "",
        body=body,
    )


def _channel(body: Body) -> str:
    return str((body.get("channel") or {}).get("id") or "")


def key_of(body: Body) -> str:
    """Return what names a delivery, however often it comes."""
    event, view = body.get("event") or {}, body.get("view") or {}
    if event.get("ts") and event.get("channel"):
        return f"{event['channel']}:{event['ts']}"
    return (
        body.get("event_id")
        or body.get("trigger_id")
        or f"{view.get('id', '')}:{view.get('hash', '')}:{body.get('action_ts', '')}"
    )


def typed(text: str) -> str:
    """Return what somebody typed into a command: Slack sends three signs as entities."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def said(text: str, bot: str) -> str:
    """Return what somebody wrote in a message: without the bot's name, all else as it was read."""

    def read(match: re.Match[str]) -> str:
        sign, what, label = match["sign"], match["what"], match["label"] or ""
        if not sign:
            return what.removeprefix("mailto:")
        if sign == "@" and what == bot:
            return " "
        name = label or what.partition("^")[2] or what
        return ("#" if sign == "#" else "@") + name.lstrip("@#")

    return typed(_MEANT.sub(read, text)).strip()
