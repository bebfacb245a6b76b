"""What the bot's acknowledgements do."""

from __future__ import annotations

import time
from typing import Any

from tests.slack_server.element_rules import OPTIONS, check_option
from tests.slack_server.errors import SlackError
from tests.slack_server.flaws import FileState, Flaws
from tests.slack_server.records import Delivery, Payload
from tests.slack_server.response_urls import ResponseUrls

COMMAND, INTERACTIVE, EVENT = "slash_commands", "interactive", "events_api"
SUBMISSION, SUGGESTION = "view_submission", "block_suggestion"
ACK = "ack"


class Acknowledging(ResponseUrls):
    """Takes acknowledgements."""

    def acknowledge(self, delivery: Delivery, payload: Any) -> None:
        """The bot has got something, and may have something to say to it."""
        delivery.acks += 1
        if delivery.acked:
            self.changes.tell()
            return
        delivery.acked = True
        delivery.ack_latency = time.monotonic() - delivery.created
        delivery.ack_payload = payload
        delivery.late = delivery.ack_latency > self.ack_deadline
        if not delivery.late:  # people have been told of a failure otherwise
            try:
                self._heed(delivery, payload)
            except SlackError as error:
                if error.is_blamed:
                    self.blame(ACK, error.answer, payload)
        delivery.answered.set()
        self.changes.tell()

    def _heed(self, delivery: Delivery, payload: Any) -> None:
        kind = delivery.payload["type"] if delivery.kind == INTERACTIVE else delivery.kind
        if kind == SUBMISSION:
            self._heed_submission(delivery, payload or {})
        elif not payload:
            return
        elif not delivery.accepts_response:
            self.blame(ACK, f"{kind} takes no answer", payload)
        elif kind == COMMAND:
            body = payload if isinstance(payload, dict) else {"text": str(payload)}
            assert delivery.channel is not None
            self.answer(ACK, body, delivery.channel, delivery.user)
        elif kind == SUGGESTION:
            self._check_suggestions(payload)

    def _heed_submission(self, delivery: Delivery, payload: Payload) -> None:
        view, action = delivery.view, payload.get("response_action")
        assert view is not None
        view.errors = None
        if action == "errors":
            view.errors = payload["errors"]
            inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
            if not payload["errors"] or not set(payload["errors"]) <= inputs:
                self.blame(ACK, "errors name no input block", payload)
        elif action == "update":
            self.fill_view(view, self.checked_view(payload.get("view")))
        elif action == "push":
            self.push_view(self.checked_view(payload.get("view")), view)
        elif action in (None, "clear"):
            view.open = False
            while action == "clear" and view.parent:
                view = view.parent
                view.open = False
        else:
            self.blame(ACK, f"unknown response_action {action}", payload)

    def _check_suggestions(self, payload: Payload) -> None:
        flaws = Flaws(lambda reference: FileState.UNKNOWN)
        groups = payload.get("option_groups")
        lists = [group.get("options") for group in groups] if groups else [payload.get("options")]
        for items in lists:
            for index, option in enumerate(flaws.check_objects(items, "/options", 0, OPTIONS)):
                check_option(flaws, option, f"/options/{index}")
        if flaws.words:
            self.blame(ACK, flaws.words, payload)
