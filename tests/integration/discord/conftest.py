from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.discord_scene import Scene
from tests.discord_server import DiscordEmulator


@pytest.fixture
async def emu() -> AsyncIterator[DiscordEmulator]:
    emulator = await DiscordEmulator().start()
    try:
        yield emulator
    finally:
        await emulator.stop()
    emulator.check()
    assert emulator.violations == []


@pytest.fixture
async def scene(emu: DiscordEmulator, tmp_path: Path) -> Scene:
    return Scene(emu, tmp_path)
