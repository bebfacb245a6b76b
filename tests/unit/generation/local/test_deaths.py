from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from generation.local.deaths import Death, judge, last_line, oom_kills


@pytest.mark.parametrize(
    ("code", "out_of_memory", "hung", "death"),
    [
        (-signal.SIGKILL, False, False, Death("SIGKILL", outside=True)),
        (-signal.SIGTERM, True, False, Death("SIGTERM", outside=True)),
        (-signal.SIGKILL, True, False, Death("out of memory", outside=False)),
        (-signal.SIGKILL, False, True, Death("hung", outside=False)),
        (-signal.SIGSEGV, False, False, Death("SIGSEGV", outside=False)),
        (-signal.SIGABRT, True, False, Death("SIGABRT", outside=False)),
        (1, False, False, Death("exit code 1", outside=False)),
        (0, False, False, Death("exit code 0", outside=False)),
    ],
)
def test_only_signals_that_somebody_sends_come_from_outside(
    code: int, out_of_memory: bool, hung: bool, death: Death
) -> None:
    assert judge(code, out_of_memory, hung) == death


@pytest.mark.skipif(sys.platform != "linux", reason="the counter is the Linux kernel's")
def test_the_kernels_counter_is_read() -> None:
    assert oom_kills() >= 0


def test_the_last_line_is_that_of_this_life_only(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("an old life\n")
    since = log.stat().st_size
    assert last_line(log, since) == ""
    log.write_text("an old life\nTraceback\nImportError: no torch\n\n")
    assert last_line(log, since) == "ImportError: no torch"
    assert last_line(tmp_path / "missing", 0) == ""
