"""Models on their way here: one process a model, however many orders wait for it."""

from __future__ import annotations

import asyncio
import contextlib
import pickle
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import BinaryIO, Final, cast

from generation.engine import Preparing
from generation.errors import ModelMissing, UserError
from generation.hub import is_cached
from generation.local.launch import child_environment, detached
from generation.models import Model
from generation.worker.channel import Channel
from generation.worker.messages import Fetch, Fetched, Word

TELL_SECONDS: Final = 0.5
"""How often those who wait are told, news or no news."""


class Downloads:
    """Fetches models for orders; ends a download that nobody waits for any longer."""

    def __init__(self, cache: Path | None) -> None:
        self._cache = cache
        self._running: dict[str, _Download] = {}

    async def fetch(self, model: Model) -> AsyncGenerator[Preparing, None]:
        """Tell about the download until the model is here; nothing when it is here already.

        Raises what ``generation.hub.download`` raises.
        """
        if await asyncio.to_thread(is_cached, model, self._cache):
            return
        download = self._running.get(model.name)
        if download is None or download.over.is_set():
            download = self._running[model.name] = _Download(model, self._cache)
            await asyncio.to_thread(download.open)
        download.waiting += 1
        try:
            while not download.over.is_set():
                yield download.latest
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(download.over.wait(), TELL_SECONDS)
            if download.error:
                raise type(download.error)(**download.error.values())
        finally:
            download.waiting -= 1
            if not download.waiting:
                self._drop(download)

    async def close(self) -> None:
        """End all downloads; what has come stays for the next time."""
        for download in list(self._running.values()):
            self._drop(download)

    def _drop(self, download: _Download) -> None:
        download.kill()
        if self._running.get(download.model.name) is download:
            del self._running[download.model.name]


class _Download:
    """The process that fetches one model, and the last that it said."""

    def __init__(self, model: Model, cache: Path | None) -> None:
        self.model = model
        self.latest = Preparing("downloading", model.name)
        self.error: UserError | None = None
        self.over = asyncio.Event()
        self.waiting = 0
        self._cache = cache
        self._loop = asyncio.get_running_loop()
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start the process; blocks for a moment."""
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "generation.worker.fetching"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child_environment(for_hub=True) | {"HF_HUB_DISABLE_PROGRESS_BARS": "1"},
            **detached(),
        )
        streams = self._process.stdout, self._process.stdin
        channel = Channel(*cast("tuple[BinaryIO, BinaryIO]", streams))
        with contextlib.suppress(OSError):
            channel.send(Fetch(self.model, self._cache))
        threading.Thread(target=self._listen, args=(channel, self._process), daemon=True).start()

    def kill(self) -> None:
        """End the process at once, if it runs."""
        if self._process:
            self._process.kill()

    def _listen(self, channel: Channel, process: subprocess.Popen[bytes]) -> None:
        with contextlib.suppress(RuntimeError):  # of a loop that is closed
            try:
                while True:
                    self._loop.call_soon_threadsafe(self._hear, channel.receive())
            except (EOFError, OSError, ValueError, pickle.UnpicklingError):
                process.kill()  # of no effect on the dead
                code = process.wait()
            finally:
                channel.dispose()
            self._loop.call_soon_threadsafe(self._end, code)

    def _hear(self, word: Word) -> None:
        if isinstance(word, Fetched):
            self.error = word.error
            self.over.set()
        else:
            self.latest = word

    def _end(self, code: int) -> None:
        if not self.over.is_set():
            detail = f"exit code {code}"
            self.error = ModelMissing(self.model.name, self.model.base, "hub error", detail)
            self.over.set()
