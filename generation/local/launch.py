"""One life of the worker process: started, spoken to, and seen to its end."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pickle
import secrets
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from generation.errors import CannotWrite
from generation.local.deaths import Death, judge, last_line, oom_kills
from generation.settings import GenerationSettings
from generation.worker.channel import Channel
from generation.worker.messages import Command, Hello, Report

LOG_MAX: Final = 5 * 2**20
"""Bytes of the worker's raw log from which on a new one is begun; the old one is kept once."""

SPINS: Final = "10000"
"""Turns that a thread of torch waits awake before it sleeps. On two cores a step of mini's base
took 17 ms with 20,000 of them, 18 with 5,000, 38 with 1,000, and 55 with none. This lies where more
gain next to nothing, and what waits in vain gives its core to the bot sooner.
"""

_CLOSING_SECONDS: Final = 5.0
_SECRET: Final = ("_TOKEN", "_SECRET", "_PASSWORD")
_OF_HUB: Final = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")


class Launch:
    """A worker process. All methods are the event loop's, and none of them blocks it.

    ``hear`` gets every report and ``ended`` the death, both in the event loop.
    """

    def __init__(
        self,
        settings: GenerationSettings,
        painter: str,
        hear: Callable[[Launch, Report], None],
        ended: Callable[[Launch, Death], None],
    ) -> None:
        self.id = secrets.token_hex(4)
        self.hung = False
        self._settings = settings
        self._painter = painter
        self._hear = hear
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None
        self._listener: threading.Thread | None = None
        self._log_start = 0
        self._oom_kills = 0

    @property
    def pid(self) -> int | None:
        """The process id, once there is one."""
        return self._process.pid if self._process else None

    @property
    def log_line(self) -> str:
        """The last line that this process wrote into the log file."""
        return last_line(self._settings.log_file, self._log_start)

    async def open(self) -> None:
        """Start the process. Raises ``CannotWrite`` for a log file that cannot be written."""
        await asyncio.to_thread(self._open)

    def send(self, command: Command) -> None:
        """Send a command; one to a dead worker is lost, as its death will tell."""
        if self._channel:
            with contextlib.suppress(OSError, ValueError):
                self._channel.send(command)

    def kill(self, *, hung: bool = False) -> None:
        """End the process at once."""
        self.hung = hung
        if self._process:
            self._process.kill()

    async def close(self) -> None:
        """End the process: the end of its pipe tells it to, and if that does not help, a kill."""
        if self._channel and self._process:
            await asyncio.to_thread(self._close, self._channel, self._process)

    # In threads -----------------------------------------------------------------------------------

    def _open(self) -> None:
        self._oom_kills = oom_kills()
        with _log_file(self._settings.log_file) as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "generation.worker.process"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=child_environment(),
                **detached(),
            )
        reader, writer = self._process.stdout, self._process.stdin
        channel = Channel(cast("BinaryIO", reader), cast("BinaryIO", writer))
        with contextlib.suppress(OSError):
            channel.send(Hello(self.id, self._settings, self._painter))
        self._channel = channel
        self._listener = threading.Thread(
            target=self._listen, args=(channel, self._process), name="worker pipe", daemon=True
        )
        self._listener.start()

    def _listen(self, channel: Channel, process: subprocess.Popen[bytes]) -> None:
        # A loop that is closed takes no more calls; then nobody waits for them either.
        with contextlib.suppress(RuntimeError):
            try:
                while True:
                    report = channel.receive()
                    if report.launch == self.id:
                        self._loop.call_soon_threadsafe(self._hear, self, report)
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                code = _bury(process)
            finally:
                channel.dispose()
            death = judge(code, oom_kills() > self._oom_kills, self.hung)
            self._loop.call_soon_threadsafe(self._ended, self, death)

    def _close(self, channel: Channel, process: subprocess.Popen[bytes]) -> None:
        channel.close()
        _bury(process)
        if self._listener:
            self._listener.join(_CLOSING_SECONDS)


def _bury(process: subprocess.Popen[bytes]) -> int:
    """Wait for a process whose pipe has ended, which may have some tidying left to do."""
    try:
        return process.wait(_CLOSING_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _log_file(path: Path) -> BinaryIO:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > LOG_MAX:
            path.replace(path.with_name(path.name + ".1"))
        return path.open("ab")
    except OSError as error:
        raise CannotWrite(str(path), error.strerror or str(error)) from None


def child_environment(*, for_hub: bool = False) -> dict[str, str]:
    """Return the environment for a child: no secrets of ours, and the way to this package.

    What a child never had, none of its libraries can print. ``for_hub`` leaves it the hub's token.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(_SECRET) or (for_hub and name in _OF_HUB)
    }
    root = Path(__file__).parents[2]
    if not {"site-packages", "dist-packages"} & set(root.parts):
        paths = [path for path in (kept.get("PYTHONPATH"), str(root)) if path]
        kept["PYTHONPATH"] = os.pathsep.join(paths)
    return _waiting() | kept


def _waiting() -> dict[str, str]:
    """Return how torch's threads wait for each other, where nobody has said it.

    Threads that spin for long take the cores from whatever else runs; those that sleep at once take
    longer to wake than a small network's operation lasts. GNU's OpenMP, which torch brings along on
    Linux, lets them spin for so many turns and sleep then; the others know the policy alone.
    """
    if "OMP_WAIT_POLICY" in os.environ:
        return {}
    return {"OMP_WAIT_POLICY": "PASSIVE", "GOMP_SPINCOUNT": SPINS}


def detached() -> dict[str, Any]:
    """Out of reach of the terminal's Ctrl-C, from the first moment of the interpreter on."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
