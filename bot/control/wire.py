"""What goes over the door: one JSON object a line each way."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from bot.invocation import Invocation
from bot.reply import Reply

LINE_MOST: Final = 16 * 2**20
"""Bytes of the longest line: a reply with a preview is far below, a runaway peer is not."""


class Message(BaseModel):
    """Base of what is sent; bytes travel as base64."""

    model_config = ConfigDict(frozen=True, ser_json_bytes="base64", val_json_bytes="base64")

    def to_line(self) -> bytes:
        """Return the message as one line."""
        return self.model_dump_json().encode() + b"\n"


class Ask(Message):
    """What a client wants. The token proves that it may read the owner's files."""

    token: str
    wants: Literal["answer", "status"]
    invocation: Invocation | None = None


class WorkerStatus(Message):
    """The worker as ``reroll status`` shows it."""

    pid: int | None = None
    state: str = "stopped"


class Status(Message):
    """The whole bot as ``reroll status`` shows it."""

    adapters: dict[str, str] = {}
    queue: int = 0
    worker: WorkerStatus = WorkerStatus()
    models: tuple[str, ...] = ()
    sizes: dict[str, int] = {}
    """The bytes of each model in memory."""


class Told(Message):
    """What the owner says: a state of the answer, or the status; ``last`` ends it."""

    reply: Reply | None = None
    status: Status | None = None
    last: bool = False
