from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.selecting import choice, one_of, options_for, some_of
from bot.command import Option
from bot.commands import Widest, commands
from bot.config import load_config
from bot.service.suggesting.suggestions import Suggestions
from generation.loras import LoraCatalogue
from generation.recipe import Recipe
from storage.records import JobRecord, ReplyTo, Viewer, utc_now
from tests.slack_server.element_rules import check_option
from tests.slack_server.flaws import FileState, Flaws

REROLL = next(command for command in commands(Widest()) if command.name == "reroll")
ANN, BOB = Viewer("slack:T1:U1"), Viewer("slack:T1:U2")


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
    names = [f"lora{number:03}" for number in range(120)]
    for name in (*names, "zero" * 38, "zero" * 37):
        (folder / f"{name}.safetensors").write_bytes(b"")
    made = Suggestions(load_config(file, {}), (REROLL,), LoraCatalogue((folder,)))
    made.refresh()
    return made


def found(
    suggestions: Suggestions, name: str, typed: str, viewer: Viewer = ANN
) -> list[dict[str, Any]]:
    answer = options_for(suggestions, option(name), typed, viewer)
    assert set(answer) == {"options"}
    flaws = Flaws(lambda _file: FileState.READY)
    for each in answer["options"]:
        check_option(flaws, each, "/options")
    assert flaws.words == []
    options: list[dict[str, Any]] = answer["options"]
    return options


def values(options: list[dict[str, Any]]) -> list[str]:
    return [each["value"] for each in options]


def job(prompt: str = "a red\nfox " * 50) -> JobRecord:
    recipe = Recipe(prompt=prompt, seed=7, width=128, height=128, steps=4, guidance=5, model="mini")
    return JobRecord(
        id="k7f3q2",
        number=1,
        recipe=recipe,
        count=1,
        actor=ANN.actor,
        reply_to=ReplyTo("slack", "C1"),
        private=False,
        parent=None,
        command="imagine",
        explicit=(),
        status="queued",
        attempts=0,
        created=utc_now(),
    )


def test_a_search_finds_what_was_meant_and_at_most_what_slack_shows(
    suggestions: Suggestions,
) -> None:
    assert len(found(suggestions, "lora", "")) == 100
    assert values(found(suggestions, "lora", "lora11")) == [f"lora11{n}" for n in range(10)]
    assert values(found(suggestions, "sampler", "heu")) == ["heun"]


def test_what_was_typed_as_in_a_text_finds_the_last_name(suggestions: Suggestions) -> None:
    assert values(found(suggestions, "lora", "inkstyle, lora118")) == ["lora118"]
    assert values(found(suggestions, "lora", "lora118:0.5")) == ["lora118"]


def test_labels_are_cut_and_values_never(suggestions: Suggestions) -> None:
    suggestions.remember(job())
    [first, picture] = found(suggestions, "id", "k7f3q2")
    assert values([first, picture]) == ["k7f3q2", "k7f3q2.1"]
    assert first["text"]["text"].startswith("k7f3q2 · a red fox a red fox")
    assert first["text"]["text"].endswith("…")
    assert values(found(suggestions, "lora", "zerozero")) == ["zero" * 37]


def test_nothing_in_a_label_means_anything(suggestions: Suggestions) -> None:
    suggestions.remember(job("<!channel> *fox*\n:smile: \u202e"))
    [first, _] = found(suggestions, "id", "k7f3q2")
    assert first["text"]["type"] == "plain_text"
    assert not first["text"]["emoji"]
    assert "<!channel" not in first["text"]["text"]
    assert first["text"]["text"].rstrip().endswith("*fox* :smile:")


def test_others_jobs_are_not_offered_where_they_were_not_asked_for(
    suggestions: Suggestions,
) -> None:
    suggestions.remember(job())
    assert found(suggestions, "id", "k7f3q2", BOB) == []
    assert values(found(suggestions, "id", "k7f3q2", Viewer(BOB.actor, "slack:C1")))


def test_an_option_without_suggestions_has_none(
    suggestions: Suggestions, caplog: pytest.LogCaptureFixture
) -> None:
    assert found(suggestions, "negative", "x") == []
    assert options_for(suggestions, None, "x", ANN) == {"options": []}
    assert caplog.text == "", "that is no fault"


def test_a_fault_is_no_option_and_is_logged(
    suggestions: Suggestions, caplog: pytest.LogCaptureFixture
) -> None:
    typed: Any = 5
    with caplog.at_level(logging.ERROR):
        assert options_for(suggestions, option("lora"), typed, ANN) == {"options": []}
    assert "no options for lora" in caplog.text


def test_a_select_shows_all_where_that_is_little(suggestions: Suggestions) -> None:
    select = one_of(suggestions, option("refiner_mode"), "img2img")
    assert select["type"] == "static_select"
    assert values(select["options"]) == ["split", "img2img"]
    assert select["initial_option"] == select["options"][1]
    assert "initial_option" not in one_of(suggestions, option("refiner_mode"), "")


def test_a_select_to_search_begins_with_what_was_chosen(suggestions: Suggestions) -> None:
    select = some_of(suggestions, option("lora"), ["lora001", "mine", "x" * 151])
    assert select["type"] == "multi_external_select"
    assert values(select["initial_options"]) == ["lora001", "mine"]
    assert choice("mine") in select["initial_options"]
