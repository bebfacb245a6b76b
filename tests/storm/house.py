"""The bot as a process, and its owner, who starts it again whenever it is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from storage.ownership import NOTE

ROOT = Path(__file__).parents[2]
WORKER = "generation.worker.process"
LEAVE_SECONDS = 60.0
"""For a stop in order; the bot itself says ten."""
AGAIN_SECONDS = 0.3
"""Before a bot that could not start is started again."""


@dataclass
class House:
    """A data folder with a bot that runs on it as ``words`` say.

    What the bot says goes into ``bot.txt``. A bot that leaves by itself is started again, too: its
    chat services may have been out of order; ``left`` has the exit codes of those.
    """

    folder: Path
    words: tuple[str, ...]
    variables: dict[str, str]
    kills: dict[str, int] = field(default_factory=lambda: {"bot": 0, "worker": 0})
    left: list[int] = field(default_factory=list)
    _process: subprocess.Popen[bytes] | None = None
    _owner: asyncio.Task[None] | None = None
    _wanted: bool = False

    def open(self) -> None:
        """Start the bot, and see to it that it runs."""
        self._wanted = True
        self._start()
        self._owner = asyncio.create_task(self._look_after())

    def is_up(self) -> bool:
        """Whether the bot owns its folder and can be talked to, and not one before it."""
        assert self._process is not None
        try:
            # Only read: whoever asks for the owner takes the lock for a moment.
            note = json.loads((self.folder / "data" / NOTE).read_text())
        except (OSError, ValueError):
            return False
        return bool(note["pid"] == self._process.pid and note["port"])

    def kill(self) -> None:
        """Kill the bot; it is started again at once."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self.kills["bot"] += 1
        self._start()

    def kill_worker(self) -> bool:
        """Kill the worker, and return whether there was one."""
        workers = self._workers()
        for worker in workers:
            # It may have left by itself just now.
            with suppress(psutil.NoSuchProcess):
                worker.kill()
        self.kills["worker"] += bool(workers)
        return bool(workers)

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Let neither the bot nor its worker do anything in the block."""
        assert self._process is not None
        bot = psutil.Process(self._process.pid)
        stopped = [bot]
        bot.suspend()
        try:
            for child in bot.children(recursive=True):
                with suppress(psutil.NoSuchProcess):
                    child.suspend()
                    stopped.append(child)
            yield
        finally:
            for process in stopped:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    async def close(self) -> int:
        """Ask the bot to leave, and return its exit code."""
        await self._retire()
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return await asyncio.to_thread(self._process.wait, LEAVE_SECONDS)

    async def abandon(self) -> None:
        """End whatever still runs, without a word."""
        await self._retire()
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def said(self) -> str:
        """Return what all bots have said."""
        return (self.folder / "bot.txt").read_text(errors="replace")

    async def _retire(self) -> None:
        self._wanted = False
        if self._owner is not None:
            self._owner.cancel()
            await asyncio.gather(self._owner, return_exceptions=True)

    async def _look_after(self) -> None:
        while self._wanted:
            await asyncio.sleep(AGAIN_SECONDS)
            assert self._process is not None
            code = self._process.poll()
            if code is not None:
                self.left.append(code)
                self._start()

    def _start(self) -> None:
        with (self.folder / "bot.txt").open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *self.words],
                cwd=self.folder,
                env=environment(self.variables),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def _workers(self) -> list[psutil.Process]:
        assert self._process is not None
        try:
            children = psutil.Process(self._process.pid).children(recursive=True)
            return [each for each in children if WORKER in each.cmdline()]
        except psutil.Error:
            return []


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a process of ours, which finds this very code."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("REROLL_") and not name.endswith("_TOKEN")
    }
    # As in all tests: threads that wait for each other are slower than one.
    return {"OMP_NUM_THREADS": "1"} | kept | {"PYTHONPATH": str(ROOT)} | dict(variables)


async def wait_until(holds: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for something that nobody tells of."""
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            raise TimeoutError(f"not within {seconds:.0f} s: {what}")
        await asyncio.sleep(0.02)
