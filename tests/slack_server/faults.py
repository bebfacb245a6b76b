"""How the server misbehaves on demand."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from dataclasses import dataclass, field

from tests.slack_server.records import Keyed

OUTSIDE_API = ("upload", "download", "response_url")
"""What has a name like a method, but is hit only by faults that name it."""


@dataclass(eq=False)
class Fault(Keyed):
    """What happens to the next matching requests."""

    method: str
    status: int | None
    retry_after: int
    error: str | None
    drop: bool
    lost_answer: bool
    delay: float
    left: int
    hits: int = 0

    def takes(self, method: str) -> bool:
        """Whether this request is hit; counts it if so."""
        if self.left <= 0 or not self._concerns(method):
            return False
        self.left -= 1
        self.hits += 1
        return True

    def _concerns(self, method: str) -> bool:
        if self.method == ".":
            return method not in OUTSIDE_API
        return re.fullmatch(self.method, method) is not None


@dataclass(eq=False)
class RateLimit(Keyed):
    """So many calls of a method in so many seconds, for each value of an argument if named."""

    method: str
    limit: int
    per: float
    key: str | None
    hits: int = 0
    _times: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait(self, args: dict[str, object], now: float) -> float | None:
        """Seconds until this call would be let in; ``None`` if it is, which counts it."""
        times = self._times[str(args.get(self.key)) if self.key else ""]
        while times and times[0] < now - self.per:
            times.popleft()
        if len(times) >= self.limit:
            self.hits += 1
            return times[0] + self.per - now
        times.append(now)
        return None
