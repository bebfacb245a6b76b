from __future__ import annotations

import pytest

from bot.adapters.discord.values import given_values
from bot.commands import Widest, commands

REROLL = next(command for command in commands(Widest()) if command.name == "reroll")


@pytest.mark.parametrize(
    ("option", "text", "meant"),
    [
        ("id", "k7f3q2 · a fox in the snow", "k7f3q2"),
        ("id", "#k7f3q2.1 · a fox", "#k7f3q2.1"),
        ("id", "k7f3q2 a fox · in oil", "k7f3q2 a fox · in oil"),
        ("lora", "inkstyle:0.8 · Ink drawings · trigger: ink, wrong · Wrong", "inkstyle:0.8,wrong"),
        ("model", "sdxl · the default", "sdxl"),
        ("seed", "random · a new one", "random"),
        ("prompt", "a fox · in oil", "a fox · in oil"),
    ],
)
def test_a_label_that_came_back_as_text_is_read_as_its_value(
    option: str, text: str, meant: str
) -> None:
    given = given_values(REROLL, {option: text})[option]
    assert str(given).replace(" ", "") == meant.replace(" ", "")


def test_only_what_was_given_is_there_as_it_was_given() -> None:
    values = {"id": None, "steps": 7, "guidance": 0.0, "private": False, "unknown": "x"}
    assert given_values(REROLL, values) == {"steps": 7, "guidance": 0.0, "private": False}
