from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

STARTED = """
import gc
from generation.settings import GenerationSettings
from generation.worker.process import build_painter
try:
    build_painter({painter!r}, GenerationSettings())
except ImportError:
    print("not there")
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


@pytest.mark.parametrize(
    ("painter", "said"), [("tests.painters:Sketcher", ""), ("tests.nobody:here", "not there\n")]
)
def test_what_is_imported_for_a_painter_is_set_aside_and_the_rest_searched_for_garbage(
    painter: str, said: str
) -> None:
    script = textwrap.dedent(STARTED).format(painter=painter)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{said}True True\n"
