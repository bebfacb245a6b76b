"""From what was typed to what is measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generation.bench.plan import (
    PARTS,
    QUICK,
    Plan,
    read_beside,
    read_lever,
    read_parts,
    read_size,
    with_lever,
)
from generation.bench.published import NAMES, random_model
from generation.errors import BadValue
from generation.recipe import BOUNDS
from generation.settings import GenerationSettings

REPEATS_MOST = 1000
REPEATS, PICTURES, ROUNDS_MOST = 5, 20, 3
QUICK_REPEATS, QUICK_PICTURES, QUICK_ROUNDS = 3, 6, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed. ``model`` and ``random_weights`` empty: the one that is configured.

    ``repeats`` and ``pictures`` none: as many as are usual, of which ``quick`` takes fewer.
    """

    model: str = ""
    random_weights: str = ""
    steps: int = 0
    size: str = ""
    repeats: int | None = None
    pictures: int | None = None
    only: str = ""
    quick: bool = False
    moved: Sequence[str] = ()
    levers: Sequence[str] = ()

    def read(
        self, settings: GenerationSettings, configured: str
    ) -> tuple[GenerationSettings, Plan]:
        """Return the settings and the plan. Raises ``BadValue`` for what cannot be."""
        self._check()
        for text in self.moved:
            settings = with_lever(settings, *read_lever(text, "with"))
        name = self.model or configured
        if self.random_weights:
            model = random_model(self.random_weights)
            settings = replace(settings, models=(*settings.models, model))
            name = model.name
        parts = QUICK if self.quick else PARTS
        usual = (QUICK_REPEATS, QUICK_PICTURES) if self.quick else (REPEATS, PICTURES)
        repeats = self.repeats or usual[0]
        plan = Plan(
            model=name,
            steps=self.steps,
            size=read_size(self.size) if self.size else None,
            repeats=repeats,
            pictures=self.pictures or usual[1],
            rounds=min(repeats, QUICK_ROUNDS if self.quick else ROUNDS_MOST),
            parts=read_parts(self.only) if self.only else parts,
            levers=tuple(read_beside(text) for text in self.levers),
        )
        return settings, plan

    def _check(self) -> None:
        if self.random_weights and self.random_weights not in NAMES:
            raise BadValue("random-weights", self.random_weights, " or ".join(NAMES))
        if self.random_weights and self.model:
            raise BadValue("model", self.model, "either a model or random weights")
        if self.steps and self.steps not in BOUNDS["steps"]:
            raise BadValue("steps", str(self.steps), f"{BOUNDS['steps']}, or 0 for the model's own")
        if self.repeats is not None and not 1 <= self.repeats <= REPEATS_MOST:
            raise BadValue("repeats", str(self.repeats), f"1 … {REPEATS_MOST}")
        if self.pictures is not None and not 2 <= self.pictures <= REPEATS_MOST:
            raise BadValue("pictures", str(self.pictures), f"2 … {REPEATS_MOST}")
