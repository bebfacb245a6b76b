"""Short forms of the fuzzing; ``make storm`` has the long ones."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.storm import fuzzing_chats
from tests.storm.fuzzing import Readers, fuzz
from tests.storm.fuzzing_chats import discord_junk, slack_junk

SEED = 1


def test_whatever_is_read_is_taken_or_refused_with_a_sentence(tmp_path: Path) -> None:
    outcome = fuzz(tmp_path, 2500, SEED, seconds_most=60.0)
    assert outcome.found == []
    assert set(outcome.tried) == set(Readers(tmp_path))
    for name in ("commands", "prompts", "recipes", "metadata", "pictures"):
        assert 0 < outcome.refused[name] < outcome.tried[name], name


@pytest.mark.parametrize("way", [slack_junk, discord_junk])
async def test_junk_from_a_chat_service_is_borne_and_nothing_forbidden_is_said(
    tmp_path: Path, way: Callable[[Path, int, int], Awaitable[fuzzing_chats.Outcome]]
) -> None:
    outcome = await way(tmp_path, 300, SEED)
    assert outcome.faults == []
    assert sum(outcome.tried.values()) >= 300
