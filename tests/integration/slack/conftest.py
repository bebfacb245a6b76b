from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.slack_scene import Scene
from tests.slack_server import SlackEmulator


@pytest.fixture
async def emu(caplog: pytest.LogCaptureFixture) -> AsyncIterator[SlackEmulator]:
    emulator = await SlackEmulator().start()
    try:
        yield emulator
    finally:
        await emulator.stop()
    emulator.check()
    assert emulator.violations == []
    said = [each for when in ("setup", "call") for each in caplog.get_records(when)]
    assert [each.getMessage() for each in said if each.levelno >= logging.ERROR] == []


@pytest.fixture
async def scene(emu: SlackEmulator, tmp_path: Path) -> Scene:
    return Scene(emu, tmp_path)
