"""An event loop whose clock jumps over every wait: hours pass in no time, in the right order."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, ParamSpec, TypeVar

MOMENT = 1e-4
Given = ParamSpec("Given")
Result = TypeVar("Result")


class JumpingSelector(selectors.SelectSelector):
    """Counts the seconds that somebody wants to wait, in place of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.ahead = 1000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """Return what is there already; with nothing to wait for but the clock, move that."""
        ready = super().select(0)
        if not ready and timeout is None:
            raise RuntimeError("all wait for each other, and would for ever")
        # A moment each time, so that what asks again and again comes to an end as well.
        self.ahead += max(MOMENT, (not ready and timeout) or 0.0)
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """Not for code that works in threads: the clock would not wait for those."""

    def __init__(self) -> None:
        self._jumping = JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Return the seconds that were jumped over: what is done takes but moments."""
        return self._jumping.ahead


def run_jumping(main: Coroutine[Any, Any, Result]) -> Result:
    """Run a test in such a loop."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)


def jumping(
    test: Callable[Given, Coroutine[Any, Any, Result]],
) -> Callable[Given, Result]:
    """Let a test run in such a loop."""

    @wraps(test)
    def run(*args: Given.args, **kwargs: Given.kwargs) -> Result:
        return run_jumping(test(*args, **kwargs))

    return run
