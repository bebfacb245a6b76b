from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.slack.compiling import Submitted, command_view, given_options
from bot.areas import ExtendWish, Margin
from bot.command import Command, Kind
from bot.commands import Widest, commands
from bot.config import load_config
from bot.invocation import Attachment
from bot.reading import read_options
from bot.service.suggesting.suggestions import Suggestions
from bot.values import LoraWish
from generation.errors import BadValue
from generation.loras import LoraCatalogue
from generation.recipe_parts import Region
from generation.samplers import SAMPLERS
from tests.slack_server.client import Filling
from tests.slack_server.flaws import FileState
from tests.slack_server.view_rules import view_flaws

DEFINED = {command.name: command for command in commands(Widest(steps=60, pictures_per_job=3))}
FILE = {"id": "F1", "name": "fox.png", "filetype": "png"}

FILLED: Mapping[str, Any] = {
    "prompt": "a red fox --steps 12",
    "id": "#k7f3q2.1",
    "negative": "snow++",
    "seed": "Random",
    "count": "2",
    "aspect": "3:2",
    "size": "1024x768",
    "steps": "30",
    "guidance": "7.5",
    "guidance_end": "0.6",
    "sampler": "heun",
    "lora": ["inkstyle", "wrong"],
    "lora_scale": "0.8, -1",
    "refiner": "off",
    "refiner_mode": "img2img",
    "model": "mini",
    "style": "wrong",
    "image": [FILE],
    "strength": "0.3",
    "mask": [FILE],
    "region": "Top Left",
    "extend": "left 25%, top 8px",
    "feather": "12",
    "private": ["yes"],
    "channel": ["yes"],
    "reset": "all",
    "where": "C2",
}
"""Something for each input, as people put it in."""
READ: Mapping[str, Any] = {
    **FILLED,
    "prompt": "a red fox",
    "id": "k7f3q2.1",
    "seed": "random",
    "count": 2,
    "size": (1024, 768),
    "steps": 30,
    "guidance": 7.5,
    "guidance_end": 0.6,
    "lora": (LoraWish("inkstyle", 0.8), LoraWish("wrong", -1.0)),
    "strength": 0.3,
    "region": Region(0, 0, 0.5, 0.5),
    "extend": ExtendWish(left=Margin(0.25, is_share=True), top=Margin(8)),
    "feather": 12,
    "private": True,
    "channel": True,
}
"""What comes of it."""


def suggesting(folder: Path, loras: int = 0) -> Suggestions:
    file = folder / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\nloras = 'loras'\n")
    (folder / "loras").mkdir()
    for number in range(loras):
        (folder / "loras" / f"lora{number:03}.safetensors").write_bytes(b"")
    config = load_config(file, {})
    catalogue = LoraCatalogue((folder / "loras",))
    made = Suggestions(config, tuple(DEFINED.values()), catalogue)
    made.refresh()
    return made


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Suggestions:
    """Suggestions that fit into a select, with the two LoRAs that the model always has."""
    return suggesting(tmp_path_factory.mktemp("few"))


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Suggestions:
    """Suggestions with one LoRA more than a select shows."""
    return suggesting(tmp_path_factory.mktemp("many"), 99)


@pytest.fixture(params=["few", "many"])
def some(request: pytest.FixtureRequest) -> Suggestions:
    found: Suggestions = request.getfixturevalue(request.param)
    return found


def view(
    command: Command,
    suggestions: Suggestions,
    initial: Mapping[str, str] | None = None,
    *,
    asks_place: bool = False,
) -> dict[str, Any]:
    made = command_view(command, suggestions, metadata="{}", asks_place=asks_place, initial=initial)
    assert view_flaws(made, "modal", lambda _file: FileState.READY).words == []
    return made


def elements(
    suggestions: Suggestions, initial: Mapping[str, str] | None = None, name: str = "imagine"
) -> dict[str, dict[str, Any]]:
    made = view(DEFINED[name], suggestions, initial)
    return {block["block_id"]: block["element"] for block in made["blocks"]}


