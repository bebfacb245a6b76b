from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    shell = Shell(tmp_path)
    yield shell
    shell.end()


@pytest.fixture(scope="module")
def kept_shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A folder that a whole module shares, for tests that only look or add."""
    shell = Shell(tmp_path_factory.mktemp("kept"))
    yield shell
    shell.end()
