"""The table of the bench: what is in it, and what it is held against."""

from __future__ import annotations

from typing import Any

from generation.bench import words
from generation.bench.goals import goals
from generation.bench.plot import WIDTH, draw

PICTURE = {"ours_s": 0.5, "plain_s": 0.6, "ratio": 1.2}
ON_CPU: dict[str, Any] = {
    "device": "cpu",
    "machine": "cpu",
    "model": "mini",
    "dtype": "float32",
    "steps": 20,
    "size": [128, 128],
    "refiner": 0.8,
    "repeats": 5,
    "picture": PICTURE,
    "step_ms": {"base": 15.0},
    "queue": {
        "pictures": 20,
        "ratio": 1.3,
        "ours_per_minute": 130.0,
        "plain_per_minute": 100.0,
        "repeats": 3,
    },
    "idle_ms_p50": 4.2,
}
ON_H200: dict[str, Any] = {
    **ON_CPU,
    "device": "cuda",
    "machine": "NVIDIA H200",
    "model": "sdxl-random",
    "tflop": {"base_step": 6.761, "picture": 416.0},
    "rate_tflop_s": 790.0,
    "mfu": 0.5,
    "base": {**PICTURE, "steps": 30, "mfu": 0.51},
}


def lines(found: dict[str, Any]) -> dict[str, words.Row]:
    return {row.what: row for row in words.rows(found)}


def test_what_was_not_measured_has_no_line() -> None:
    shown = lines({"picture": PICTURE, "steps": 20})
    assert list(shown) == ["a picture, 20 steps"]
    assert shown["a picture, 20 steps"].cells == (
        "a picture, 20 steps", "0.500 s", "0.600 s", "1.200", "",
    )  # fmt: skip


def test_a_cpu_is_held_against_what_is_aimed_at_there() -> None:
    shown = lines(ON_CPU)
    assert shown["a picture, 20 steps, refiner from 0.8"].goal == ">= 1"
    assert shown["pictures a minute, 20 queued"].goal == ">= 1.15"
    assert shown["nothing drawn between queued jobs"].goal == "<= 15 ms"


def test_seconds_are_held_against_those_of_the_card_that_they_are_for() -> None:
    assert lines(ON_H200)["base alone, 30 steps"].goal == ">= 1.35 and <= 1.05 s"
    other = {**ON_H200, "machine": "NVIDIA L4"}
    assert lines(other)["base alone, 30 steps"].goal == ">= 1.35"


def test_other_networks_and_devices_have_no_goals() -> None:
    assert goals({**ON_CPU, "model": "dream"}) == {}
    assert goals({**ON_H200, "tflop": {"base_step": 1.0}}) == {}
    assert goals({**ON_H200, "device": "mps"}) == {}


def test_the_title_says_that_weights_are_random() -> None:
    assert "random weights" in words.title(ON_H200)
    assert "random weights" not in words.title(ON_CPU)


def test_the_title_of_a_queue_alone_says_what_was_painted_and_on_what() -> None:
    asked = {"model": "mini", "size": [128, 128], "repeats": 3}
    assert words.title({**asked, "device": "cpu"}) == "mini on cpu: 128x128, medians of 3"
    assert words.title(asked) == "mini: 128x128, medians of 3"


def test_columns_stand_under_their_heads() -> None:
    text = words.as_text(("", "one", "two"), [("a name", "1", "22"), ("b", "333", "4")])
    assert text.splitlines() == [
        "        one  two",
        "a name    1   22",
        "b       333    4",
    ]


def test_levers_say_by_how_much_and_whether_pixels_change() -> None:
    row = {
        "lever": "compile=on",
        "ours_s": 0.4,
        "plain_s": 0.6,
        "gain": 1.25,
        "first_picture_s": 61.0,
        "same_pixels": False,
    }
    [cells] = words.lever_rows({"levers": [row]})
    assert cells == ("compile=on", "0.400", "0.600", "1.250", "61.0", "other ones")
    assert len(cells) == len(words.LEVER_HEADS)


def test_bars_are_as_long_as_their_figures() -> None:
    image = draw({**ON_CPU, "picture": {"ours_s": 1.0, "plain_s": 2.0, "ratio": 2.0}})
    assert image.width == WIDTH
    colours = [image.getpixel((x, y)) for y in (121, 147) for x in range(WIDTH)]
    ours = sum(colour == (0x2F, 0x6F, 0xDE) for colour in colours)
    plain = sum(colour == (0xB9, 0xC2, 0xCF) for colour in colours)
    assert ours > 100
    assert abs(plain / ours - 2) < 0.02
