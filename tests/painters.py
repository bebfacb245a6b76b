"""Painters for tests of the worker and the engine: quick, without torch, and badly behaved on cue.

The first word of the prompt says how one behaves at the second step; the pictures depend on the
seed alone. The worker process gets them by their names, ``tests.painters:Sketcher``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from generation.engine import Preparing, Preview
from generation.errors import DeviceMissing, OutOfMemory
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.onlookers import Onlookers
from generation.worker.painter import Watcher
from tests.live_objects import census


@dataclass
class Sketch:
    pixels: npt.NDArray[np.uint8]
    environment: Mapping[str, Any] = field(default_factory=lambda: {"paper": "white"})
    warnings: tuple[str, ...] = ("sketched\tby hand",)


def sketch(recipe: Recipe) -> Sketch:
    """The picture of a recipe, for tests to compare with."""
    random = np.random.default_rng(recipe.seed)
    size = (recipe.height, recipe.width, 3)
    return Sketch(random.integers(0, 256, size, dtype=np.uint8))


class Sketcher:
    def __init__(self, settings: GenerationSettings) -> None:
        self.device = "paper"
        self.models: tuple[str, ...] = ()
        self.machine: Mapping[str, Any] = {"paper": "white"}
        self._previews = 0
        self._folder = settings.incoming.parent
        self._behaviours: dict[str, Callable[[], object]] = {
            "segfault": lambda: os.kill(os.getpid(), signal.SIGSEGV),
            "segfault-once": self._segfault_once,
            "exit": lambda: os._exit(3),
            "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
            "hang": lambda: time.sleep(3600),
            "fault": lambda: 1 // 0,
            "memory": self._out_of_memory,
            "huge": self._no_room,
            "noisy": self._be_noisy,
            "count": self._count,
            "confess": lambda: print(dict(os.environ), file=sys.stderr),  # noqa: T201
            "wait": lambda: None,
        }
        self._in_company: dict[str, Callable[[], object]] = {
            **self._behaviours,
            "crowded": self._out_of_memory,
            "quarrelsome": lambda: os.kill(os.getpid(), signal.SIGSEGV),
        }
        """What happens in a pass of several pictures; the last two only there."""

    @property
    def sizes(self) -> Mapping[str, int]:
        return dict.fromkeys(self.models, 1000)

    @property
    def plans(self) -> Mapping[str, Mapping[str, Any]]:
        return {name: {"pencil": "soft"} for name in self.models}

    def load(self, name: str, report: Callable[[Preparing], None]) -> None:
        self.models = (name,)

    def prepare(self, report: Callable[[Preparing], None]) -> bool:
        return False

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Sketch:
        self.load(recipe.model, watch.preparing)
        watch.preparing(Preparing("encoding"))
        word = recipe.prompt.split()[0]
        for step in range(1, recipe.steps + 1):
            if step == 2 and word in self._behaviours:
                self._behaviours[word]()
            watch.step("base", step, recipe.steps, self._preview)
            self._hold(word, step, watch, recipe)
        return sketch(recipe)

    def fitting(self, recipes: Sequence[Recipe], report: Callable[[Preparing], None]) -> list[int]:
        """Let prompts of as many words go together, as the tokens of a real one would have it."""
        report(Preparing("encoding"))
        words = [len(recipe.prompt.split()) for recipe in recipes]
        return [at for at, count in enumerate(words) if count == words[0]]

    def paint_together(
        self, recipes: Sequence[Recipe], watches: Sequence[Watcher]
    ) -> list[Sketch | None]:
        """Paint in one pass, and write its seeds down as a line of the file ``passes``."""
        with (self._folder / "passes").open("a") as book:
            book.write(" ".join(str(recipe.seed) for recipe in recipes) + "\n")
        onlookers = Onlookers(watches)
        self.load(recipes[0].model, onlookers.preparing)
        for step in range(1, recipes[0].steps + 1):
            for recipe in recipes:
                word = recipe.prompt.split()[0]
                if step == 2 and word in self._in_company:
                    self._in_company[word]()
            onlookers.step("base", step, recipes[0].steps, lambda at: self._preview())
            self._hold_together(step, onlookers, recipes)
        return [
            sketch(recipe) if onlookers.wants(at) else None for at, recipe in enumerate(recipes)
        ]

    def _hold_together(self, step: int, onlookers: Onlookers, recipes: Sequence[Recipe]) -> None:
        waits = step == 2 and any(recipe.prompt.startswith("wait") for recipe in recipes)
        while waits and not (self._folder / "go").exists():
            time.sleep(0.02)
            onlookers.step("base", 2, recipes[0].steps, lambda at: self._preview())

    def _hold(self, word: str, step: int, watch: Watcher, recipe: Recipe) -> None:
        """Stay in mid-picture, step after step, until a file named ``go`` lets it on."""
        while word == "wait" and step == 2 and not (self._folder / "go").exists():
            time.sleep(0.02)
            watch.step("base", 2, recipe.steps, self._preview)

    def _preview(self) -> Preview:
        """Return a pixel that counts the previews made so far."""
        self._previews += 1
        return Preview(1, 1, bytes((self._previews % 256, 0, 0)))

    def _segfault_once(self) -> None:
        marker = self._folder / "crashed"
        if not marker.exists():
            marker.touch()
            os.kill(os.getpid(), signal.SIGSEGV)

    def _out_of_memory(self) -> NoReturn:
        raise OutOfMemory("paper", 64, 64)

    def _no_room(self) -> NoReturn:
        raise MemoryError

    def _count(self) -> None:
        """Write down what lives in this process, into one file after the other."""
        path = self._folder / f"census-{len(list(self._folder.glob('census-*')))}"
        path.write_text(json.dumps(census()))

    def _be_noisy(self) -> None:
        print("printed by a library")  # noqa: T201
        os.write(1, b"written from C\n")
        subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)


class SlowLoader(Sketcher):
    """Loads until a file named ``go`` lets it on."""

    def load(self, name: str, report: Callable[[Preparing], None]) -> None:
        while not (self._folder / "go").exists():
            time.sleep(0.02)
        super().load(name, report)


class Bookkeeper(Sketcher):
    """Writes down in a file ``loads`` what it is asked to load."""

    def load(self, name: str, report: Callable[[Preparing], None]) -> None:
        with (self._folder / "loads").open("a") as book:
            book.write(f"{name}\n")
        super().load(name, report)


def without_device(settings: GenerationSettings) -> NoReturn:
    raise DeviceMissing("cuda", ("cpu",))


def broken(settings: GenerationSettings) -> NoReturn:
    raise ImportError("libcudart.so.12: cannot open shared object file")


def dying(settings: GenerationSettings) -> NoReturn:
    print("cannot go on like this", file=sys.stderr, flush=True)  # noqa: T201
    os._exit(7)


def broken_once(settings: GenerationSettings) -> Sketcher:
    marker = settings.incoming.parent / "broken"
    if not marker.exists():
        marker.touch()
        os._exit(7)
    return Sketcher(settings)


def sleeping(settings: GenerationSettings) -> NoReturn:
    time.sleep(3600)
    raise AssertionError
