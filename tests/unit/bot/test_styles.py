from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot import texts
from bot.catalogues import catalogue, style_book
from bot.config import load_config
from bot.errors import BadStyle, StyleForOtherBase
from bot.styles import BUILT_IN, StyleBook
from bot.values import LoraWish
from generation.errors import UnknownName
from generation.models import MINI, SDXL


@pytest.fixture
def book(tmp_path: Path) -> StyleBook:
    (tmp_path / "config.toml").write_text("[limits]\nsteps = 60\nmegapixels = 1\n")
    config = load_config(tmp_path / "config.toml", {})
    loras = catalogue(config)
    loras.refresh()
    made = style_book(config, loras)
    made.refresh()
    return made


def write(book: StyleBook, text: str) -> None:
    """Write the owner's file, at a time that no earlier one was written at."""
    before = book.file.stat().st_mtime_ns if book.file.exists() else 0
    book.file.write_text(text)
    os.utime(book.file, ns=(before + 1_000_000_000, before + 1_000_000_000))


def fault(book: StyleBook, text: str) -> str:
    with pytest.raises(BadStyle) as caught:
        book.reader.read(_written(book, text))
    return texts.sentence(caught.value)


def entry_at_fault(book: StyleBook) -> str:
    return book.fault.entry if book.fault else ""


def _written(book: StyleBook, text: str) -> Path:
    write(book, text)
    return book.file


def test_without_a_file_there_are_the_styles_that_come_with_the_bot(book: StyleBook) -> None:
    assert book.fault is None
    names = [style.name for style in book.all()]
    assert {"photo", "oil", "watercolour", "ink", "anime", "3d", "pixel"} <= set(names)
    for_mini = [style.name for style in book.all() if style.fits(MINI)]
    assert for_mini == ["inkstyle", "wrong"]
    assert all(style.title for style in book.all())


def test_the_built_in_negative_style_is_as_its_lora_was_trained(book: StyleBook) -> None:
    style = book.find("wrong")
    assert style.loras == (LoraWish("wrong", 1.0),)
    assert style.words.without("cars") == "cars, wrong"
    assert style.words.over("a star") == "a star"


def test_a_style_of_the_file_is_read_whole(book: StyleBook) -> None:
    write(
        book,
        """
[night]
title = "After  dark"
base = "mini"
prompt = "{prompt}, at night"
negative = "sun"
loras = ["inkstyle:0.5", "wrong"]
steps = 30
guidance = 6
sampler = "heun"
refiner = "off"
size = "64x64"
""",
    )
    assert book.refresh()
    style = book.find("NIGHT")
    assert (style.title, style.base) == ("After dark", "mini")
    assert (style.template, style.negative) == ("{prompt}, at night", "sun")
    assert style.options == {
        "lora": (LoraWish("inkstyle", 0.5), LoraWish("wrong", 1.0)),
        "steps": 30,
        "guidance": 6.0,
        "sampler": "heun",
        "refiner": "off",
        "size": (64, 64),
    }


