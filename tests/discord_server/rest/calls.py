"""A request as an operation sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from tests.discord_server.message_store import MessageStore
from tests.discord_server.records import Payload
from tests.discord_server.routes import Route
from tests.discord_server.uploads import Uploads

Answer = tuple[int, Any]
"""Status and JSON body; no body where that is ``None``."""


@dataclass(frozen=True)
class Call:
    """One request that was let in."""

    params: Mapping[str, str]
    query: Mapping[str, str]
    body: Any = None
    uploads: Uploads = field(default_factory=dict)

    @property
    def form(self) -> Payload:
        """The body of an operation that takes an object."""
        return self.body or {}


Perform = Callable[[MessageStore, Call], Answer]


class Operation(NamedTuple):
    """Where an operation stands, and what it does."""

    route: Route
    perform: Perform
