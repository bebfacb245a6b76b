"""Numbers, sizes, times and lists in words."""

from __future__ import annotations

import math
from typing import Final

PRODUCT: Final = "Reroll"


def or_list(names: tuple[str, ...]) -> str:
    """Join names with commas and a last ``or``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def and_list(names: tuple[str, ...]) -> str:
    """Join names with commas and a last ``and``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), "".join(names[-1:]))))


def size_text(number: float) -> str:
    """Write an amount of bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.3g} {unit}"
        number /= 1000
    return ""


def seconds_text(seconds: float) -> str:
    """Write a time: tenths below ten seconds, then seconds, then minutes."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 90:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def wait_text(seconds: float) -> str:
    """Write an estimate, which is never better than to the second: ``3 s``, ``5 min``, ``2 h``."""
    whole = max(1, math.ceil(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 90 else seconds_text(minutes * 60)


def time_left(seconds: float) -> str:
    """Write how long something will still take."""
    return f"{wait_text(seconds)} left"


def count_text(number: int, one: str, many: str) -> str:
    """Write a number with the right form of its noun."""
    return f"{number} {one if number == 1 else many}"
