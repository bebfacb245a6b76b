"""Inputs that nobody expects, for every reader of what comes from outside.

A reader may take an input or raise ``UserError``: nothing else, within a second, and without much
memory. Each input is made from a seed of its own, so that one alone can be tried again:
``python -m tests.storm.fuzzing --again "12 recipes 345"``.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bot.adapters.lasting import BUTTON, FORM
from bot.commands import commands
from bot.config import load_config
from bot.reading import read_options
from bot.service.answers.browsing import read_target
from bot.service.recipes.alternatives import Choosing
from bot.service.recipes.blocked_words import refuse_blocked_words
from bot.service.recipes.maker import RecipeMaker
from bot.service.recipes.starting_from import InputHashes
from bot.style_reading import StyleReader
from generation import prompt
from generation.errors import UserError
from generation.images import read_input
from generation.loras import LoraCatalogue
from generation.metadata import parse_parameters, read_metadata
from generation.prompt_alternatives import read_alternatives
from generation.recipe_reading import read_recipe
from storage.ids import parse_id
from tests.storm import mutating, right_inputs

SECONDS_MOST: Final = 1.0
"""Processor time that one input may take."""
MEGABYTES_MOST: Final = 400
"""By which the process may grow, whatever it reads."""
UPLOAD_MOST: Final = 20_000_000
PIXELS_MOST: Final = 4_000_000
BLOCKED: Final = ("circle jerk", "bad", "漢字", "a.b")

Make = Callable[[random.Random], Any]
Read = Callable[[Any], object]


@dataclass(frozen=True)
class Reader:
    """Something that reads what comes from outside, and what it is fed; often in every round."""

    make: Make
    read: Read
    often: int = 1


@dataclass
class Found:
    """An input that was not borne. ``seed`` makes it again."""

    seed: str
    what: str
    given: str


@dataclass
class Outcome:
    tried: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    found: list[Found] = field(default_factory=list)


class Readers(Mapping[str, Reader]):
    """All readers, by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        config = load_config(None, {"REROLL_GENERATION__MODEL": "mini"})
        self._maker = RecipeMaker(config, LoraCatalogue((folder,)))
        self._choosing = Choosing(self._maker, config.limits.pictures_per_job)
        self._styles = StyleReader(config.limits, config.models(), LoraCatalogue((folder,)))
        self._commands = commands(config.limits)
        self._files = tuple(right_inputs.pictures())
        self._readers = {
            "commands": Reader(self._command, self._read_command, often=6),
            "prompts": Reader(_prompt, _read_prompt, often=4),
            "recipes": Reader(right_inputs.recipe, _read_recipe, often=4),
            "metadata": Reader(self._png, read_metadata, often=3),
            "parameters": Reader(right_inputs.parameters, parse_parameters, often=2),
            "pictures": Reader(self._picture, _read_picture),
            "names": Reader(right_inputs.name, _read_name, often=2),
            "configs": Reader(right_inputs.config, self._read_config),
            "styles": Reader(right_inputs.styles, self._read_styles, often=2),
        }

    def __getitem__(self, name: str) -> Reader:
        return self._readers[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._readers)

    def __len__(self) -> int:
        return len(self._readers)

    def _command(self, dice: random.Random) -> Any:
        command = dice.choice(self._commands)
        said = right_inputs.said(dice)
        given: dict[str, Any] = {command.takes: said} if said else {}
        for option in command.options:
            if dice.random() < 0.15:
                given[option.name] = dice.choice(
                    (right_inputs.said(dice)[:200], 7, -1, 2.5, 1e300, 10**30, True)
                )
        return command, given

    def _read_command(self, given: Any) -> None:
        command, options = given
        read = read_options(command, options)
        if command.name == "imagine":
            self._choosing.new(read, InputHashes())
        elif command.name == "reroll":
            self._choosing.change(right_inputs.RECIPE, 1, read, InputHashes())

    def _png(self, dice: random.Random) -> bytes:
        return mutating.png(self._files[0], dice)

    def _picture(self, dice: random.Random) -> bytes:
        if dice.random() < 0.5:
            return self._png(dice)
        return mutating.octets(dice.choice(self._files), dice)

    def _read_config(self, given: Any) -> None:
        lines, variables = given
        file = self._folder / "config.toml"
        file.write_text(lines, errors="replace")
        load_config(file, variables)

    def _read_styles(self, given: str) -> None:
        file = self._folder / "styles.toml"
        file.write_text(given, errors="replace")
        self._styles.read(file)


