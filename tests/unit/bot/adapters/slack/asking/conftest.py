from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.adapters.slack.web import Web
from bot.config import load_config
from tests.slack_asking import Talk
from tests.slack_server import SlackEmulator


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    emu = await SlackEmulator().start()
    file = tmp_path / "config.toml"
    file.write_text(f"generation.model = 'mini'\nslack.api_url = '{emu.base_url}'\n")
    config = load_config(file, {})
    web = Web(config.settings.slack, emu.bot_token)
    talk = Talk(emu, config, web)
    yield talk
    await talk.shown.work()
    await web.close()
    await emu.stop()
