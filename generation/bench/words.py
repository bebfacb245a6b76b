"""The bench in words: it has to speak for itself where the bot's texts are not installed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from generation.bench.goals import goals

HEADS: Final = ("", "Reroll", "plain diffusers", "ratio", "goal")
LEVER_HEADS: Final = ("lever", "seconds", "plain diffusers", "gain", "first picture", "pixels")
STOPPED: Final = "Stopped: the figures so far are not kept; --only measures a part."
INTERRUPTED: Final = 130
"""The exit code of who is stopped by Ctrl-C."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, as it is read."""

    what: str
    ours: str
    plain: str = ""
    ratio: str = ""
    goal: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """The line's cells, as many as there are ``HEADS``."""
        return (self.what, self.ours, self.plain, self.ratio, self.goal)


def title(found: Mapping[str, Any]) -> str:
    """Head the table: what was measured, and on what."""
    width, height = found["size"]
    place = found.get("machine") or found.get("device")
    parts = [f"{found['model']} on {place}" if place else found["model"], found.get("dtype", "")]
    parts.append("random weights" if found["model"].endswith("-random") else "")
    said = ", ".join(part for part in parts if part)
    return f"{said}: {width}x{height}, medians of {found['repeats']}"


def rows(found: Mapping[str, Any]) -> list[Row]:
    """Return the table, without what was not measured."""
    return [*_pictures(found), *_queue(found), *_moments(found), *_means(found)]


def picture_name(found: Mapping[str, Any]) -> str:
    """Name the figure of whole pictures."""
    switch = found.get("refiner")
    refined = f", refiner from {switch:g}" if switch else ""
    return f"a picture, {found['steps']} steps{refined}"


def _pictures(found: Mapping[str, Any]) -> Iterator[Row]:
    aims = goals(found)
    if picture := found.get("picture"):
        aim = " and ".join(aims[key] for key in ("picture", "picture seconds") if key in aims)
        yield _both(picture_name(found), picture, aim)
    if base := found.get("base"):
        aim = " and ".join(aims[key] for key in ("base", "base seconds") if key in aims)
        yield _both(f"base alone, {base['steps']} steps", base, aim)
    if first := found.get("first_picture_s"):
        yield Row("the first of a process", f"{first['ours']:.2f} s", f"{first['plain']:.2f} s")
    for role, milliseconds in found.get("step_ms", {}).items():
        yield Row(f"a step of the {role}", f"{milliseconds:.1f} ms")


def _both(what: str, figures: Mapping[str, Any], goal: str) -> Row:
    ours, plain = f"{figures['ours_s']:.3f} s", f"{figures['plain_s']:.3f} s"
    return Row(what, ours, plain, f"{figures['ratio']:.3f}", goal)


def _queue(found: Mapping[str, Any]) -> Iterator[Row]:
    aims = goals(found)
    if queue := found.get("queue"):
        yield Row(
            f"pictures a minute, {queue['pictures']} queued",
            f"{queue['ours_per_minute']:.1f}",
            f"{queue['plain_per_minute']:.1f}",
            f"{queue['ratio']:.3f}",
            aims.get("queue", ""),
        )
    if together := found.get("together"):
        what = f"each of {together['pictures']} painted together"
        yield Row(what, f"{together['ours_s']:.3f} s", goal=aims.get("together", ""))


def _moments(found: Mapping[str, Any]) -> Iterator[Row]:
    aims = goals(found)
    moments = (
        ("idle_ms_p50", "nothing drawn between queued jobs", "idle"),
        ("first_preview_ms_p50", "from the queue to the first preview", "first preview"),
        ("overhead_ms_p50", "of a picture, no network at work", "overhead"),
    )
    for key, what, aim in moments:
        if found.get(key) is not None:
            yield Row(what, f"{found[key]:.1f} ms", goal=_ms(aims.get(aim, "")))
    if found.get("previews_percent") is not None:
        percent = found["previews_percent"]
        yield Row("cost of progress and previews", f"{percent:.1f}%", goal=aims.get("previews", ""))
    if start := found.get("start"):
        yield Row("cold start to the first picture", f"{start['cold_s']:.1f} s")
        goal = aims.get("warm start", "")
        yield Row("warm start to it", f"{start['warm_s']:.1f} s", goal=goal and f"{goal} s")
    if found.get("recompiles") is not None:
        yield Row("recompiles", str(found["recompiles"]), goal=aims.get("recompiles", ""))


def _means(found: Mapping[str, Any]) -> Iterator[Row]:
    memory = found.get("memory", {})
    for where, what in (("device", "memory of the device"), ("process", "memory of the process")):
        if f"ours_{where}_bytes" in memory:
            ours, plain = (memory.get(f"{way}_{where}_bytes", 0) for way in ("ours", "plain"))
            # What the process had at most before is in the second figure, too.
            yield Row(f"{what}, at most", _size(ours), _size(plain) if where == "device" else "")
    if tflop := found.get("tflop"):
        yield Row("operations of a picture", f"{tflop['picture']:.4g} TFLOP")
        rate = f"{found['rate_tflop_s']:.4g} TFLOP/s"
        yield Row("rate of the device, products of matrices", rate)
        yield Row("share of that rate, a picture", f"{100 * found['mfu']:.1f}%")
        if "mfu" in found.get("base", {}):
            share = f"{100 * found['base']['mfu']:.1f}%"
            yield Row("and the base alone", share, goal=goals(found).get("base mfu", ""))


def lever_rows(found: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return the table of levers, each measured beside plain diffusers."""
    return [
        (
            row["lever"],
            f"{row['ours_s']:.3f}",
            f"{row['plain_s']:.3f}",
            f"{row['gain']:.3f}",
            f"{row['first_picture_s']:.1f}",
            "the same" if row["same_pixels"] else "other ones",
        )
        for row in found.get("levers", ())
    ]


def as_text(heads: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Set a table in columns: the first to the left, the others to the right."""
    every = [tuple(heads), *(tuple(line) for line in lines)]
    widths = [max(len(cell) for cell in column) for column in zip(*every, strict=True)]
    set_lines = (
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in every
    )
    return "\n".join(set_lines)


def _ms(goal: str) -> str:
    return f"{goal} ms" if goal else ""


def _size(count: int) -> str:
    return f"{count / 2**30:.2f} GiB"
