"""What the options of a command make of an input picture."""

from __future__ import annotations

from typing import Any

import pytest

from bot.areas import REGIONS, ExtendWish, Margin
from bot.command import NONE
from bot.errors import NeedsImage, NeedsPart, NotTogether
from bot.reading import Options
from bot.service.recipes.starting_from import (
    STRENGTHS,
    Frame,
    InputHashes,
    Start,
    Starting,
    default_feather,
    without_edges,
)
from generation.errors import BadValue
from generation.models import Model
from generation.recipe import InputImage
from generation.recipe_parts import Extend

ONE, TWO, MASK = "1" * 64, "2" * 64, "3" * 64
SDXL = Model("sdxl", "somewhere")
NEW = Frame(SDXL, (1024, 1024), follows=True, pixels_most=2.4e6)
LEFT = ExtendWish(left=Margin(0.25, is_share=True))
BEFORE = InputImage(ONE, 0.6)
NO_INPUTS = InputHashes()


def new(size: tuple[int, int] = (1216, 832), frame: Frame = NEW, **options: Any) -> Start:
    return Starting(Options(options), InputHashes(ONE, size=size), frame).start()


def changed(
    before: InputImage | None,
    inputs: InputHashes = NO_INPUTS,
    size: tuple[int, int] = (1024, 1024),
    **options: Any,
) -> Start:
    frame = Frame(SDXL, without_edges(size, before), options.pop("asked", None), pixels_most=2.4e6)
    return Starting(Options(options), inputs, frame, before).start()


# A new recipe -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("own", "size"),
    [((3000, 2000), (1216, 832)), ((100, 100), (1024, 1024)), ((10, 2000), (512, 2048))],
)
def test_a_whole_picture_gets_the_trained_size_nearest_to_its_format(
    own: tuple[int, int], size: tuple[int, int]
) -> None:
    assert new(own) == Start(InputImage(ONE, STRENGTHS["whole"]), size)


def test_a_size_that_was_asked_for_wins() -> None:
    assert new(frame=Frame(SDXL, (1024, 1024), (512, 640))).size == (512, 640)


def test_a_picture_that_is_partly_kept_keeps_its_own_size() -> None:
    start = new((1000, 712), region=REGIONS["left"])
    assert start.size == (1000, 712)
    assert start.image == InputImage(ONE, STRENGTHS["part"], region=REGIONS["left"], feather=8)


@pytest.mark.parametrize("own", [(4000, 3000), (200, 150), (1001, 751)])
def test_its_own_size_has_to_be_one_that_can_be_painted_well(own: tuple[int, int]) -> None:
    assert new(own, region=REGIONS["left"]).size == (1152, 896)


def test_what_is_beyond_an_edge_comes_on_top_of_the_size() -> None:
    start = new((1024, 768), extend=LEFT)
    assert start.size == (1280, 768)
    extend = Extend(left=256)
    assert start.image == InputImage(ONE, STRENGTHS["extended"], extend=extend, feather=16)


def test_a_size_that_was_asked_for_is_that_of_the_finished_picture() -> None:
    start = new(frame=Frame(SDXL, (1024, 1024), (1280, 768)), extend=LEFT)
    assert start.size == (1280, 768)
    assert start.image is not None
    assert start.image.extend == Extend(left=256)


def test_what_is_transparent_is_painted_anew() -> None:
    inputs = InputHashes(ONE, MASK, (1024, 1024), clear=True)
    start = Starting(Options(), inputs, NEW).start()
    assert start.image == InputImage(ONE, STRENGTHS["clear"], mask=MASK, feather=16)
    whole = Starting(Options({"mask": NONE}), inputs, NEW).start()
    assert whole.image == BEFORE


def test_what_is_said_wins_over_what_is_transparent() -> None:
    inputs = InputHashes(ONE, MASK, (1024, 1024), clear=True)
    start = Starting(Options({"region": REGIONS["top"]}), inputs, NEW).start()
    assert start.image is not None
    assert (start.image.mask, start.image.region) == (None, REGIONS["top"])


def test_strength_and_feather_are_as_they_are_given() -> None:
    image = new(region=REGIONS["left"], strength=0.3, feather=0).image
    assert image is not None
    assert (image.strength, image.feather) == (0.3, 0)


@pytest.mark.parametrize("name", ["strength", "region", "extend", "feather"])
def test_nothing_of_an_input_picture_makes_sense_without_one(name: str) -> None:
    values: dict[str, Any] = {
        "strength": 0.5,
        "region": REGIONS["left"],
        "extend": LEFT,
        "feather": 4,
    }
    with pytest.raises(NeedsImage) as caught:
        Starting(Options({name: values[name]}), InputHashes(), NEW).start()
    assert caught.value.field == name


