"""How the server misbehaves on demand."""

from __future__ import annotations

import re
import time
from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Any


@dataclass(eq=False)
class Fault:
    """What happens to the next matching requests."""

    path: re.Pattern[str]
    method: str | None
    status: int | None
    retry_after: float
    is_global: bool
    cloudflare: bool
    drop: bool
    handled: bool
    delay: float
    left: int
    body: Any
    hits: int = 0

    def takes(self, method: str, path: str) -> bool:
        """Whether this request is hit; counts it if so."""
        if self.left <= 0 or self.method not in (None, method) or not self.path.search(path):
            return False
        self.left -= 1
        self.hits += 1
        return True

    @property
    def outcome(self) -> int | str:
        """What the record of a request says of it."""
        return "drop" if self.drop else self.status or "delay"


@dataclass(eq=False)
class RateLimit:
    """So many requests in so many seconds on each matching path."""

    path: re.Pattern[str]
    method: str | None
    limit: int
    per: float
    hits: int = 0
    _times: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def concerns(self, method: str, path: str) -> bool:
        """Whether this request counts."""
        return self.method in (None, method) and self.path.search(path) is not None

    def wait(self, method: str, path: str, now: float) -> float | None:
        """Seconds until this request would be let in; ``None`` if it is, which counts it."""
        times = self._bucket(method, path)
        while times and times[0] < now - self.per:
            times.popleft()
        if len(times) >= self.limit:
            self.hits += 1
            return times[0] + self.per - now
        times.append(now)
        return None

    def headers(self, method: str, path: str, now: float) -> dict[str, str]:
        """What Discord tells of the bucket."""
        times = self._bucket(method, path)
        after = times[0] + self.per - now
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - len(times)),
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
        }

    def _bucket(self, method: str, path: str) -> deque[float]:
        return self._times[method + path if "@me" in path else path]
