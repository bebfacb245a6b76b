"""Why a process ended, and whose doing that was."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_OUTSIDE: Final = frozenset(
    getattr(signal, name)
    for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT")
    if hasattr(signal, name)
)
"""Signals that somebody sends; the others are what a process brings upon itself."""

_TAIL: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Death:
    """The end of a worker. ``outside``: somebody else's doing, not that of the order at hand."""

    reason: str
    outside: bool


def judge(code: int, out_of_memory: bool, hung: bool) -> Death:
    """Judge an exit code as ``subprocess`` gives it: negative for a signal.

    ``out_of_memory``: the kernel's out-of-memory killer struck meanwhile; ``hung``: we killed it.
    """
    if hung:
        return Death("hung", outside=False)
    if code >= 0:
        return Death(f"exit code {code}", outside=False)
    if -code == getattr(signal, "SIGKILL", None) and out_of_memory:
        return Death("out of memory", outside=False)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return Death(name, outside=-code in _OUTSIDE)


def oom_kills() -> int:
    """Return how many processes the out-of-memory killer ended so far, 0 where nobody counts.

    Of our control group where it has a counter (cgroup v2), else of the whole machine.
    """
    for path in (_cgroup_events(), Path("/proc/vmstat")):
        count = _counter(path) if path else None
        if count is not None:
            return count
    return 0


def _cgroup_events() -> Path | None:
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return None
    group = next((line[3:] for line in lines if line.startswith("0::")), None)
    return Path("/sys/fs/cgroup") / group.lstrip("/") / "memory.events" if group else None


def _counter(path: Path) -> int | None:
    try:
        for line in path.read_text().splitlines():
            name, _, value = line.partition(" ")
            if name == "oom_kill":
                return int(value)
    except (OSError, ValueError):
        return None
    return None


def last_line(path: Path, since: int) -> str:
    """Return the last line that is not blank of what was appended to a file since that offset."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            file.seek(max(since, end - _TAIL))
            text = file.read(_TAIL).decode(errors="replace")
    except OSError:
        return ""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:500] if lines else ""
