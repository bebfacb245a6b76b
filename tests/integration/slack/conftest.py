from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack_scene import Scene
from tests.slack_server import SlackEmulator


@pytest.fixture
async def emu() -> AsyncIterator[SlackEmulator]:
    emulator = await SlackEmulator().start()
    try:
        yield emulator
    finally:
        await emulator.stop()
    emulator.check()
    assert emulator.violations == []


@pytest.fixture
async def scene(emu: SlackEmulator, tmp_path: Path) -> Scene:
    return Scene(emu, tmp_path)
