"""What the wiring asks of an adapter: a chat service that the bot is at home in."""

from __future__ import annotations

from typing import Literal, Protocol

from bot.service.service import Service
from bot.service.surface import Surface

State = Literal["connecting", "connected", "disconnected"]


class Adapter(Protocol):
    """One chat service. Its surface may be given states before the start: it holds them back."""

    @property
    def name(self) -> str:
        """The platform's name, as in ``ReplyTo.platform``."""
        ...

    @property
    def surface(self) -> Surface:
        """Where jobs of this platform are shown."""
        ...

    @property
    def state(self) -> State:
        """How the connection is."""
        ...

    @property
    def account(self) -> str:
        """What the bot is called there; empty before it is connected."""
        ...

    @property
    def places(self) -> int:
        """How many servers or workspaces it is in."""
        ...

    async def start(self, service: Service) -> None:
        """Connect, and let people ask the service. Raises ``UserError`` where that cannot be."""
        ...

    async def ended(self) -> None:
        """Wait until it cannot go on by itself, and raise the ``UserError`` that says why."""
        ...

    async def stop_listening(self) -> None:
        """Take no more commands; the states of jobs still go out. Harmless before the start."""
        ...

    async def close(self) -> None:
        """Let go of the connection. Harmless before the start."""
        ...
