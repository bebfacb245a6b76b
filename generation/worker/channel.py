"""A pair of byte streams that carries messages.

The streams are the worker's standard input and output, which every system has; the worker moves
them out of the way first, so that no library's print can ever come between two messages.
"""

from __future__ import annotations

import contextlib
import pickle
import struct
import threading
from typing import Any, BinaryIO, Final

_HEADER: Final = struct.Struct("!I")


class Channel:
    """Sends and receives pickled messages, each after its length.

    Both ends are processes of this program, which is why pickle may be trusted here. ``send`` may
    be called from several threads, ``receive`` from one.
    """

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer
        self._sending = threading.Lock()

    def send(self, message: object) -> None:
        """Send one message. Raises ``OSError`` when the other end is gone."""
        data = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        with self._sending:
            self._writer.write(_HEADER.pack(len(data)) + data)
            self._writer.flush()

    def receive(self) -> Any:
        """Return the next message. Raises ``EOFError`` when the other end is gone."""
        (length,) = _HEADER.unpack(self._exactly(_HEADER.size))
        return pickle.loads(self._exactly(length))  # noqa: S301 - from our own process

    def close(self) -> None:
        """Close the sending side; the other end then reads the end."""
        with self._sending, contextlib.suppress(OSError):  # it is closed all the same
            self._writer.close()

    def dispose(self) -> None:
        """Close both sides; for the thread that receives, when there is no more to come."""
        self.close()
        self._reader.close()

    def _exactly(self, length: int) -> bytes:
        data = self._reader.read(length)
        if len(data) < length:
            raise EOFError
        return data
