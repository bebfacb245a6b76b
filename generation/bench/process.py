"""A process of its own for single pictures, as the worker is one, with the same surroundings."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, BinaryIO, cast

from generation.bench.messages import Broken, Doing, Found, Task, Word
from generation.bench.progress import Say
from generation.errors import NotMeasured
from generation.local.deaths import last_line
from generation.local.launch import child_environment, detached
from generation.worker.channel import Channel


def measured(task: Task, say: Say, log: Path) -> dict[str, Any]:
    """Return what a new process measured; its last error output goes to ``log``.

    The process ends with this call, however it is left. Raises the ``UserError`` that it met, and
    ``NotMeasured`` with the reason for anything else.
    """
    say("starting a process")
    with log.open("ab") as errors:
        begun = errors.tell()
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "generation.worker.bench"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=child_environment(),
            **detached(),
        )
    channel = Channel(cast("BinaryIO", process.stdout), cast("BinaryIO", process.stdin))
    try:
        channel.send(task)
        return _heard(channel, say)
    except (EOFError, OSError):
        reason = last_line(log, begun) or f"exit code {process.wait()}"
        raise NotMeasured(reason) from None
    finally:
        process.kill()
        process.wait()
        channel.dispose()


def _heard(channel: Channel, say: Say) -> dict[str, Any]:
    while True:
        word = cast("Word", channel.receive())
        match word:
            case Doing():
                say(word.what)
            case Found():
                return dict(word.values)
            case Broken():
                raise word.error or NotMeasured(word.reason)
