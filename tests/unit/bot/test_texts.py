from __future__ import annotations

import ast
import dataclasses
import importlib
import types
import typing
from pathlib import Path

import pytest

from bot import texts
from bot.commands import Widest, commands
from bot.service.answers.clicks import PRESSES
from bot.service.service import ANSWERS
from generation.errors import NotANumber, UserError

ROOT = Path(__file__).parents[3]
REASONS = {"BadImage": 0, "BadPrompt": 0, "BadRecipe": 0, "BadWeights": 1, "ModelMissing": 2}
"""Where the reason stands among the arguments of each error that has one."""


MODULES = ("bot.errors", "bot.chat_errors", "generation.errors")


def every_error() -> list[type[UserError]]:
    for module in MODULES:
        importlib.import_module(module)
    found: list[type[UserError]] = []
    waiting = [UserError]
    while waiting:
        kinds = waiting.pop().__subclasses__()
        found += kinds
        waiting += kinds
    return [kind for kind in found if kind.__module__ in MODULES]


def sample(kind: type[UserError]) -> UserError:
    hints = typing.get_type_hints(kind)
    values = {f.name: _sample(hints[f.name]) for f in dataclasses.fields(kind)}
    return kind(**values)


def _sample(hint: object) -> object:
    if typing.get_origin(hint) is tuple:
        return ("one", "two")
    if isinstance(hint, types.UnionType):
        return _sample(typing.get_args(hint)[0])
    return {str: "word", int: 3, float: 1.5, bool: True}[typing.cast("type", hint)]


@pytest.mark.parametrize("kind", every_error(), ids=lambda kind: kind.__name__)
def test_every_error_is_one_sentence(kind: type[UserError]) -> None:
    assert texts.has_words(kind), f"{kind.__name__} has no words in bot.texts"
    sentence = "".join(span.text for span in texts.words_of(sample(kind)))
    assert sentence.endswith(".")
    assert "{" not in sentence
    assert "\n" not in sentence
    assert kind.__name__ not in sentence


def test_an_empty_picture_names_the_setting_of_the_part_that_failed() -> None:
    for part, setting in (("model", "[generation] dtype"), ("vae", "[generation] vae_dtype")):
        words = texts.words_of(NotANumber("float16", part))
        assert f"set {setting} " in "".join(span.text for span in words)


def test_every_command_and_option_has_help_and_every_command_an_answer() -> None:
    for command in commands(Widest()):
        assert command.help.endswith(".")
        assert command.name in ANSWERS
        for option in command.options:
            assert option.help
            assert len(option.help) <= 100


def test_every_button_has_a_label_that_no_other_has() -> None:
    assert set(texts.BUTTONS) == set(PRESSES)
    assert len(set(texts.BUTTONS.values())) == len(PRESSES)
    assert all(0 < len(label) <= 20 for label in texts.BUTTONS.values())


def test_a_job_without_all_its_pictures_says_how_many_there_are() -> None:
    told = ["".join(span.text for span in texts.done("k7f3q2", (), 2.0, count)) for count in (1, 2)]
    assert told == ["#k7f3q2 · 2.0 s · 0 of 1 picture", "#k7f3q2 · 2.0 s · 0 of 2 pictures"]


def test_times_and_sizes_read_well() -> None:
    assert [texts.seconds_text(s) for s in (0.94, 12.3, 95, 3600, 8000)] == [
        "0.9 s",
        "12 s",
        "1 min 35 s",
        "60 min",
        "2 h 13 min",
    ]
    assert [texts.wait_text(s) for s in (0.0, 0.3, 40.2, 89.5, 128.7, 3600, 8000)] == [
        "1 s",
        "1 s",
        "41 s",
        "2 min",
        "3 min",
        "60 min",
        "2 h 14 min",
    ]
    assert [texts.size_text(b) for b in (12, 1500, 7.1e9)] == ["12 bytes", "1.5 kB", "7.1 GB"]


def reasons_in_the_code() -> list[tuple[str, str]]:
    """Find the reason keys that the code raises errors with, wherever they stand as text."""
    found = set()
    for path in (ROOT / "generation").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                position = REASONS.get(node.func.id)
                given = [k.value for k in node.keywords if k.arg == "reason"]
                if position is not None and len(node.args) > position:
                    given.append(node.args[position])
                found |= {
                    (node.func.id, each.value)
                    for each in given
                    if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
    return sorted(found)


@pytest.mark.parametrize(("kind", "reason"), reasons_in_the_code())
def test_every_reason_has_its_words(kind: str, reason: str) -> None:
    known = {
        "BadImage": texts.IMAGE_FAULTS,
        "BadPrompt": {**texts.PROMPT_FAULTS, "empty": ""},
        "BadRecipe": texts.RECIPE_FAULTS,
        "BadWeights": texts.WEIGHTS_FAULTS,
        "ModelMissing": texts.MODEL_FAULTS,
    }
    assert reason in known[kind]
