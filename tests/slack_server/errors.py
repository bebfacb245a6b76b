"""How Slack says no."""

from __future__ import annotations

from tests.slack_server.records import Payload

BLAMED = ("invalid_blocks", "invalid_arg", "invalid_metadata", "msg_", "no_text")
"""How the errors begin that say that the bot has sent what it should not."""


class SlackError(Exception):
    """An answer that is not ok.

    A blameless one is no fault of the bot's: it could not know.
    """

    def __init__(self, error: str, *, blameless: bool = False, **extra: object) -> None:
        super().__init__(error)
        self.error = error
        self.extra = extra
        self.is_blamed = error.startswith(BLAMED) and not blameless

    @property
    def answer(self) -> Payload:
        """As it goes over the wire."""
        return {"ok": False, "error": self.error, **self.extra}


def invalid_arguments(*words: str) -> SlackError:
    """Arguments that make no sense, and why."""
    if not words:
        return SlackError("invalid_arguments")
    messages = [f"[ERROR] {line}" for line in words]
    return SlackError("invalid_arguments", response_metadata={"messages": messages})
