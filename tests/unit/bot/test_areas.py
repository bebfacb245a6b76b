from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bot.areas import (
    REGIONS,
    ExtendWish,
    Margin,
    described_part,
    extend_text,
    read_extend,
    read_region,
    region_text,
)
from bot.command import NONE
from bot.commands import Widest, commands
from bot.flags import parse_flags
from generation.errors import BadValue
from generation.recipe import InputImage
from generation.recipe_parts import Extend, Region


@pytest.mark.parametrize(
    ("text", "edges"),
    [
        ("left", (0, 0, 0.5, 1)),
        ("Top Left", (0, 0, 0.5, 0.5)),
        ("bottom_right,", (0.5, 0.5, 1, 1)),
        ("centre", (0.25, 0.25, 0.75, 0.75)),
        ("10%,20%,50%,80%", (0.1, 0.2, 0.5, 0.8)),
        (" 10 % , 0 , .5, 1 ".replace(".5", "0.5"), (0.1, 0, 0.5, 1)),
        ("33.33%,0,66.67%,100%", (0.3333, 0, 0.6667, 1)),
    ],
)
def test_a_region_is_a_word_or_four_edges(text: str, edges: tuple[float, ...]) -> None:
    region = read_region(text)
    assert isinstance(region, Region)
    assert region.edges == edges


@pytest.mark.parametrize(
    "text", ["", "leftish", "10%,20%,50%", "50%,0,10%,100%", "0,0,120%,1", "10,20,50,80", "a,b,c,d"]
)
def test_what_is_no_region_is_told_with_an_example(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_region(text)
    assert caught.value.field == "region"
    assert "10%,20%,50%,80%" in caught.value.allowed or "before" in caught.value.allowed


@pytest.mark.parametrize("region", [*REGIONS.values(), Region(0.3333, 0.0001, 0.6667, 0.9999)])
def test_a_region_can_be_typed_as_it_is_shown(region: Region) -> None:
    assert read_region(region_text(region)) == region


@pytest.mark.parametrize(
    ("text", "size", "edges"),
    [
        ("left 25%", (1024, 768), (256, 0, 0, 0)),
        ("all 20%", (104, 48), (24, 8, 24, 8)),
        ("left 64px", (128, 128), (64, 0, 0, 0)),
        ("Left 25%, right:12.5%", (128, 128), (32, 0, 16, 0)),
        ("top=8px bottom 16 px", (128, 128), (0, 8, 0, 16)),
        ("right 0.1%", (128, 128), (0, 0, 8, 0)),
        ("all 8px, left 0px", (128, 128), (0, 8, 8, 8)),
    ],
)
def test_an_extension_is_shares_or_pixels_of_some_sides(
    text: str, size: tuple[int, int], edges: tuple[int, ...]
) -> None:
    wish = read_extend(text)
    assert isinstance(wish, ExtendWish)
    assert wish.around(size).edges == edges


@pytest.mark.parametrize("text", ["", "left", "25%", "left 25", "left 60px", "up 8px", "all 900%"])
def test_what_is_no_extension_is_told_what_could_be(text: str) -> None:
    with pytest.raises(BadValue) as caught:
        read_extend(text)
    assert caught.value.field == "extend"


@pytest.mark.parametrize(
    ("typed", "allowed"),
    [
        ("left 100000px", "8192 pixels"),
        ("left -25%", "in the shell with the quotes"),
        ("all 8", "like"),
        ("left 0%, top 0px", "at least one side"),
    ],
)
def test_an_extension_that_is_none_is_quoted_as_it_was_typed(typed: str, allowed: str) -> None:
    imagine = next(each for each in commands(Widest()) if each.name == "imagine")
    found = parse_flags(imagine, f"--extend {typed} a fox")
    assert (found.options["extend"], found.text) == ([typed], "a fox")
    with pytest.raises(BadValue) as caught:
        read_extend(typed)
    assert caught.value.value == typed
    assert allowed in caught.value.allowed


def test_a_region_that_is_none_is_quoted_as_it_was_typed() -> None:
    with pytest.raises(BadValue) as caught:
        read_region("50%,20%,10%,80%")
    assert (caught.value.value, caught.value.allowed) == (
        "50%,20%,10%,80%",
        "left before right, and top before bottom",
    )


def test_shares_of_a_finished_picture_leave_the_input_so_much_smaller() -> None:
    wish = ExtendWish(left=Margin(0.25, is_share=True), right=Margin(0.25, is_share=True))
    assert wish.inside((192, 128)) == Extend(left=32, right=32)


def test_an_extension_can_be_typed_as_it_is_shown() -> None:
    extend = Extend(left=8, top=16, bottom=24)
    wish = read_extend(extend_text(extend))
    assert isinstance(wish, ExtendWish)
    assert wish.around((640, 640)) == extend


def test_the_part_of_a_picture_is_described_by_flags_that_can_be_typed() -> None:
    sha256, mask = "1" * 64, "2" * 64
    assert described_part(InputImage(sha256)) == {}
    assert described_part(InputImage(sha256, mask=mask)) == {"mask": mask[:12], "feather": "0"}
    assert described_part(InputImage(sha256, region=REGIONS["top-left"], feather=8)) == {
        "region": "top-left",
        "feather": "8",
    }
    assert described_part(InputImage(sha256, extend=Extend(16, 0, 8), feather=16)) == {
        "extend": "left 16px,right 8px",
        "feather": "16",
    }


def test_none_takes_either_away() -> None:
    assert (read_region("None"), read_extend(" none ")) == (NONE, NONE)


@given(st.text(max_size=30) | st.text("leftrighopbm0123456789.,%px :=-", max_size=40))
def test_whatever_is_typed_is_a_part_or_one_sentence(text: str) -> None:
    with suppress(BadValue):
        assert isinstance(read_region(text), Region | str)
    with suppress(BadValue):
        assert isinstance(read_extend(text), ExtendWish | str)


@given(
    st.lists(st.integers(0, 10_000), min_size=4, max_size=4),
    st.lists(st.integers(0, 1024), min_size=4, max_size=4),
)
def test_every_part_can_be_typed_as_it_is_shown(edges: list[int], margins: list[int]) -> None:
    left, right = sorted(edges[:2])
    top, bottom = sorted(edges[2:])
    assume(left < right and top < bottom and any(margins))
    region = Region(left / 10_000, top / 10_000, right / 10_000, bottom / 10_000)
    assert read_region(region_text(region)) == region
    extend = Extend(*(8 * margin for margin in margins))
    wish = read_extend(extend_text(extend))
    assert isinstance(wish, ExtendWish)
    assert wish.around((640, 640)) == extend
