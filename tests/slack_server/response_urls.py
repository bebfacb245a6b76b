"""Addresses at which the bot may answer one thing that a person did, a few times."""

from __future__ import annotations

import json
import secrets
import time
from dataclasses import dataclass
from typing import Any

from tests.slack_server.errors import SlackError
from tests.slack_server.records import Message, Payload
from tests.slack_server.view_store import ViewStore

IN_CHANNEL = "in_channel"


@dataclass
class ResponseUrl:
    """What an address stands for."""

    t: float
    channel: str
    user: str
    source: Message | None
    """The message that was used, which an answer may replace or delete."""
    uses: int = 0


class ResponseUrls(ViewStore):
    """All addresses for answers."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._response_urls: dict[str, ResponseUrl] = {}

    def new_response_url(
        self, kind: str, channel: str, user_id: str, source: Message | None = None
    ) -> str:
        """An address; ``kind`` is what it is below: commands, actions, app."""
        secret = secrets.token_urlsafe(18)
        self._response_urls[secret] = ResponseUrl(time.monotonic(), channel, user_id, source)
        return f"{self.root}/{kind}/{self.team['id']}/{next(self._numbers)}/{secret}"

    def respond(self, secret: str, raw: bytes) -> tuple[int, Payload, Any]:
        """Carry out an answer: the status and body that it gets, and what it said."""
        body: Any = None
        try:
            body = json.loads(raw)
            self._use(secret, body)
        except SlackError as error:
            if error.is_blamed:
                self.blame("response_url", error.answer, body)
            is_gone = error.error in ("expired_url", "used_url")
            return 404 if is_gone else 400, error.answer, body
        except ValueError:
            self.blame("response_url", "not JSON", raw)
            return 400, {"ok": False, "error": "invalid_payload"}, raw
        return 200, {"ok": True}, body

    def answer(self, method: str, body: Payload, channel: str, user_id: str) -> Message:
        """A new message that answers something, for one person unless it says otherwise."""
        is_public = body.get("response_type") == IN_CHANNEL
        self.check_content(body)
        self.watch(method, body, may_unfurl=is_public)
        return self.post(channel, body, user_only=None if is_public else user_id, via=method)

    def _use(self, secret: str, body: Payload) -> None:
        url = self._response_urls.get(secret)
        if url is None or time.monotonic() - url.t > self.response_url_ttl:
            raise SlackError("expired_url")
        if url.uses >= self.response_url_uses:
            raise SlackError("used_url")
        url.uses += 1
        is_change = body.get("replace_original") or body.get("delete_original")
        if url.source is None or not is_change:
            self.answer("response_url", body, url.channel, url.user)
        elif url.source.deleted:
            raise SlackError("message_not_found")
        elif body.get("delete_original"):
            self.delete(url.source)
        else:
            self.check_content(body)
            self.watch("response_url", body)
            self.edit(url.source, body, "response_url")