def test_a_mask_without_a_picture_is_refused() -> None:
    with pytest.raises(NeedsImage):
        Starting(Options({"mask": "mask.png"}), InputHashes(mask=MASK), NEW).start()


def test_two_parts_do_not_go_together() -> None:
    inputs = InputHashes(ONE, MASK, (1024, 1024))
    with pytest.raises(NotTogether) as caught:
        Starting(Options({"mask": "mask.png", "region": REGIONS["top"]}), inputs, NEW).start()
    assert (caught.value.field, caught.value.other) == ("mask", "region")
    with pytest.raises(NotTogether):
        new(region=REGIONS["left"], extend=LEFT)


def test_a_feather_needs_a_part() -> None:
    with pytest.raises(NeedsPart):
        new(feather=4)
    assert new(feather=0).image == BEFORE


def test_an_extension_that_leaves_the_bounds_is_refused() -> None:
    with pytest.raises(BadValue):
        new((1024, 1024), extend=ExtendWish(left=Margin(9000)))


def test_a_picture_with_a_side_that_no_recipe_may_have_is_scaled() -> None:
    narrow = new((20000, 24), region=REGIONS["left"])
    assert narrow.size == (2048, 512)
    assert new((2048, 512), region=REGIONS["left"]).size == (2048, 512)


# A recipe that is changed -------------------------------------------------------------------------


def test_a_change_of_one_thing_leaves_all_else() -> None:
    before = InputImage(ONE, 0.4, region=REGIONS["left"], feather=12)
    assert changed(before, strength=0.5).image == InputImage(
        ONE, 0.5, region=REGIONS["left"], feather=12
    )
    assert changed(before, region=REGIONS["top"]).image == InputImage(
        ONE, 0.4, region=REGIONS["top"], feather=12
    )


def test_a_default_strength_becomes_that_of_the_new_part() -> None:
    start = changed(BEFORE, region=REGIONS["left"])
    assert start.image == InputImage(ONE, STRENGTHS["part"], region=REGIONS["left"], feather=16)
    assert changed(start.image, region=NONE).image == BEFORE


@pytest.mark.parametrize("name", ["mask", "region", "extend"])
def test_each_part_can_be_taken_away(name: str) -> None:
    parts = {"mask": MASK, "region": REGIONS["left"], "extend": Extend(left=256)}
    before = InputImage(ONE, 0.9, feather=8, **{name: parts[name]})  # type: ignore[arg-type]
    taken: dict[str, Any] = {name: NONE}
    start = changed(before, size=(1280, 1024), **taken)
    assert start.image == InputImage(ONE, 0.9)
    assert start.size == ((1024, 1024) if name == "extend" else (1280, 1024))


def test_the_picture_can_be_taken_away_with_all_that_belongs_to_it() -> None:
    before = InputImage(ONE, 0.9, extend=Extend(left=256))
    assert changed(before, size=(1280, 1024), image=NONE) == Start(None, (1024, 1024))


def test_one_part_takes_the_place_of_another() -> None:
    before = InputImage(ONE, 0.9, extend=Extend(left=256), feather=8)
    start = changed(before, size=(1280, 1024), region=REGIONS["left"])
    assert start.image == InputImage(ONE, 0.9, region=REGIONS["left"], feather=8)
    assert start.size == (1024, 1024)


def test_an_extension_is_counted_from_the_input_picture_again() -> None:
    before = InputImage(ONE, 0.9, extend=Extend(left=256))
    start = changed(before, size=(1280, 1024), extend=ExtendWish(right=Margin(64)))
    assert start.size == (1088, 1024)


def test_another_picture_keeps_region_and_size_but_no_mask() -> None:
    inputs = InputHashes(TWO, size=(640, 640))
    assert changed(InputImage(ONE, mask=MASK), inputs) == Start(InputImage(TWO, 0.6), (1024, 1024))
    start = changed(InputImage(ONE, 0.9, region=REGIONS["left"], feather=8), inputs)
    assert start.image == InputImage(TWO, 0.9, region=REGIONS["left"], feather=8)
    assert start.size == (640, 640)


def test_another_size_keeps_the_part() -> None:
    before = InputImage(ONE, 0.9, extend=Extend(left=256), feather=8)
    assert changed(before, size=(1280, 1024), asked=(1024, 768)) == Start(before, (1024, 768))


@pytest.mark.parametrize(
    ("size", "feather"),
    [((128, 128), 8), ((1024, 1024), 16), ((832, 1216), 16), ((2048, 2048), 32)],
)
def test_the_feather_grows_with_the_picture_in_whole_latents(
    size: tuple[int, int], feather: int
) -> None:
    assert default_feather(size) == feather
