from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

import discord
import pytest
from discord import app_commands

from bot.adapters.discord.compiling import Interaction, SlashCommand, compile_commands
from bot.adapters.discord.values import Value
from bot.command import Command, Kind, Option, Source
from bot.commands import Widest, commands
from generation.recipe import Bounds
from generation.samplers import SAMPLERS

STRING, INTEGER, BOOLEAN, NUMBER, ATTACHMENT = 3, 4, 5, 10, 11
DEFINED = {command.name: command for command in commands(Widest())}
HERE = cast("Interaction", None)

Asked = list[tuple[str, dict[str, Value]]]


def compiled(*definitions: Command, asked: Asked | None = None) -> dict[str, SlashCommand]:
    async def ask(_interaction: Interaction, command: Command, values: Mapping[str, Value]) -> None:
        if asked is not None:
            asked.append((command.name, dict(values)))

    def suggest(
        _interaction: Interaction, command: Command, option: Option, typed: str
    ) -> list[app_commands.Choice[str]]:
        said = f"{command.name} {option.name} {typed}"
        return [app_commands.Choice(name=said, value=typed)]

    return {each.name: each for each in compile_commands(definitions, ask, suggest)}


def payload(command: Command) -> dict[str, Any]:
    tree = app_commands.CommandTree(discord.Client(intents=discord.Intents.none()))
    return compiled(command)[command.name].to_dict(tree)


def options_of(command: Command) -> dict[str, dict[str, Any]]:
    return {option["name"]: option for option in payload(command)["options"]}


def texts_of(part: Mapping[str, Any]) -> Iterator[str]:
    """Yield what Discord counts of a command."""
    yield part.get("description", "")
    for choice in part.get("choices", ()):
        yield f"{choice['name']}{choice['value']}"
    for inner in part.get("options", ()):
        yield inner["name"]
        yield from texts_of(inner)


@pytest.mark.parametrize("name", DEFINED)
def test_every_command_is_one_that_discord_takes(name: str) -> None:
    made = payload(DEFINED[name])
    assert made["type"] == 1
    assert made["name"] == name
    assert len(made["options"]) <= 25
    assert len(name) + sum(map(len, texts_of(made))) <= 8000
    for part in (made, *made["options"]):
        assert 1 <= len(part["description"]) <= 100


@pytest.mark.parametrize("name", DEFINED)
def test_every_command_works_wherever_people_type_and_however_they_installed_it(name: str) -> None:
    made = payload(DEFINED[name])
    assert made["contexts"] == [0, 1, 2]
    assert made["integration_types"] == [0, 1]


def test_imagine_has_the_options_of_the_contract_with_types_of_their_own() -> None:
    types = {name: option["type"] for name, option in options_of(DEFINED["imagine"]).items()}
    contract = {
        "prompt": STRING,
        "negative": STRING,
        "seed": INTEGER,
        "count": INTEGER,
        "aspect": STRING,
        "size": STRING,
        "steps": INTEGER,
        "guidance": NUMBER,
        "sampler": STRING,
        "lora": STRING,
        "refiner": STRING,
        "model": STRING,
        "image": ATTACHMENT,
        "strength": NUMBER,
        "mask": ATTACHMENT,
        "private": BOOLEAN,
    }
    assert types.items() >= contract.items()
    assert next(iter(types)) == "prompt"


def test_bounds_are_those_of_the_recipe_and_of_the_owner() -> None:
    bounds = {
        name: (option.get("min_value"), option.get("max_value"))
        for command in commands(Widest(steps=60, pictures_per_job=3))
        if command.name == "imagine"
        for name, option in options_of(command).items()
    }
    assert bounds["seed"] == (0, 4294967295)
    assert bounds["count"] == (1, 3)
    assert bounds["steps"] == (1, 60)
    assert bounds["guidance"] == (0, 30)
    assert bounds["strength"] == (0.05, 1)


def test_samplers_are_choices_and_names_are_completed() -> None:
    options = options_of(DEFINED["imagine"])
    assert [choice["value"] for choice in options["sampler"]["choices"]] == list(SAMPLERS)
    completed = {name for name, option in options.items() if option.get("autocomplete")}
    named = {"aspect", "size", "lora", "refiner", "model", "style"}
    assert completed == named | {"region", "extend"}


def test_a_seed_is_text_where_random_is_one_of_its_values() -> None:
    options = options_of(DEFINED["reroll"])
    assert options["seed"]["type"] == STRING
    assert options["id"]["type"] == STRING
    assert options["id"]["autocomplete"]
    assert not any(option["required"] for option in options.values())
    assert options.keys() >= options_of(DEFINED["imagine"]).keys()


def test_required_options_come_first() -> None:
    late = Option("prompt", Kind.TEXT, required=True)
    command = Command("imagine", (Option("words", Kind.TEXT), late))
    assert [each["name"] for each in payload(command)["options"]] == ["prompt", "words"]


def test_one_more_option_needs_one_entry_only() -> None:
    imagine = DEFINED["imagine"]
    one = Option("clip_skip", Kind.INTEGER, bounds=Bounds(0, 4), help_key="limit")
    more = options_of(replace(imagine, options=(*imagine.options, one)))
    assert more.pop("clip_skip") == {
        "type": INTEGER,
        "name": "clip_skip",
        "description": one.help,
        "required": False,
        "min_value": 0,
        "max_value": 4,
    }
    assert more == options_of(imagine)


def test_rare_options_are_left_out_only_where_there_are_too_many() -> None:
    common = [Option(f"common{n}", Kind.TEXT, help_key="words") for n in range(24)]
    rare = [Option(f"rare{n}", Kind.TEXT, help_key="words", rare=True) for n in range(3)]
    full = Command("imagine", (rare[0], *common[:12], rare[1], *common[12:], rare[2]))
    assert list(options_of(full)) == ["rare0", *(option.name for option in common)]
    assert list(options_of(Command("imagine", tuple(rare)))) == ["rare0", "rare1", "rare2"]


def test_a_command_with_too_many_options_is_a_fault_that_is_named() -> None:
    many = tuple(Option(f"common{n}", Kind.TEXT, help_key="words") for n in range(26))
    with pytest.raises(ValueError, match="/imagine has 26 options"):
        compiled(Command("imagine", many))


def test_more_choices_than_discord_shows_are_completed_instead() -> None:
    names = tuple(f"name{n}" for n in range(26))
    option = Option("sampler", Kind.CHOICE, choices=names, source=Source.SAMPLERS)
    made = options_of(Command("imagine", (option,)))["sampler"]
    assert made["autocomplete"]
    assert "choices" not in made


async def test_what_was_not_given_is_absent() -> None:
    asked: Asked = []
    command = compiled(DEFINED["imagine"], asked=asked)["imagine"]
    given = {"prompt": "a fox", "seed": 0, "guidance": 7.5, "private": False}
    call = cast("Any", command.callback)
    nothing = dict.fromkeys(options_of(DEFINED["imagine"]))
    await call(HERE, **nothing)
    await call(HERE, **{**nothing, **given})
    assert asked == [("imagine", {}), ("imagine", given)]
