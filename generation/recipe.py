"""The recipe: everything that decides the pixels of one picture, and nothing else.

A recipe is checked once, when it is made, and never changes. Its canonical JSON (sorted keys, no
spaces, UTF-8) is what is stored, hashed and written into PNG files.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from typing import Any, Final, Literal

from generation.bounds import (
    BOUNDS,
    HUGE,
    SEED_MAX,
    SIZE_STEP,
    Bounds,
    check_name,
    check_text,
    check_whole,
    plain_float,
    within,
)
from generation.errors import BadPrompt, BadRecipe, BadValue, UnknownName
from generation.nearest import nearest
from generation.samplers import DEFAULT_SAMPLER, SAMPLERS

__all__ = [
    "BOUNDS",
    "LORAS_MAX",
    "REFINER_MODES",
    "SCHEMA",
    "SEED_MAX",
    "SIZE_STEP",
    "Bounds",
    "InputImage",
    "LoraUse",
    "Recipe",
    "Refiner",
    "RefinerMode",
    "check_text",
    "read_recipe",
    "recipe_from",
]

SCHEMA: Final = 1
"""Version of the canonical JSON. A change of it comes with a reader for the form before."""

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")

LORAS_MAX: Final = 4
RefinerMode = Literal["split", "img2img"]
REFINER_MODES: Final[tuple[RefinerMode, ...]] = ("split", "img2img")


@dataclass(frozen=True, slots=True)
class LoraUse:
    """One LoRA and how strongly it acts; 1 is as trained, below 0 turns it round."""

    name: str
    scale: float = 1.0

    def __post_init__(self) -> None:
        check_name("lora", self.name, "name or name:scale")
        within("lora scale", self.scale)
        object.__setattr__(self, "scale", plain_float(self.scale))


@dataclass(frozen=True, slots=True)
class Refiner:
    """How the refiner takes part.

    ``switch`` is the share of the noise schedule that the base handles (SDXL report, arXiv
    2307.01952, section 2.5). In mode ``split`` the latents go over at that point; in mode
    ``img2img`` the base finishes and the refiner repaints with strength ``1 - switch`` (SDEdit,
    arXiv 2108.01073).
    """

    switch: float = 0.8
    mode: RefinerMode = "split"

    def __post_init__(self) -> None:
        within("refiner", self.switch)
        if self.mode not in REFINER_MODES:
            raise BadValue("refiner-mode", str(self.mode)[:100], ", ".join(REFINER_MODES))
        object.__setattr__(self, "switch", plain_float(self.switch))

    @property
    def strength(self) -> float:
        """The img2img strength that leaves the refiner the same share as the split would."""
        return round(1 - self.switch, 6)


STRENGTH: Final = 0.6
"""How much of an input picture is changed where nothing is said."""


@dataclass(frozen=True, slots=True)
class InputImage:
    """The picture that a recipe starts from, by the SHA-256 of its stored bytes.

    ``mask`` is the hash of a greyscale picture, white where the new picture is to be painted.
    """

    sha256: str
    strength: float = STRENGTH
    mask: str | None = None

    def __post_init__(self) -> None:
        for digest in self.hashes:
            if not _DIGEST.fullmatch(digest):
                raise BadValue("image", digest[:100], "64 digits, 0-9 and a-f")
        within("strength", self.strength)
        object.__setattr__(self, "strength", plain_float(self.strength))

    @property
    def hashes(self) -> tuple[str, ...]:
        """The hash of the picture, and that of the mask if there is one."""
        return (self.sha256,) if self.mask is None else (self.sha256, self.mask)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the pixels of one picture. Sizes are in pixels."""

    prompt: str
    seed: int
    width: int
    height: int
    steps: int
    guidance: float
    model: str
    negative: str = ""
    sampler: str = DEFAULT_SAMPLER
    refiner: Refiner | None = None
    loras: tuple[LoraUse, ...] = field(default=())
    image: InputImage | None = None

    def __post_init__(self) -> None:
        check_text("prompt", self.prompt)
        check_text("negative", self.negative)
        if not self.prompt.strip():
            raise BadPrompt(reason="empty", text="", position=0)
        check_name("model", self.model, "a model's name")
        for name in ("seed", "width", "height", "steps"):
            check_whole(name, getattr(self, name))
        within("guidance", self.guidance)
        object.__setattr__(self, "guidance", plain_float(self.guidance))
        for name in ("width", "height"):
            if getattr(self, name) % SIZE_STEP:
                raise BadValue(name, str(getattr(self, name)), f"a multiple of {SIZE_STEP}")
        if self.sampler not in SAMPLERS:
            raise UnknownName("sampler", self.sampler[:100], nearest(self.sampler, SAMPLERS))
        self._check_loras()

    def _check_loras(self) -> None:
        object.__setattr__(self, "loras", tuple(self.loras))
        if len(self.loras) > LORAS_MAX:
            raise BadValue("lora", f"{len(self.loras)} LoRAs", f"up to {LORAS_MAX}")
        names = [lora.name for lora in self.loras]
        for name in names:
            if names.count(name) > 1:
                raise BadValue("lora", name, "each LoRA once")

    def for_picture(self, index: int) -> Recipe:
        """Return the recipe of picture ``index`` (from 1) of a job: its seed is counted up."""
        return replace(self, seed=(self.seed + index - 1) % (SEED_MAX + 1))

    def changed(self, **values: Any) -> Recipe:
        """Return a recipe with some fields replaced, checked again."""
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as the canonical JSON has it."""
        refiner = self.refiner
        image = self.image
        return {
            "schema": SCHEMA,
            "prompt": self.prompt,
            "negative": self.negative,
            "seed": self.seed,
            "width": self.width,
            "height": self.height,
            "steps": self.steps,
            "guidance": self.guidance,
            "sampler": self.sampler,
            "model": self.model,
            "refiner": refiner and {"mode": refiner.mode, "switch": refiner.switch},
            "loras": [{"name": lora.name, "scale": lora.scale} for lora in self.loras],
            "image": image
            and {"sha256": image.sha256, "strength": image.strength, "mask": image.mask},
        }

    def to_json(self) -> str:
        """Return the canonical JSON."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def hash(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


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
    return _from_schema_1(data)


_FIELDS: Final = {
    "schema", "prompt", "negative", "seed", "width", "height", "steps", "guidance",
    "sampler", "model", "refiner", "loras", "image",
}  # fmt: skip


def _from_schema_1(data: dict[str, Any]) -> Recipe:
    try:
        _only(data, _FIELDS)
        refiner, image = data["refiner"], data["image"]
        return Recipe(
            prompt=_typed(data, "prompt", str),
            negative=_typed(data, "negative", str),
            seed=_typed(data, "seed", int),
            width=_typed(data, "width", int),
            height=_typed(data, "height", int),
            steps=_typed(data, "steps", int),
            guidance=_number(data, "guidance"),
            sampler=_typed(data, "sampler", str),
            model=_typed(data, "model", str),
            refiner=None if refiner is None else _refiner(refiner),
            loras=tuple(_lora(lora) for lora in _typed(data, "loras", list)),
            image=None if image is None else _image(image),
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
    _only(data, {"sha256", "strength", "mask"})
    mask = None if data["mask"] is None else _typed(data, "mask", str)
    return InputImage(_typed(data, "sha256", str), _number(data, "strength"), mask)


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
