"""Backups as an owner makes and restores them, beside a running bot and without one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.shell import Shell

KILLED = """
import os, signal, sys
from pathlib import Path
from bot.cli.backup import restore
seen = []
def heard(event, arguments):
    # The first rename says whose the data is, the second that the backup counts from now on.
    if event == "os.rename" and seen.append(arguments) is None and len(seen) > 3:
        os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(heard)
restore(None, Path(sys.argv[1]), as_json=True)
"""

STOPPED = """
import os, signal, sys
from bot.cli.app import run
def heard(event, arguments):
    if event == "os.rename":
        os.kill(os.getpid(), signal.SIGINT)
sys.addaudithook(heard)
sys.exit(run(sys.argv[1:]))
"""


def found(shell: Shell, *words: str) -> dict[str, Any]:
    done = shell.run(*words, "--json")
    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    values: dict[str, Any] = json.loads(line)
    return values


def prompts(shell: Shell) -> list[str]:
    done = shell.run("history", "--json")
    assert done.returncode == 0, done.stderr
    return [json.loads(line)["recipe"]["prompt"] for line in done.stdout.splitlines()]


def test_a_backup_is_made_beside_a_bot_and_restored_without_it(shell: Shell) -> None:
    bot = shell.serve()
    job = shell.job("imagine", "a red circle", "--steps", "2", "--seed", "7")
    made = found(shell, "backup")
    assert (made["pictures"], made["left_out"]) == (1, 0)
    assert made["backup"].startswith(str(shell.folder / "data" / "backups" / "reroll-"))
    shell.job("imagine", "a later star", "--steps", "2")
    refused = shell.run("restore", made["backup"])
    assert refused.returncode == 1
    assert refused.stderr.count("\n") == 1
    assert f"as process {bot.pid}" in refused.stderr
    assert prompts(shell) == ["a later star", "a red circle"]
    bot.communicate("/quit\n", timeout=60)
    restored = found(shell, "restore", made["backup"])
    assert (restored["pictures"], len(restored["before"])) == (1, 2)
    assert prompts(shell) == ["a red circle"]
    shown = found(shell, "show", job["job"])
    assert shown["pictures"] == job["pictures"]
    assert Path(shown["pictures"][0]["path"]).is_file()


def test_a_restore_that_is_killed_is_finished_at_the_next_start(shell: Shell) -> None:
    bot = shell.serve()
    shell.job("imagine", "a red circle", "--steps", "2")
    made = shell.run("backup", "kept.tar")
    assert made.returncode == 0
    assert made.stdout.startswith(f"{shell.folder / 'kept.tar'} has the database and 1 file")
    again = shell.run("backup", "kept.tar")
    assert (again.returncode, again.stderr.count("\n")) == (2, 1)
    shell.job("imagine", "a later star", "--steps", "2")
    bot.communicate("/quit\n", timeout=60)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, "kept.tar"],
        cwd=shell.folder,
        env=shell.environment(),
        timeout=120,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL
    assert (shell.folder / "data" / "reroll.db.restore.json").exists()
    assert prompts(shell) == ["a red circle"]
    assert not (shell.folder / "data" / "reroll.db.restore.json").exists()


def test_a_backup_that_is_stopped_says_so_and_leaves_nothing(shell: Shell) -> None:
    assert shell.run("queue").returncode == 0
    stopped = subprocess.run(
        [sys.executable, "-c", STOPPED, "backup", "kept.tar"],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (stopped.returncode, stopped.stdout, stopped.stderr) == (1, "", "Stopped.\n")
    assert sorted(path.name for path in shell.folder.iterdir()) == ["data"]


def test_what_is_no_backup_is_refused_in_one_sentence(shell: Shell) -> None:
    (shell.folder / "kept.tar").write_bytes(b"words")
    for words in (("restore", "kept.tar"), ("restore", "missing.tar"), ("backup",)):
        done = shell.run(*words)
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.count("\n") == 1
        assert "Traceback" not in done.stderr