def filled(made: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that Slack sends of a view when a person put these values in."""
    person = Filling(lambda _file: FILE)
    state: dict[str, Any] = {}
    for block in made["blocks"]:
        name, element = block["block_id"], block["element"]
        chosen = person.chosen(element, values.get(name))
        state[name] = {element["action_id"]: {"type": element["type"], **chosen}}
    return {"values": state}


def accepted(command: Command, submitted: Submitted) -> dict[str, Any]:
    """Read what was submitted as the service does, with the files fetched."""
    files = {name: Attachment(Path(str(f["id"])), "") for name, f in submitted.files.items()}
    return dict(read_options(command, {**submitted.options, **files}).values)


@pytest.mark.parametrize("name", DEFINED)
def test_every_command_has_an_input_for_each_option(name: str, some: Suggestions) -> None:
    command = DEFINED[name]
    made = view(command, some, asks_place=True)
    options = [option.name for option in command.options]
    shown = [block["block_id"] for block in made["blocks"]]
    assert [each for each in shown if each not in ("lora_scale", "where")] == options
    assert all(block["element"]["action_id"] == block["block_id"] for block in made["blocks"])
    required = [block["block_id"] for block in made["blocks"] if not block["optional"]]
    assert required == [option.name for option in command.options if option.required]


def test_a_modal_is_named_after_its_command_and_brings_back_what_it_was_given(
    few: Suggestions,
) -> None:
    made = command_view(DEFINED["imagine"], few, metadata='{"channel": "C1"}')
    assert made["title"]["text"] == "Imagine"
    assert made["callback_id"] == "command:imagine"
    assert made["private_metadata"] == '{"channel": "C1"}'


def test_numbers_keep_to_the_bounds_of_the_recipe_and_of_the_owner(few: Suggestions) -> None:
    found = elements(few)
    bounds = {
        name: (element["is_decimal_allowed"], element["min_value"], element["max_value"])
        for name, element in found.items()
        if element["type"] == "number_input"
    }
    assert bounds == {
        "count": (False, "1", "3"),
        "steps": (False, "1", "60"),
        "guidance": (True, "0", "30"),
        "guidance_end": (True, "0", "1"),
        "strength": (True, "0.05", "1"),
        "feather": (False, "0", "256"),
    }


def test_what_is_one_of_a_few_is_selected(few: Suggestions) -> None:
    found = elements(few)
    static = {name for name, element in found.items() if element["type"] == "static_select"}
    assert static == {"aspect", "sampler", "refiner_mode", "model"}
    assert {option["value"] for option in found["sampler"]["options"]} == set(SAMPLERS)
    assert found["lora"]["type"] == "multi_static_select"
    assert found["lora"]["max_selected_items"] == 4
    assert {option["value"] for option in found["lora"]["options"]} == {"inkstyle", "wrong"}
    assert elements(few, name="settings")["reset"]["type"] == "static_select"


def test_more_than_a_select_shows_are_searched(many: Suggestions) -> None:
    lora = elements(many)["lora"]
    assert lora["type"] == "multi_external_select"
    assert lora["min_query_length"] == 0
    assert lora["max_selected_items"] == 4


def test_prompts_have_room_for_lines_and_pictures_are_files(few: Suggestions) -> None:
    found = elements(few)
    long = {name for name, element in found.items() if element.get("multiline")}
    assert long == {"prompt", "negative"}
    assert found["prompt"]["max_length"] == 3000
    files = {name for name, element in found.items() if element["type"] == "file_input"}
    assert files == {"image", "mask"}
    assert found["image"]["filetypes"] == ["png", "jpg", "jpeg", "webp"]
    assert found["image"]["max_files"] == 1


def test_the_button_says_what_comes_of_it(few: Suggestions) -> None:
    made = {name: view(DEFINED[name], few)["submit"]["text"] for name in ("imagine", "settings")}
    assert made == {"imagine": "Imagine", "settings": "Save"}


def test_the_place_is_asked_for_only_where_there_is_none(few: Suggestions) -> None:
    assert "where" not in elements(few)
    made = view(DEFINED["imagine"], few, asks_place=True)
    where = made["blocks"][-1]["element"]
    assert where["action_id"] == "where"
    assert where["default_to_current_conversation"]
    assert where["filter"] == {"include": ["public", "private"]}


def test_hints_say_what_an_option_is_and_may_be(few: Suggestions) -> None:
    blocks = {block["block_id"]: block for block in view(DEFINED["imagine"], few)["blocks"]}
    assert blocks["steps"]["label"]["text"] == "Steps"
    assert blocks["steps"]["hint"]["text"] == "How many denoising steps. (1 … 60)"
    assert blocks["refiner_mode"]["label"]["text"] == "Refiner mode"
    assert blocks["refiner"]["hint"]["text"].endswith("where the refiner takes over.")
    [option] = blocks["private"]["element"]["options"]
    assert option["text"]["text"] == DEFINED["imagine"].options[-1].help


def test_an_empty_input_says_what_it_stands_for(few: Suggestions, many: Suggestions) -> None:
    for found in (elements(few), elements(many)):
        empty = {name: e["placeholder"]["text"] for name, e in found.items() if "placeholder" in e}
        assert empty == {
            "prompt": "a fox in the snow++, (oil on canvas)1.3",
            "seed": "random",
            "count": "the default",
            "lora_scale": "0.8, 0.5",
            **dict.fromkeys(("aspect", "size", "steps", "guidance", "sampler"), "the default"),
            **dict.fromkeys(("lora", "refiner", "refiner_mode", "model", "style"), "the default"),
            **dict.fromkeys(("guidance_end", "strength", "feather"), "the default"),
            "region": "left, or 10%,20%,50%,80%",
            "extend": "left 25%",
        }


def test_an_input_begins_with_what_was_typed_already(few: Suggestions) -> None:
    typed = {
        "prompt": "a fox", "seed": "Random", "steps": "30", "guidance": "7,5", "aspect": "7/5",
        "sampler": "HEUN", "lora": "wrong:0.5, mine", "private": "yes", "size": "1024 x 768",
    }  # fmt: skip
    found = elements(few, typed)
    assert found["prompt"]["initial_value"] == "a fox"
    assert found["seed"]["initial_value"] == "random"
    assert found["steps"]["initial_value"] == "30"
    assert found["guidance"]["initial_value"] == "7.5"
    assert found["size"]["initial_value"] == "1024 x 768"
    assert found["sampler"]["initial_option"]["value"] == "heun"
    assert found["aspect"]["initial_option"]["value"] == "7:5"
    assert found["private"]["initial_options"] == found["private"]["options"]
    assert [each["value"] for each in found["lora"]["initial_options"]] == ["wrong", "mine"]
    assert found["lora_scale"]["initial_value"] == "0.5, "
    begun = {name for name, element in found.items() if any("initial" in key for key in element)}
    assert begun == {*typed, "lora_scale"}


def test_an_input_begins_empty_where_the_option_cannot_be_that(few: Suggestions) -> None:
    typed = {
        "seed": "x", "steps": "900", "guidance": "much", "aspect": "wide", "sampler": "none",
        "lora": "a,b,c,d,e", "private": "no", "model": "x" * 151, "count": "1e3",
    }  # fmt: skip
    found = elements(few, typed)
    assert not [name for name, each in found.items() if any("initial" in key for key in each)]


def test_a_full_select_has_room_for_what_was_typed(tmp_path: Path) -> None:
    found = elements(suggesting(tmp_path, 98), {"lora": "mine, lora007"})
    lora = found["lora"]
    assert lora["type"] == "multi_static_select"
    assert len(lora["options"]) == 100
    assert [option["value"] for option in lora["initial_options"]] == ["mine", "lora007"]
    assert "initial_value" not in found["lora_scale"], "each has its own"


@pytest.mark.parametrize("name", ["imagine", "reroll", "settings"])
def test_what_is_put_into_a_modal_is_what_the_command_gets(name: str, some: Suggestions) -> None:
    command = DEFINED[name]
    made = view(command, some, asks_place=True)
    submitted = given_options(command, filled(made, FILLED))
    read = accepted(command, submitted)
    assert set(read) == {option.name for option in command.options}
    for option in command.options:
        if option.kind is Kind.IMAGE:
            assert submitted.files[option.name] == FILE
        else:
            assert read[option.name] == READ[option.name], option.name
    assert submitted.where == "C2"


@pytest.mark.parametrize("name", DEFINED)
def test_what_was_left_empty_is_not_given(name: str, few: Suggestions) -> None:
    made = view(DEFINED[name], few, asks_place=True)
    blank = {
        block["block_id"]: " " for block in made["blocks"] if "text" in block["element"]["type"]
    }
    for values in ({}, blank):
        assert given_options(DEFINED[name], filled(made, values)) == Submitted({}, {}, "")


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_any_text_comes_through_as_it_was_typed(text: str) -> None:
    state = {"values": {"negative": {"negative": {"type": "plain_text_input", "value": text}}}}
    assert given_options(DEFINED["imagine"], state).options == {"negative": text.strip()}


@pytest.mark.parametrize(
    ("scales", "together"),
    [
        ("", "inkstyle, wrong"),
        ("  ", "inkstyle, wrong"),
        ("0.5,1", "inkstyle:0.5, wrong:1"),
        (" , 0.5 ", "inkstyle, wrong:0.5"),
        ("0.5, ", "inkstyle:0.5, wrong"),
    ],
)
def test_each_lora_gets_the_scale_in_its_place(
    scales: str, together: str, few: Suggestions
) -> None:
    made = view(DEFINED["imagine"], few)
    state = filled(made, {"lora": ["inkstyle", "wrong"], "lora_scale": scales})
    assert given_options(DEFINED["imagine"], state).options == {"lora": together}


@pytest.mark.parametrize("scales", ["0.5", "1, 1, 1", "1,,"])
@pytest.mark.parametrize("loras", [[], ["inkstyle", "wrong"]])
def test_scales_that_do_not_go_round_are_refused(
    scales: str, loras: list[str], few: Suggestions
) -> None:
    made = view(DEFINED["imagine"], few)
    state = filled(made, {"lora": loras, "lora_scale": scales})
    with pytest.raises(BadValue) as refused:
        given_options(DEFINED["imagine"], state)
    assert (refused.value.field, refused.value.value) == ("lora scale", scales)


def test_what_a_modal_of_an_earlier_version_sends_besides_is_left_out(few: Suggestions) -> None:
    state = {"values": {"gone": {"gone": {"type": "plain_text_input", "value": "x"}}}}
    assert given_options(DEFINED["imagine"], state) == Submitted({}, {}, "")
