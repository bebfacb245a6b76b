"""What the chat adapters say of a reply beside its pictures."""

from __future__ import annotations

import math
from typing import Final

from bot import texts
from bot.reply import Line, ProgressView, Reply, code, faint, line

BAR_BLOCKS: Final = 20


def lines_of(reply: Reply) -> list[Line]:
    """Return the lines of a reply; the sentence of a refusal or a failure is among them once."""
    lines = list(reply.lines)
    if reply.problem is not None and reply.problem not in lines:
        lines.append(reply.problem)
    return lines


def progress_line(progress: ProgressView) -> Line:
    """Return how far a job is: a bar, then words."""
    words = [progress.label]
    if progress.total > 0:
        words.append(f"{progress.step}/{progress.total}")
    left = progress.seconds_left
    if left is not None and math.isfinite(left):
        words.append(texts.time_left(max(0.0, left)))
    tail = " · ".join(word for word in words if word)
    if progress.fraction is None or not math.isfinite(progress.fraction):
        return line(faint(tail))
    done = min(1.0, max(0.0, progress.fraction))
    full = int(done * BAR_BLOCKS)
    bar = "█" * full + "░" * (BAR_BLOCKS - full)
    return line(code(bar), f" {int(done * 100)} % · ", faint(tail))
