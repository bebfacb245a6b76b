from __future__ import annotations

import logging
from pathlib import Path

import pytest

from bot.adapters.discord.autocomplete import choices
from bot.command import Option
from bot.commands import Widest, commands
from bot.config import load_config
from bot.service.suggesting.suggestions import Suggestions
from generation.loras import LoraCatalogue
from generation.recipe import Recipe
from storage.records import JobRecord, ReplyTo, utc_now

REROLL = next(command for command in commands(Widest()) if command.name == "reroll")


def option(name: str) -> Option:
    found = REROLL.option(name)
    assert found is not None
    return found


@pytest.fixture
def suggestions(tmp_path: Path) -> Suggestions:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\nloras = 'loras'\n")
    folder = tmp_path / "loras"
    folder.mkdir()
    for number in range(40):
        (folder / f"{number:02}-{'x' * 40}.safetensors").write_bytes(b"")
    config = load_config(file, {})
    made = Suggestions(config, (REROLL,), LoraCatalogue((folder,)))
    made.refresh()
    return made


def job(name: str, prompt: str) -> JobRecord:
    recipe = Recipe(prompt=prompt, seed=7, width=128, height=128, steps=4, guidance=5, model="mini")
    return JobRecord(
        id=name,
        number=1,
        recipe=recipe,
        count=1,
        actor="discord:1",
        reply_to=ReplyTo("discord", "100"),
        private=False,
        parent=None,
        command="imagine",
        explicit=(),
        status="queued",
        attempts=0,
        created=utc_now(),
    )


def test_labels_are_cut_and_values_never(suggestions: Suggestions) -> None:
    suggestions.remember(job("k7f3q2", "a red\nfox " * 50))
    for place in ("", "discord:100"):
        [choice, picture] = choices(suggestions, option("id"), "k7f3q2", "discord:1", place)
        assert choice.value == "k7f3q2"
        assert choice.name.startswith("k7f3q2 · a red fox a red fox")
        assert choice.name.endswith("…")
        assert 98 <= len(choice.name) <= 100
        assert picture.value == "k7f3q2.1"


def test_others_find_a_job_where_it_was_asked_for(suggestions: Suggestions) -> None:
    suggestions.remember(job("k7f3q2", "a red fox"))
    found = choices(suggestions, option("id"), "fox", "discord:2", "discord:100")
    assert [choice.value for choice in found] == ["k7f3q2"]
    assert choices(suggestions, option("id"), "fox", "discord:2", "discord:200") == []


def test_there_are_no_more_choices_than_discord_shows(suggestions: Suggestions) -> None:
    assert len(choices(suggestions, option("lora"), "", "discord:1")) == 25


def test_a_list_that_is_too_long_for_a_choice_is_not_offered(suggestions: Suggestions) -> None:
    two = f"00-{'x' * 40}, 01-{'x' * 40}"
    assert choices(suggestions, option("lora"), f"{two}, 02", "discord:1") == []
    assert choices(suggestions, option("lora"), f"{two}, ink", "discord:1") != []


def test_a_fault_is_no_choice_and_is_logged(
    suggestions: Suggestions, caplog: pytest.LogCaptureFixture
) -> None:
    typed = 5
    with caplog.at_level(logging.ERROR):
        assert choices(suggestions, option("lora"), typed, "discord:1") == []  # type: ignore[arg-type]
    assert "no completions for lora" in caplog.text
