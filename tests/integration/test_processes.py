"""What happens when processes are killed, stopped, or run beside each other."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from bot.control.client import RemoteSession
from bot.errors import OwnerLeft
from storage.ownership import find_owner
from tests.shell import Shell, wait_until


def busy(shell: Shell) -> int | None:
    """Return the worker's process id while it paints.

    The owner is asked directly: ``reroll status`` takes longer to start than a job may take.
    """
    owner = find_owner(shell.folder / "data")
    if owner is None or not owner.listens:
        return None
    try:
        worker = asyncio.run(RemoteSession(owner).status()).worker
    except OwnerLeft:
        return None
    return worker.pid if worker.state == "busy" else None


def worker_at_work(shell: Shell) -> int:
    """Wait until the worker paints, and return its process id."""
    seen: list[int] = []

    def look() -> bool:
        if (pid := busy(shell)) is not None:
            seen.append(pid)
        return bool(seen)

    wait_until(look, "the worker paints")
    return seen[0]


def only_line(text: str) -> str:
    lines = text.strip().splitlines()
    assert len(lines) == 1, text
    return lines[0]


def test_a_killed_worker_does_not_cost_the_picture(shell: Shell) -> None:
    shell.serve()
    expected = shell.job("imagine", "a red circle", "--seed", "7", "--steps", "100")
    process = shell.start("imagine", "a red circle", "--seed", "7", "--steps", "100", "--json")
    worker = worker_at_work(shell)
    os.kill(worker, signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    job: dict[str, Any] = json.loads(out)
    assert job["pictures"][0]["pixels_sha256"] == expected["pictures"][0]["pixels_sha256"]


def test_ctrl_c_cancels_the_job_and_says_so(shell: Shell) -> None:
    process = shell.start("imagine", "a red circle", "--steps", "100", "--count", "4")
    worker_at_work(shell)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "was cancelled" in out + err
    assert "Traceback" not in out + err
    assert shell.run("imagine", "a star", "--steps", "2").returncode == 0


def test_a_second_process_hands_its_job_over(shell: Shell) -> None:
    console = shell.serve()
    job = shell.job("imagine", "a red circle", "--seed", "7", "--steps", "2")
    worker = shell.status()["worker"]
    assert worker["state"] in ("idle", "busy")
    assert Path(job["pictures"][0]["path"]).is_file()
    out, err = console.communicate("/history red\n/quit\n", timeout=60)
    assert console.returncode == 0, err
    assert job["job"] in out


def test_a_killed_bot_leaves_no_worker_and_the_next_one_goes_on(shell: Shell) -> None:
    process = shell.start("imagine", "a red circle", "--seed", "7", "--steps", "100")
    worker = worker_at_work(shell)
    process.kill()
    process.communicate()
    wait_until(lambda: not Path(f"/proc/{worker}").exists(), "the worker has left")
    done = shell.run("console", stdin="/imagine a star --steps 2\n/history red\n")
    assert done.returncode == 0
    history = shell.run("history", "red", "--json")
    assert json.loads(only_line(history.stdout))["status"] == "done"


def test_the_bot_process_never_loads_torch(shell: Shell) -> None:
    script = """
import asyncio, sys
import psutil
from pathlib import Path
from bot.cli.shell import run_command
options = {"prompt": "a star --steps 2"}
code = asyncio.run(run_command("imagine", options, config=None, as_json=True))
heavy = sorted({"torch", "diffusers", "transformers", "compel"} & set(sys.modules))
print(code, heavy, psutil.Process().memory_info().rss // 2**20, file=sys.stderr)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    code, heavy, megabytes = done.stderr.rsplit(maxsplit=2)
    assert (code, heavy) == ("0", "[]"), done.stderr
    assert int(megabytes) <= 150
