"""The bench."""

from __future__ import annotations

from typing import Final

BENCH_HEADS: Final = ("", "Reroll", "plain diffusers", "ratio")
BENCH_PICTURE: Final = "seconds a picture"


def bench_queue(pictures: int) -> str:
    """Name the measure of a queue."""
    return f"pictures a minute, {pictures} queued"


def bench_idle(milliseconds: float) -> str:
    """Say how long the worker draws nothing between two jobs."""
    return f"Between two queued jobs, nothing is drawn for {milliseconds:.1f} ms (median)."


def bench_title(model: str, device: str, steps: int, repeats: int) -> str:
    """Head the table of speeds."""
    return f"{model} on {device}, {steps} steps, median of {repeats}"


def bench_history_title(rows: int) -> str:
    """Head the table of the history's speeds."""
    return f"{rows:,} jobs, milliseconds, 99th percentile"