def _prompt(dice: random.Random) -> tuple[int, str]:
    """Return which of the readers of prompts is to read what."""
    return dice.randrange(len(PROMPT_READERS)), right_inputs.prompt(dice)


def _read_prompt(given: tuple[int, str]) -> None:
    which, words = given
    PROMPT_READERS[which](words)


def _search(words: str) -> None:
    refuse_blocked_words(words, BLOCKED)


def _choose(words: str) -> None:
    found = read_alternatives(words)
    if found.count <= CHOICES_MOST:
        found.all()


CHOICES_MOST: Final = 100
PROMPT_READERS: Final[tuple[Callable[[str], object], ...]] = (
    prompt.translate, prompt.plain_words, prompt.extract_loras, prompt.check, _search, _choose,
)  # fmt: skip


def _read_recipe(given: str) -> None:
    recipe = read_recipe(given)
    again = read_recipe(recipe.to_json())
    if again != recipe:
        raise AssertionError("is another one when it is read again")


def _read_picture(given: bytes) -> None:
    read_input(given, "x.png", UPLOAD_MOST, PIXELS_MOST)


def _read_name(given: str) -> None:
    for pattern in (BUTTON, FORM):
        found = pattern.fullmatch(given)
        if found is not None and len(found["target"]) > 64:
            raise AssertionError("takes more than a name")
    if given.startswith("history"):
        read_target(given, newer=False)
    parse_id(given)


def attempt(
    readers: Readers, seed: str, outcome: Outcome, seconds_most: float = SECONDS_MOST
) -> None:
    """Make the input of a seed, and let it be read."""
    name = seed.split()[1]
    given = readers[name].make(random.Random(seed))
    began = time.thread_time()
    try:
        readers[name].read(given)
    except UserError:
        outcome.refused[name] += 1
    except Exception as error:  # noqa: BLE001 - this is what is looked for
        outcome.found.append(Found(seed, f"{type(error).__name__}: {error}"[:300], _shown(given)))
    seconds = time.thread_time() - began
    outcome.tried[name] += 1
    outcome.slowest[name] = max(outcome.slowest.get(name, 0.0), round(seconds, 3))
    if seconds > seconds_most:
        outcome.found.append(Found(seed, f"took {seconds:.1f} s", _shown(given)))


def _shown(given: Any) -> str:
    return repr(given)[:1000]


def fuzz(folder: Path, inputs: int, seed: int, *, seconds_most: float = SECONDS_MOST) -> Outcome:
    """Try so many inputs on all readers, and return what came of it."""
    readers, outcome = Readers(folder), Outcome()
    rounds = [name for name in readers for _ in range(readers[name].often)]
    before = _megabytes()
    for number in range(inputs):
        name = rounds[number % len(rounds)]
        attempt(readers, f"{seed} {name} {number}", outcome, seconds_most)
    grown = _megabytes() - before
    if grown > MEGABYTES_MOST:
        outcome.found.append(Found(f"{seed}", f"the process grew by {grown} MB", ""))
    return outcome


def _megabytes() -> int:
    """Return the most memory that this process has had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Print what was tried; the exit code is 1 where something was not borne."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=80_000)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--again", help="the seed of one input")
    given = parser.parse_args()
    sys.stderr.write(f"fuzzing with --seed {given.seed}\n")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="reroll-fuzz-") as folder:
        if given.again:
            outcome = Outcome()
            attempt(Readers(Path(folder)), given.again, outcome)
        else:
            outcome = fuzz(Path(folder), given.inputs, given.seed)
    numbers = {
        "tried": outcome.tried,
        "refused": outcome.refused,
        "slowest_s": outcome.slowest,
        "seed": given.seed,
        "seconds": round(time.monotonic() - began, 1),
    }
    sys.stdout.write(json.dumps(numbers) + "\n")
    for each in outcome.found:
        sys.stdout.write(f"{each.seed!r}: {each.what}: {each.given}\n")
    sys.exit(1 if outcome.found else 0)


if __name__ == "__main__":
    main()
