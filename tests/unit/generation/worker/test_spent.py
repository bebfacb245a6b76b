from __future__ import annotations

from typing import Any

import psutil
import pytest

from generation.worker.spent import seconds_spent


@pytest.mark.parametrize("error", [psutil.AccessDenied(), FileNotFoundError("/proc/1")])
def test_helpers_that_cannot_be_looked_up_leave_the_workers_own_time(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    before = seconds_spent("compiling")

    def refuse(*args: Any, **options: Any) -> Any:
        raise error

    monkeypatch.setattr(psutil.Process, "children", refuse)
    assert seconds_spent("compiling") >= seconds_spent("painting") - 1 >= before - 2
