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

    async def start(self, service: Service) -> None:
        """Connect, and let people ask the service. Raises ``UserError`` where that cannot be."""
        ...

    async def close(self) -> None:
        """Let go of the connection."""
        ...