def test_an_entry_of_the_file_replaces_a_built_in_one_of_its_name(book: StyleBook) -> None:
    write(book, '[photo]\nprompt = "snapshot of {prompt}"')
    book.refresh()
    assert book.find("photo").template == "snapshot of {prompt}"
    assert [style.name for style in book.all()].count("photo") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[a]\nstep = 3", "[a] step is not a key of a style; did you mean steps?"),
        ("[a]\nsteps = 61", "[a] steps cannot be '61': give 1 … 60."),
        ("[a]\nsteps = '9'", "[a] steps cannot be '9': give a whole number."),
        ("[a]\nguidance = true", "[a] guidance cannot be 'True': give a number."),
        ("[a]\nprompt = 'oil'", "[a] prompt cannot be 'oil': give a template with {prompt}"),
        (
            "[a]\nprompt = '{a|b} {prompt}'",
            "[a] prompt cannot be '{a|b} {prompt}': give words with",
        ),
        ("[a]\nprompt = '({prompt}'", "[a] prompt is wrong: The prompt has a ("),
        ("[a]\nprompt = '{prompt} <lora:b>'", "[a] prompt cannot be '{prompt} <lora:b>'"),
        ("[a]\nnegative = '(b'", "[a] negative is wrong: The negative prompt has a ("),
        ("[a]\nloras = ['nope']", "[a] loras is wrong: There is no LoRA called nope"),
        ("[a]\nloras = 'wrong'", "[a] loras cannot be 'wrong': give a list of names"),
        ("[a]\nloras = ['wrong:9']", "[a] loras cannot be 'wrong:9': give a scale of -2 … 2."),
        ("[a]\nsampler = 'eulr'", "[a] sampler is wrong: There is no sampler called eulr"),
        ("[a]\nmodel = 'nope'", "[a] model is wrong: There is no model called nope"),
        ("[a]\nbase = 'sd9'", "[a] base cannot be 'sd9': give one of sdxl, sd1, sd2, mini."),
        ("[a]\nsize = '63x64'", "[a] size cannot be '63x64': give multiples of 8."),
        ("[a]\nsize = '1024x1024'", "[a] size is wrong: 1024x1024 is more than the 1 mega"),
        ("[a]\nsize = '64x64'\naspect = '1:1'", "[a] aspect cannot stand beside size"),
        ("steps = 3", "steps stands in no entry: write [name] of its style above it."),
        ("[none]", "[none] name cannot be 'none': give 1 to 32 of a-z, 0-9 and hyphens"),
        ("['A b']", "[A b] name cannot be 'A b'"),
        ("[a", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_by_file_entry_and_key(
    book: StyleBook, text: str, said: str
) -> None:
    sentence = fault(book, text)
    assert str(book.file) in sentence
    assert said in sentence


def test_of_a_broken_edit_all_counts_that_can_be_read_and_the_rest_stays_as_it_was(
    book: StyleBook,
) -> None:
    write(book, "[night]\nsteps = 30")
    book.refresh()
    write(book, "[night]\nstep = 40\n[day]\nsteps = 3\n[dawn]\nstep = 3")
    assert book.refresh()
    assert entry_at_fault(book) == "night"
    assert [book.find(name).options["steps"] for name in ("night", "day")] == [30, 3]
    assert "dawn" not in [style.name for style in book.all()]
    assert not book.refresh()
    write(book, "[night")
    book.refresh()
    assert [book.find(name).options["steps"] for name in ("night", "day")] == [30, 3]
    write(book, "[night]\nsteps = 40")
    book.refresh()
    assert book.fault is None
    assert book.find("night").options["steps"] == 40


def test_the_styles_that_come_with_the_bot_are_there_however_short_prompts_must_be(
    tmp_path: Path,
) -> None:
    (tmp_path / "config.toml").write_text("[limits]\nprompt_chars = 20\n")
    config = load_config(tmp_path / "config.toml", {})
    loras = catalogue(config)
    loras.refresh()
    book = style_book(config, loras)
    write(book, "[long]\nprompt = '{prompt} in the light of the morning'")
    book.refresh()
    assert entry_at_fault(book) == "long"
    assert book.find("photo").template.startswith("photograph of")


def test_a_style_whose_lora_comes_later_is_read_once_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[generation]\nloras = 'loras'\n")
    (tmp_path / "styles.toml").write_text("[a]\nloras = ['new']")
    (tmp_path / "loras").mkdir()
    config = load_config(tmp_path / "config.toml", {})
    loras = catalogue(config)
    loras.refresh()
    book = style_book(config, loras)
    book.refresh()
    assert entry_at_fault(book) == "a"
    original = next(info.path for info in loras.infos() if info.name == "wrong")
    (tmp_path / "loras" / "new.safetensors").write_bytes(original.read_bytes())
    loras.refresh()
    assert book.refresh()
    assert entry_at_fault(book) == ""
    assert book.find("a").loras == (LoraWish("new", 1.0),)


def test_a_style_is_refused_with_another_kind_of_model(book: StyleBook) -> None:
    book.find("photo").require(SDXL)
    with pytest.raises(StyleForOtherBase) as caught:
        book.find("photo").require(MINI)
    assert "sdxl" in texts.sentence(caught.value)


def test_a_name_that_no_style_has_is_answered_with_the_nearest(book: StyleBook) -> None:
    with pytest.raises(UnknownName) as caught:
        book.find("fotto")
    assert caught.value.near == ("photo",)


def test_the_built_in_styles_are_right_by_themselves(book: StyleBook) -> None:
    assert len(book.reader.read(BUILT_IN)) == len(book.all())


def test_the_example_of_the_readme_is_right(book: StyleBook) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    [example] = [part for part in readme.split("```") if part.startswith("toml\n[night]")]
    write(book, example.removeprefix("toml").replace("ink:", "inkstyle:").replace("35", "20"))
    [style] = book.reader.read(book.file).values()
    assert style.options.keys() >= {"lora", "steps", "guidance", "sampler", "refiner", "aspect"}
