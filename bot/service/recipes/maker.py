"""From checked options to a recipe: a new one, or one that exists with some things changed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from bot.config import Config
from bot.errors import EnlargementStays, PictureTooLarge
from bot.reading import Options
from bot.service.recipes.prompts import Prompts
from bot.service.recipes.refiners import changed_refiner, refiner_of
from bot.service.recipes.starting_from import (
    STARTING,
    Frame,
    InputHashes,
    Start,
    Starting,
    without_edges,
)
from bot.service.recipes.usual import Usual, usual_settings
from bot.values import OFF, RANDOM, LoraWish, seed_of
from generation.errors import UnknownName
from generation.loras import LoraCatalogue
from generation.models import Model
from generation.nearest import nearest
from generation.recipe import LoraUse, Recipe, StyleUse
from generation.sizes import size_for
from storage.records import Sheet


@dataclass(frozen=True, slots=True)
class Wish:
    """A recipe as wished for, and how many pictures of it; see ``NewJob`` for the rest."""

    recipe: Recipe
    count: int
    plan: tuple[Recipe, ...] = ()
    sheet: Sheet | None = None

    @property
    def recipes(self) -> tuple[Recipe, ...]:
        """The recipes of all its pictures, in order."""
        return self.plan or tuple(self.recipe.for_picture(i + 1) for i in range(self.count))


class RecipeMaker:
    """Makes recipes within the owner's limits; knows the models and the LoRAs."""

    def __init__(self, config: Config, loras: LoraCatalogue) -> None:
        self._config = config
        self._loras = loras
        self._prompts = Prompts(config.limits.prompt_chars)
        self._models = {model.name: model for model in config.models()}

    def new(self, options: Options, inputs: InputHashes) -> Wish:
        """Make a recipe of what was asked for, the rest from the model's and owner's defaults."""
        model = self.model(options.text("model") or self._config.settings.generation.model)
        prompt, tagged = self._prompts.prompt(options.text("prompt"))
        start = Starting(options, inputs, self._frame(options, model)).start()
        width, height = self._allowed(start.size)
        loras = self._lora_uses(options, tagged, model)
        usual = self._usual(options, model, loras)
        recipe = Recipe(
            prompt=prompt,
            negative=self._prompts.negative(options.text("negative")),
            seed=seed_of(options.values.get("seed", RANDOM)),
            width=width,
            height=height,
            steps=self._steps(options, usual.steps),
            guidance=_number(options, "guidance", usual.guidance),
            guidance_end=_number(options, "guidance_end", usual.guidance_end),
            sampler=usual.sampler,
            model=model.name,
            refiner=refiner_of(options, model, usual.switch, start.image),
            loras=loras,
            image=start.image,
            style=_style(options),
        )
        self._prompts.check_painted(recipe)
        return Wish(recipe, options.integer("count", 1))

    def change(self, recipe: Recipe, count: int, options: Options, inputs: InputHashes) -> Wish:
        """Make a recipe that differs from an earlier one in the options given, and in no more.

        Without any option that decides pixels, the seed is a new one. Raises ``EnlargementStays``.
        """
        if not recipe.needs_model:
            raise EnlargementStays("pixels")
        model = self.model(options.text("model") or recipe.model)
        changes: dict[str, Any] = {"model": model.name}
        changes |= self._changed_words(recipe, options, model)
        changes |= self._changed_settings(options, recipe)
        changes |= self._changed_start(recipe, options, inputs, model)
        if "refiner" in options or "refiner_mode" in options:
            usual = self._usual(options, model, recipe.loras)
            changes["refiner"] = changed_refiner(options, model, usual.switch, recipe)
        elif not model.refiner or (recipe.image is None and changes.get("image")):
            # As with a new picture that starts from another.
            changes["refiner"] = None
        if "seed" in options:
            changes["seed"] = seed_of(options.values["seed"])
        elif not any(name in options for name in _DECIDING):
            changes |= _reseeded(recipe)
        changed = recipe.changed(**changes)
        if changed.words != recipe.words:
            self._prompts.check_painted(changed)
        return Wish(changed, options.integer("count", count))

    def _changed_words(self, recipe: Recipe, options: Options, model: Model) -> dict[str, Any]:
        """Return the changes of the prompts, and of the LoRAs, which prompts can name too."""
        changes: dict[str, Any] = {}
        tagged: tuple[LoraUse, ...] = ()
        if "prompt" in options:
            changes["prompt"], tagged = self._prompts.prompt(options.text("prompt"))
        if "negative" in options:
            changes["negative"] = self._prompts.negative(options.text("negative"))
        if "style" in options:
            changes["style"] = _style(options)
        if "lora" in options or tagged:
            changes["loras"] = self._lora_uses(options, tagged, model)
        else:
            self._check_loras(recipe.loras, model)
        return changes

    def _changed_settings(self, options: Options, recipe: Recipe) -> dict[str, Any]:
        steps = self._steps(options, 0) if "steps" in options else recipe.steps
        return {
            "steps": steps,
            "guidance": _number(options, "guidance", recipe.guidance),
            "guidance_end": _number(options, "guidance_end", recipe.guidance_end),
            "sampler": options.text("sampler") or recipe.sampler,
        }

    def _changed_start(
        self, recipe: Recipe, options: Options, inputs: InputHashes, model: Model
    ) -> dict[str, Any]:
        if not inputs.image and not any(name in options for name in STARTING):
            return {}
        frame = self._frame(options, model, recipe)
        start = Starting(options, inputs, frame, recipe.image).start()
        if recipe.upscale is not None:
            _refuse_other_start(recipe, start)
        changes: dict[str, Any] = {"image": start.image}
        if start.size != (recipe.width, recipe.height):
            changes["width"], changes["height"] = self._allowed(start.size)
        return changes

    @property
    def default_model(self) -> str:
        """The model that paints where none is named."""
        return self._config.settings.generation.model

    def model(self, name: str) -> Model:
        """Return a model by name, whatever its case. Raises ``UnknownName``."""
        for model in self._models.values():
            if model.name.casefold() == name.casefold():
                return model
        raise UnknownName("model", name[:60], nearest(name, self._models))

    def defaults(self, model: Model) -> dict[str, str]:
        """Return the default settings of a model, as people would type them."""
        width, height = self._default_size(model)
        usual = usual_settings(self._config, model)
        refiner = refiner_of(Options(), model, usual.switch, None)
        return {
            "size": f"{width}x{height}",
            "steps": str(usual.steps),
            "guidance": f"{usual.guidance:g}",
            **({"guidance-end": f"{usual.guidance_end:g}"} if usual.guidance_end != 1 else {}),
            "sampler": usual.sampler,
            "refiner": f"{refiner.switch:g}" if refiner else OFF,
        }

    def try_defaults(self, options: Options) -> None:
        """Make a recipe of defaults alone: impossible ones are refused when they are set."""
        kept = {name: value for name, value in options.values.items() if name != "count"}
        self.new(Options({**kept, "prompt": "a", "seed": 0}), InputHashes())

    def check_length(self, field: str, text: str) -> None:
        """Raise ``PromptTooLong`` for more characters than the owner allows."""
        self._prompts.check_length(field, text)

    def _frame(self, options: Options, model: Model, recipe: Recipe | None = None) -> Frame:
        """Return what decides the size of a picture, as far as its input picture does not."""
        size, asked = options.values.get("size"), None
        if isinstance(size, tuple):
            asked = int(str(size[0])), int(str(size[1]))
        elif "aspect" in options:
            asked = size_for(options.text("aspect"), model)
        if recipe is None:
            otherwise = self._default_size(model)
        else:
            otherwise = without_edges((recipe.width, recipe.height), recipe.image)
        most = self._config.limits.megapixels * 1e6
        return Frame(model, otherwise, asked, follows=recipe is None, pixels_most=most)

    def _default_size(self, model: Model) -> tuple[int, int]:
        owner = self._config.settings.generation.size
        return model.size if owner == "auto" else owner

    def _allowed(self, size: tuple[int, int]) -> tuple[int, int]:
        most = self._config.limits.megapixels
        if size[0] * size[1] > most * 1e6:
            raise PictureTooLarge(*size, most)
        return size

    def _steps(self, options: Options, otherwise: int) -> int:
        return min(options.integer("steps", otherwise), self._config.limits.steps)

    def _usual(self, options: Options, model: Model, loras: tuple[LoraUse, ...]) -> Usual:
        """Return what is usual with the sampler and the LoRAs that were asked for."""
        usual = usual_settings(self._config, model, (self._loras.find(use.name) for use in loras))
        sampler = options.text("sampler")
        return usual.with_sampler(sampler) if sampler else usual

    def _lora_uses(
        self, options: Options, tagged: tuple[LoraUse, ...], model: Model
    ) -> tuple[LoraUse, ...]:
        wishes = options.values.get("lora", ())
        uses = {lora.name: lora for lora in tagged}
        for wish in wishes if isinstance(wishes, tuple) else ():
            if isinstance(wish, LoraWish):
                info = self._loras.find(wish.name)
                uses[wish.name] = LoraUse(
                    info.name, info.scale if wish.scale is None else wish.scale
                )
        self._check_loras(tuple(uses.values()), model)
        return tuple(uses.values())

    def _check_loras(self, loras: tuple[LoraUse, ...], model: Model) -> None:
        for lora in loras:
            self._loras.check(lora.name, model)


