from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.contract.talk import Chat, Talk
from tests.contract.town import CHATS, SURFACES, NewChat, NewTalk, Town, name_of, new_town


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def shared_town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A bot that all scenarios share, each with people of its own."""
    async with new_town(tmp_path_factory.mktemp("town")) as town:
        yield town


@pytest_asyncio.fixture(loop_scope="session")
async def town(shared_town: Town) -> AsyncIterator[Town]:
    yield shared_town
    await shared_town.calm()


@pytest_asyncio.fixture(loop_scope="session")
async def own_town(shared_town: Town) -> AsyncIterator[Town]:
    """The bot, for a scenario that stops it or changes its configuration."""
    yield shared_town
    await shared_town.reopen()
    await shared_town.calm()


@pytest.fixture(params=SURFACES, ids=name_of)
def talk(request: pytest.FixtureRequest, town: Town) -> Talk:
    surface: NewTalk = request.param
    return surface(town)


@pytest.fixture(params=CHATS, ids=name_of)
def chat(request: pytest.FixtureRequest, town: Town) -> Chat:
    surface: NewChat = request.param
    return surface(town)
