from __future__ import annotations

from typing import Any

import pytest

from tests.discord_server import Payload
from tests.unit.discord_server.conftest import RawBot, flaws


def command(name: str = "draw", **changes: Any) -> Payload:
    return {"name": name, "description": "Draw", **changes}


def option(name: str = "prompt", **changes: Any) -> Payload:
    return {"name": name, "description": "What to draw", "type": 3, **changes}


def with_option(**changes: Any) -> list[Payload]:
    return [command(options=[option(**changes)])]


def choice(**changes: Any) -> Payload:
    return {"name": "oil", "value": "oil", **changes}


def options(count: int) -> list[Payload]:
    return [option(f"o{number}") for number in range(count)]


OPTION = "0.options.0"
BETWEEN, LONG = "BASE_TYPE_BAD_LENGTH", "BASE_TYPE_MAX_LENGTH"

BAD: list[tuple[str, list[Payload], dict[str, str]]] = [
    ("capital", [command("Draw")], {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
    ("space", [command("draw it")], {"0.name": "APPLICATION_COMMAND_INVALID_NAME"}),
    ("no description", [command(description="")], {"0.description": "BASE_TYPE_REQUIRED"}),
    ("description", [command(description="x" * 101)], {"0.description": LONG}),
    ("same name", [command(), command()], {"1": "APPLICATION_COMMANDS_DUPLICATE_NAME"}),
    ("name in a menu", [command("x" * 33, type=3, description="")], {"0.name": BETWEEN}),
    (
        "options of a subcommand",
        with_option(type=1, options=options(26)),
        {f"{OPTION}.options": LONG},
    ),
    ("options", [command(options=options(26))], {"0.options": LONG}),
    ("context", [command(contexts=[3])], {"0.contexts.0": "BASE_TYPE_CHOICES"}),
    ("option type", with_option(type=12), {f"{OPTION}.type": "BASE_TYPE_CHOICES"}),
    ("option name", with_option(name="Prompt"), {f"{OPTION}.name": "STRING_TYPE_REGEX"}),
    ("long option name", with_option(name="x" * 33), {f"{OPTION}.name": BETWEEN}),
    ("option words", with_option(description="x" * 101), {f"{OPTION}.description": BETWEEN}),
    (
        "same option",
        [command(options=[option(), option()])],
        {"0.options.1.name": "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"},
    ),
    (
        "required after optional",
        [command(options=[option("a"), option("b", required=True)])],
        {"0.options.1": "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"},
    ),
    (
        "choices and autocomplete",
        with_option(autocomplete=True, choices=[choice()]),
        {OPTION: "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID"},
    ),
    (
        "choices",
        with_option(choices=[choice(name=str(n)) for n in range(26)]),
        {f"{OPTION}.choices": LONG},
    ),
    (
        "choice name",
        with_option(choices=[choice(name="x" * 101)]),
        {f"{OPTION}.choices.0.name": BETWEEN},
    ),
    (
        "choice value",
        with_option(choices=[choice(value="x" * 101)]),
        {f"{OPTION}.choices.0.value": LONG},
    ),
    (
        "option of a subcommand",
        [command(options=[option(type=1, options=[option(name="Words")])])],
        {f"{OPTION}.options.0.name": "STRING_TYPE_REGEX"},
    ),
    (
        "size",
        [
            command(
                options=[
                    option(f"o{n}", choices=[choice(name=f"{c}".rjust(99, "x")) for c in range(25)])
                    for n in range(4)
                ]
            )
        ],
        {"0": "APPLICATION_COMMAND_TOO_LARGE"},
    ),
]


@pytest.mark.parametrize(
    ("commands", "expected"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
async def test_commands_that_break_a_rule_are_refused_and_listed(
    bot: RawBot, commands: list[Payload], expected: dict[str, str]
) -> None:
    status, answer = await bot.register(*commands)

    assert (status, answer["code"]) == (400, 50035)
    assert flaws(answer) == expected
    assert [violation.op for violation in bot.server.violations] == [
        "bulk_set_application_commands"
    ]
    assert not bot.server.global_commands


@pytest.mark.parametrize(("kind", "most"), [(1, 100), (2, 15), (3, 15)])
async def test_there_are_only_so_many_commands_of_a_kind(bot: RawBot, kind: int, most: int) -> None:
    description = "x" if kind == 1 else ""
    commands = [command(f"c{n}", type=kind, description=description) for n in range(most + 1)]

    fitting, _ = await bot.register(*commands[:-1])
    status, answer = await bot.register(*commands)

    assert (fitting, status, answer["code"]) == (200, 400, 30032)
    assert len(bot.server.global_commands) == most


async def test_commands_are_added_replaced_and_taken_away(bot: RawBot) -> None:
    path = f"/applications/{bot.server.app_id}/commands"

    added, first = await bot.call("POST", path, command())
    replaced, second = await bot.call("POST", path, command(description="Paint"))
    gone, _ = await bot.call("DELETE", f"{path}/{first['id']}")
    _, left = await bot.call("GET", path)
    taken, _ = await bot.call("DELETE", f"{path}/{second['id']}")

    assert (added, replaced, gone, taken) == (201, 200, 404, 204)
    assert [one["description"] for one in left] == ["Paint"]
    assert bot.server.global_commands == []


async def test_a_guild_has_commands_of_its_own(bot: RawBot) -> None:
    path = f"/applications/{bot.server.app_id}/guilds/{bot.server.guild_id}/commands"

    status, _ = await bot.call("PUT", path, [command("here")])
    _, listed = await bot.call("GET", path)
    _, everywhere = await bot.call("GET", f"/applications/{bot.server.app_id}/commands")

    assert status == 200
    assert [one["guild_id"] for one in listed] == [bot.server.guild_id]
    assert everywhere == []
    assert bot.server.command("here") == listed[0]


async def test_a_guild_without_the_bot_takes_no_commands(bot: RawBot) -> None:
    guild = bot.server.other_guild_id
    path = f"/applications/{bot.server.app_id}/guilds/{guild}/commands"

    status, answer = await bot.call("PUT", path, [command()])

    assert (status, answer["code"]) == (403, 50001)