_DECIDING = (
    "prompt",
    "negative",
    "steps",
    "guidance",
    "guidance_end",
    "sampler",
    "lora",
    "refiner",
    "refiner_mode",
    "model",
    "style",
    *STARTING,
    "count",
)
"""The options of a reroll that keep the seed: whoever changes one thing wants all else to stay."""


def _number(options: Options, name: str, otherwise: float) -> float:
    value = options.values.get(name, otherwise)
    return float(value) if isinstance(value, int | float) else otherwise


def _reseeded(recipe: Recipe) -> dict[str, Any]:
    """Return a new seed: of a variation the one that it goes towards, by which it is counted."""
    if not recipe.variations:
        return {"seed": seed_of(RANDOM)}
    *steps, last = recipe.variations
    return {"variations": (*steps, replace(last, seed=seed_of(RANDOM)))}


def _refuse_other_start(recipe: Recipe, start: Start) -> None:
    """Raise ``EnlargementStays`` for all but another strength."""
    before, now = recipe.image, start.image
    is_same = before and now and replace(now, strength=before.strength) == before
    if not is_same or start.size != (recipe.width, recipe.height):
        raise EnlargementStays("start")


def _style(options: Options) -> StyleUse | None:
    style = options.values.get("style")
    return style if isinstance(style, StyleUse) else None
