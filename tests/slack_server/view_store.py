"""Forms and home pages, and the triggers that open them."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass
from typing import Any

from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.message_store import MessageStore, with_ids
from tests.slack_server.records import Edit, Payload, View, snapshot
from tests.slack_server.view_rules import HOME, MODAL, view_flaws

MOST_STACKED = 3


@dataclass
class Trigger:
    """What a person did: it opens one form, while it is fresh."""

    t: float
    user: str
    channel: str | None
    used: bool = False


class ViewStore(MessageStore):
    """All forms and home pages."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._triggers: dict[str, Trigger] = {}
        self._homes: dict[str, View] = {}

    def home(self, user: Payload) -> View:
        """The home page that the bot has published for a person."""
        return self._homes[user["id"]]

    def new_trigger(self, user_id: str, channel: str | None) -> str:
        """Lets the bot open a form for a person."""
        trigger_id = f"{next(self._numbers)}.{int(time.time())}.{secrets.token_hex(12)}"
        self._triggers[trigger_id] = Trigger(time.monotonic(), user_id, channel)
        return trigger_id

    def use_trigger(self, trigger_id: object) -> Trigger:
        """What a trigger stands for, which is used with this; ``SlackError`` if it is no good."""
        if not trigger_id:
            raise invalid_arguments("missing required field: trigger_id")
        trigger = self._triggers.get(str(trigger_id))
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if time.monotonic() - trigger.t > self.trigger_ttl:
            raise SlackError("expired_trigger_id")
        trigger.used = True
        return trigger

    def checked_view(self, view: Any, kind: str = MODAL) -> Payload:
        """A view that Slack takes; ``SlackError`` if it does not."""
        if not isinstance(view, dict):
            raise invalid_arguments("missing required field: view")
        flaws = view_flaws(view, kind, self.find_file)
        if flaws.words:
            raise SlackError(
                "invalid_arguments",
                blameless=flaws.is_patience_asked,
                response_metadata={"messages": flaws.words},
            )
        self.watch("views", {"view": view})
        return view

    def open_view(self, payload: Payload, user: str, channel: str | None) -> View:
        """A new form."""
        return self._show(View(self.new_id("V"), user, channel), payload)

    def push_view(self, payload: Payload, below: View) -> View:
        """A new form on top of another."""
        depth, view = 1, below
        while view.parent:
            depth, view = depth + 1, view.parent
        if depth >= MOST_STACKED:
            raise SlackError("push_limit_reached")
        pushed = View(self.new_id("V"), below.user, below.channel, parent=below)
        return self._show(pushed, payload)

    def publish_home(self, payload: Payload, user_id: str) -> View:
        """A new state of a person's home page."""
        view = self._homes.setdefault(user_id, View(self.new_id("V"), user_id))
        self.published[user_id] = payload
        self.fill_view(view, payload)
        return view

    def top_view(self, user_id: str) -> View:
        """The form that a person has before them; ``SlackError`` if there is none."""
        for view in reversed(self.views):
            if view.open and view.user == user_id:
                return view
        raise SlackError("not_found")

    def view_to_update(self, view_id: object, external_id: object) -> View:
        """A form that is still open, or a home page; ``SlackError`` if there is none."""
        for view in [*reversed(self.views), *self._homes.values()]:
            is_named = external_id and view.payload.get("external_id") == external_id
            if view.open and (view.id == view_id or is_named):
                return view
        raise SlackError("not_found")

    def fill_view(self, view: View, payload: Payload) -> None:
        """A new state of a form or a home page."""
        parent = view.parent
        fresh: Payload = {
            "id": view.id,
            "team_id": self.team["id"],
            "app_id": self.app_id,
            "bot_id": self.bot_id,
            "private_metadata": "",
            "callback_id": "",
            "close": None,
            "submit": None,
            "title": None,
            "clear_on_close": False,
            "notify_on_close": False,
            "external_id": "",
            "app_installed_team_id": self.team["id"],
            "previous_view_id": parent.id if parent else None,
            "root_view_id": (parent.payload["root_view_id"] if parent else view.id),
            "state": {"values": {}},
            **payload,
            "blocks": with_ids(payload["blocks"]),
            "hash": f"{int(time.time())}.{secrets.token_hex(4)}",
        }
        view.payload = fresh
        view.history.append(Edit(time.monotonic(), "view", snapshot(fresh)))
        self.changes.tell()

    def check_hash(self, view: View, wanted: object) -> None:
        """``SlackError`` if a view has changed since the bot saw it."""
        if wanted and wanted != view.hash:
            raise SlackError("hash_conflict")

    def kind_of(self, view: View) -> str:
        """Whether it is a form or a home page."""
        return HOME if view.user in self._homes and self._homes[view.user] is view else MODAL

    def _show(self, view: View, payload: Payload) -> View:
        self.fill_view(view, payload)
        self.views.append(view)
        return view
