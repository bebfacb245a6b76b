"""A painter that is quick, but takes its time over every step, so that kills find it at work."""

from __future__ import annotations

import time

from generation.recipe import Recipe
from generation.worker.painter import Watcher
from tests.painters import Sketcher

NAME = "tests.storm.painter:Dabbler"
STEP_SECONDS = 0.02


class Dabbler(Sketcher):
    def _hold(self, word: str, step: int, watch: Watcher, recipe: Recipe) -> None:
        time.sleep(STEP_SECONDS)
