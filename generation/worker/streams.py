"""The standard streams of a child process, which carry messages to the engine."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

from generation.worker.channel import Channel


def take_over_streams() -> Channel:
    """Move the pipe out of reach of prints: output of any kind goes to standard error from here."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.setmode(0, os.O_BINARY)
        msvcrt.setmode(1, os.O_BINARY)
    reader, writer = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return Channel(reader, writer)


def end_with(channel: Channel) -> NoReturn:
    """Wait until whoever began this process is gone, and end it at once, whatever it is at."""
    try:
        channel.receive()
    finally:
        os._exit(1)
