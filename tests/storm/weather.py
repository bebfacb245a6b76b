"""What goes wrong in the chat services while people use the bot."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from tests.discord_server import DiscordEmulator
from tests.slack_server import SlackEmulator

DISCORD_PATHS: Final = ("callback", "webhooks", "channels", ".")
SLACK_METHODS: Final = (
    "chat.postMessage", "chat.update", "files.getUploadURLExternal", "upload",
    "files.completeUploadExternal", "response_url", "conversations.history", ".",
)  # fmt: skip
PAUSE: Final = (0.1, 0.8)
"""Seconds between two troubles. The next one ends what the last has left of its service's."""


@dataclass
class Weather:
    """Makes trouble at random, on both services, until it clears up."""

    discord: DiscordEmulator
    slack: SlackEmulator
    dice: random.Random
    came: Counter[str] = field(default_factory=Counter)
    _task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._rage())

    async def clear(self) -> None:
        """Let both services work again."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self.discord._faults.clear()
        self.slack._faults.clear()

    async def _rage(self) -> None:
        troubles: list[Callable[[], Awaitable[str]]] = [
            self._discord_refuses, self._discord_refuses, self._discord_drops,
            self._discord_drops, self._discord_dawdles, self._discord_hangs_up,
            self._slack_refuses, self._slack_refuses, self._slack_drops, self._slack_drops,
            self._slack_dawdles, self._slack_hangs_up,
        ]  # fmt: skip
        while True:
            await asyncio.sleep(self.dice.uniform(*PAUSE))
            self.came[await self.dice.choice(troubles)()] += 1

    def _times(self) -> int:
        return self.dice.choice((1, 1, 1, 2, 3, 5))

    async def _discord_refuses(self) -> str:
        status = self.dice.choice((429, 429, 500, 502, 503))
        path = self.dice.choice(DISCORD_PATHS)
        self.discord._faults.clear()
        self.discord.fault(
            path,
            status=status,
            retry_after=self.dice.uniform(0.1, 0.8),
            global_=self.dice.random() < 0.2,
            times=self._times(),
        )
        return f"discord {status}"

    async def _discord_drops(self) -> str:
        handled = self.dice.random() < 0.5
        path = self.dice.choice(DISCORD_PATHS)
        self.discord._faults.clear()
        self.discord.fault(path, drop=True, handled=handled, times=self._times())
        return "discord lost answer" if handled else "discord dropped request"

    async def _discord_dawdles(self) -> str:
        self.discord._faults.clear()
        self.discord.fault(delay=self.dice.uniform(0.2, 2.0), times=self._times())
        return "discord slow"

    async def _discord_hangs_up(self) -> str:
        if not self.discord.connected:
            return "discord was away"
        way = self.dice.randrange(4)
        if way == 0:
            await self.discord.reconnect()
        elif way == 1:
            await self.discord.invalidate_session(resumable=self.dice.random() < 0.5)
        else:
            await self.discord.drop_gateway(abrupt=way == 2)
        return "discord socket"

    async def _slack_refuses(self) -> str:
        method = self.dice.choice(SLACK_METHODS)
        trouble = self.dice.choice(("429", "429", "500", "error"))
        self.slack._faults.clear()
        if trouble == "error" and method not in ("upload", "response_url"):
            self.slack.fault(method, error="internal_error", times=self._times())
        else:
            status = 429 if trouble == "429" else 500
            self.slack.fault(method, status=status, times=self._times())
        return f"slack {trouble}"

    async def _slack_drops(self) -> str:
        lost = self.dice.random() < 0.5
        method = self.dice.choice(SLACK_METHODS)
        self.slack._faults.clear()
        self.slack.fault(method, drop=not lost, lost_answer=lost, times=self._times())
        return "slack lost answer" if lost else "slack dropped request"

    async def _slack_dawdles(self) -> str:
        self.slack._faults.clear()
        self.slack.fault(delay=self.dice.uniform(0.2, 2.0), times=self._times())
        return "slack slow"

    async def _slack_hangs_up(self) -> str:
        if self.dice.random() < 0.5:
            await self.slack.drop_socket()
        else:
            await self.slack.disconnect()
        return "slack socket"
