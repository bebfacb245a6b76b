from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.axis_wish import AxisWish, read_axis
from bot.commands import Widest, commands
from bot.flags import parse_flags
from bot.reading import Options
from bot.service.recipes.axes import AxisReader
from generation.errors import BadValue, UserError

COMMANDS = {command.name: command for command in commands(Widest())}
TYPED = st.text('abgsw0159.,:=/"-+ “”…', max_size=12)
NAMES = st.sampled_from(["guidance", "seed", "weight:red", "refiner", "lora", "sampler", "", "x"])


@pytest.mark.parametrize(
    ("text", "wish"),
    [
        ("guidance=5,7.5, 13", AxisWish("guidance", ("5", "7.5", "13"))),
        ("--Refiner_Mode=split", AxisWish("refiner-mode", ("split",))),
        ("weight:red fox=0.6..1.6/5", AxisWish("weight", ("0.6..1.6/5",), "red fox")),
        ('weight:"red  fox"=1', AxisWish("weight", ("1",), "red fox")),
        ('negative="", "a, b",“c, d”', AxisWish("negative", ("", "a, b", "c, d"))),
        ("negative=a=b", AxisWish("negative", ("a=b",))),
    ],
)
def test_an_axis_is_a_name_with_values(text: str, wish: AxisWish) -> None:
    assert read_axis(text) == wish


@pytest.mark.parametrize(
    "text", ["", "seed", "=1", "seed=", "seed=1,,2", "seed=1,", 'no="a', "a:=1"]
)
def test_what_is_no_axis_is_refused(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_axis(text)
    assert caught.value.field == "axis"


@pytest.mark.parametrize(
    ("text", "rest", "axes"),
    [
        ("a fox --axis guidance=5,7 in snow", "a fox in snow", ["guidance=5,7"]),
        ("a fox --axis lora=none, ink at night", "a fox at night", ["lora=none, ink"]),
        ('--axis weight:"red fox"=1,2 a red fox', "a red fox", ['weight:"red fox"=1,2']),
        ('--axis "weight:red fox=1,2" a red fox', "a red fox", ["weight:red fox=1,2"]),
        ('a fox --axis no=none,"a, b" x', "a fox x", ['no=none,"a, b"']),
        ("a --axis seed=1,2 --axis steps=3,4 b", "a b", ["seed=1,2", "steps=3,4"]),
    ],
)
def test_an_axis_takes_its_list_and_leaves_the_prompt(
    text: str, rest: str, axes: list[str]
) -> None:
    parsed = parse_flags(COMMANDS["compare"], text)
    assert (parsed.text, parsed.options) == (rest, {"axis": axes})


@given(NAMES, TYPED)
def test_whatever_is_typed_each_value_of_an_axis_has_a_head_of_its_own(
    name: str, typed: str
) -> None:
    reader = AxisReader(COMMANDS["imagine"], 16)
    try:
        (axis,) = reader.read([read_axis(f"{name}={typed}")], Options())
    except UserError:
        return
    assert len(axis.heads) == len(set(axis.heads)) >= 1
