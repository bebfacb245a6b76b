"""What a style is: words, LoRAs and settings under one name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bot.errors import StyleForOtherBase
from bot.values import LoraWish, Value
from generation.loras import family_of
from generation.models import Model
from generation.recipe import StyleUse
from generation.recipe_parts import SUBJECT

SETTINGS: Final = (
    "steps", "guidance", "guidance_end", "sampler", "lora", "refiner", "refiner_mode", "size",
    "aspect", "model",
)  # fmt: skip
"""The options that a style can set."""


@dataclass(frozen=True, slots=True)
class Style:
    """One style; ``template`` has ``{prompt}`` in the place of a person's words.

    ``options`` are checked values by the names of options. ``base`` is the kind of model that it
    is for, empty where that does not matter. One of a person's own has the id of the ``picture``
    that it was saved from.
    """

    name: str
    template: str = SUBJECT
    negative: str = ""
    options: Mapping[str, Value] = field(default_factory=dict)
    title: str = ""
    base: str = ""
    picture: str = ""

    @property
    def words(self) -> StyleUse:
        """What a recipe takes over of it."""
        return StyleUse(self.name, self.template, self.negative)

    @property
    def loras(self) -> tuple[LoraWish, ...]:
        """The LoRAs that it brings, each with a scale."""
        return loras_in(self.options)

    def fits(self, model: Model) -> bool:
        """Whether it is for a model; where that cannot be known yet, it is."""
        family = family_of(model)
        return not self.base or family is None or self.base == family

    def require(self, model: Model) -> None:
        """Raise ``StyleForOtherBase`` where it is not for a model."""
        if not self.fits(model):
            raise StyleForOtherBase(self.name, self.base, model.name)


def loras_in(options: Mapping[str, Value]) -> tuple[LoraWish, ...]:
    """Return the LoRAs among the values of options."""
    wishes = options.get("lora", ())
    found = wishes if isinstance(wishes, tuple) else ()
    return tuple(wish for wish in found if isinstance(wish, LoraWish))
