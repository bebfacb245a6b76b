"""Reads recipes from JSON, of this schema and of every one before."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeVar

from generation.bounds import HUGE
from generation.errors import BadRecipe
from generation.recipe import SCHEMA, Recipe
from generation.recipe_parts import (
    Extend,
    InputImage,
    LoraUse,
    Refiner,
    Region,
    StyleUse,
    Upscale,
    Variation,
)

Part = TypeVar("Part")


def read_recipe(text: str) -> Recipe:
    """Read a recipe from JSON of this or an older schema.

    Raises ``BadRecipe`` for what is no recipe or comes from a newer Reroll, and the errors of
    ``Recipe`` for values out of range.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadRecipe("not json", str(error)[:200]) from None
    return recipe_from(data)


def recipe_from(data: object) -> Recipe:
    """Build a recipe from the plain data of ``Recipe.to_dict``, of this or an older schema."""
    if not isinstance(data, dict):
        raise BadRecipe("not a recipe")
    schema = data.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or not 1 <= schema < 10**9:
        raise BadRecipe("no schema")
    if schema > SCHEMA:
        raise BadRecipe("newer schema", f"{schema} > {SCHEMA}")
    for known in range(schema, SCHEMA):
        data = _BRINGING_UP[known](data)
    return _read(data)


_FIELDS: Final = {
    "schema", "prompt", "negative", "seed", "width", "height", "steps", "guidance", "guidance_end",
    "sampler", "model", "refiner", "loras", "image", "variations", "upscale", "style",
}  # fmt: skip
_SINCE_2: Final = {"variations", "upscale", "style"}
_SINCE_3: Final = {"guidance_end"}
_IMAGE: Final = {"sha256", "strength", "mask"}
_IMAGE_SINCE_2: Final[dict[str, Any]] = {"region": None, "extend": None, "feather": 0}


def _from_1(data: dict[str, Any]) -> dict[str, Any]:
    """Return data of schema 1 as schema 2 would have it."""
    _only(data, _FIELDS - _SINCE_2 - _SINCE_3)
    new = {**data, "variations": [], "upscale": None, "style": None}
    if isinstance(image := data.get("image"), dict):
        _only(image, _IMAGE)
        new["image"] = {**image, **_IMAGE_SINCE_2}
    return new


def _from_2(data: dict[str, Any]) -> dict[str, Any]:
    """Return data of schema 2 as schema 3 would have it."""
    _only(data, _FIELDS - _SINCE_3)
    return {**data, "guidance_end": 1.0}


_BRINGING_UP: Final = {1: _from_1, 2: _from_2}


def _read(data: dict[str, Any]) -> Recipe:
    try:
        _only(data, _FIELDS)
        return Recipe(
            prompt=_typed(data, "prompt", str),
            negative=_typed(data, "negative", str),
            seed=_typed(data, "seed", int),
            width=_typed(data, "width", int),
            height=_typed(data, "height", int),
            steps=_typed(data, "steps", int),
            guidance=_number(data, "guidance"),
            guidance_end=_number(data, "guidance_end"),
            sampler=_typed(data, "sampler", str),
            model=_typed(data, "model", str),
            refiner=_optional(data, "refiner", _refiner),
            loras=tuple(_lora(lora) for lora in _typed(data, "loras", list)),
            image=_optional(data, "image", _image),
            variations=tuple(_variation(each) for each in _typed(data, "variations", list)),
            upscale=_optional(data, "upscale", _upscale),
            style=_optional(data, "style", _style),
        )
    except KeyError as error:
        raise BadRecipe("missing field", str(error.args[0])[:200]) from None
    except TypeError as error:
        raise BadRecipe("wrong type", str(error)[:200]) from None


def _refiner(data: Any) -> Refiner:
    _only(data, {"switch", "mode"})
    return Refiner(_number(data, "switch"), _typed(data, "mode", str))


def _lora(data: Any) -> LoraUse:
    _only(data, {"name", "scale"})
    return LoraUse(_typed(data, "name", str), _number(data, "scale"))


def _image(data: Any) -> InputImage:
    _only(data, _IMAGE | _IMAGE_SINCE_2.keys())
    return InputImage(
        _typed(data, "sha256", str),
        _number(data, "strength"),
        mask=None if data["mask"] is None else _typed(data, "mask", str),
        region=_optional(data, "region", _region),
        extend=_optional(data, "extend", _extend),
        feather=_typed(data, "feather", int),
    )


_EDGES: Final = ("left", "top", "right", "bottom")


def _region(data: Any) -> Region:
    _only(data, set(_EDGES))
    return Region(*(_number(data, edge) for edge in _EDGES))


def _extend(data: Any) -> Extend:
    _only(data, set(_EDGES))
    return Extend(*(_typed(data, edge, int) for edge in _EDGES))


def _variation(data: Any) -> Variation:
    _only(data, {"seed", "amount"})
    return Variation(_typed(data, "seed", int), _number(data, "amount"))


def _upscale(data: Any) -> Upscale:
    _only(data, {"scale", "method", "upscaler"})
    method: Any = _typed(data, "method", str)
    return Upscale(_typed(data, "scale", int), method, _typed(data, "upscaler", str))


def _style(data: Any) -> StyleUse:
    _only(data, {"name", "prompt", "negative"})
    return StyleUse(*(_typed(data, name, str) for name in ("name", "prompt", "negative")))


def _optional(data: dict[str, Any], name: str, read: Callable[[Any], Part]) -> Part | None:
    return None if data[name] is None else read(data[name])


def _only(data: Any, known: AbstractSet[str]) -> None:
    if not isinstance(data, dict):
        raise TypeError("a part is no object")
    if unknown := sorted(map(str, set(data) - known)):
        raise BadRecipe("unknown fields", ", ".join(unknown)[:200])


def _typed(data: Any, name: str, kind: type) -> Any:
    value = data[name]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError(f"{name} is no {kind.__name__}")
    return value


def _number(data: Any, name: str) -> float:
    value = data[name]
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise TypeError(f"{name} is no number")
    return math.copysign(math.inf, 1 if value > 0 else -1) if abs(value) >= HUGE else float(value)
