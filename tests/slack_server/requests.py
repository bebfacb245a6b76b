"""Deliveries as signed requests, for a bot that listens at an address."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from tests.slack_server.records import Payload

FORM, JSON = "application/x-www-form-urlencoded", "application/json"


def request_body(kind: str, payload: Payload) -> tuple[str, str]:
    """A delivery as the body of a request, and the body's kind."""
    if kind == "slash_commands":
        return urlencode(payload), FORM
    if kind == "interactive":
        return urlencode({"payload": json.dumps(payload)}), FORM
    return json.dumps(payload), JSON


def signed(body: str, kind: str, secret: str) -> dict[str, str]:
    """The headers that prove where a request comes from."""
    now = str(int(time.time()))
    digest = hmac.new(secret.encode(), f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
    return {
        "Content-Type": kind,
        "X-Slack-Request-Timestamp": now,
        "X-Slack-Signature": f"v0={digest}",
    }


def answer_in(raw: str) -> Any:
    """What an acknowledgement says: JSON, or a text by itself, or nothing."""
    try:
        return json.loads(raw) if raw else None
    except ValueError:
        return {"text": raw}
