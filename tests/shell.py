"""The ``reroll`` command as a person runs it, for tests."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds after which something that was waited for will not come any more."""


@dataclass
class Shell:
    """The ``reroll`` command as a person runs it, in a folder of its own."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not _ours(name)}
        return kept | {"REROLL_GENERATION__MODEL": "mini"} | self.env

    def run(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=self.environment(),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.started.append(process)
        return process

    def job(self, *words: str) -> dict[str, Any]:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == 1
        job: dict[str, Any] = json.loads(lines[0])
        return job

    def status(self) -> dict[str, Any]:
        done = self.run("status", "--json")
        assert done.returncode == 0, done.stderr
        status: dict[str, Any] = json.loads(done.stdout)
        return status

    def serve(self) -> subprocess.Popen[str]:
        """Own the folder with a console, so that commands need no worker of their own."""
        process = self.start("console")
        note = self.folder / "data" / "reroll.json"
        wait_until(lambda: note.exists() and '"port": 0' not in note.read_text(), "it listens")
        return process

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


def _ours(name: str) -> bool:
    return name.startswith("REROLL_") or name.endswith("_TOKEN")


def wait_until(holds: Callable[[], bool], what: str) -> None:
    """Wait for something to become true."""
    until = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < until, f"waited in vain until {what}"
        time.sleep(0.05)
