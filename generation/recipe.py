"""The recipe: everything that decides the pixels of one picture, and nothing else.

A recipe is checked once, when it is made, and never changes. Its canonical JSON (sorted keys, no
spaces, UTF-8) is what is stored, hashed and written into PNG files.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from generation.bounds import (
    BOUNDS,
    SEED_MAX,
    SIZE_STEP,
    Bounds,
    check_name,
    check_text,
    check_whole,
    plain_float,
    within,
)
from generation.errors import BadPrompt, BadValue, UnknownName
from generation.nearest import nearest
from generation.recipe_parts import (
    LORAS_MAX,
    REFINER_MODES,
    VARIATIONS_MAX,
    InputImage,
    LoraUse,
    Refiner,
    RefinerMode,
    StyleUse,
    Upscale,
    Variation,
)
from generation.samplers import DEFAULT_SAMPLER, SAMPLERS, STEPS_MOST

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
    "StyleUse",
    "Upscale",
    "Variation",
    "check_text",
]

SCHEMA: Final = 3
"""Version of the canonical JSON. A change of it comes with a reader for the form before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides the pixels of one picture. Sizes are in pixels.

    ``guidance_end`` is the share of the steps, from the first, that are taken with guidance: the
    rest go through the UNet once and not twice (arXiv 2404.07724: late guidance changes little).
    """

    prompt: str
    seed: int
    width: int
    height: int
    steps: int
    guidance: float
    model: str
    negative: str = ""
    guidance_end: float = 1.0
    sampler: str = DEFAULT_SAMPLER
    refiner: Refiner | None = None
    loras: tuple[LoraUse, ...] = field(default=())
    image: InputImage | None = None
    variations: tuple[Variation, ...] = field(default=())
    upscale: Upscale | None = None
    style: StyleUse | None = None

    def __post_init__(self) -> None:
        check_text("prompt", self.prompt)
        check_text("negative", self.negative)
        if not self.prompt.strip():
            raise BadPrompt(reason="empty", text="", position=0)
        check_name("model", self.model, "a model's name")
        for name in ("seed", "width", "height", "steps"):
            check_whole(name, getattr(self, name))
        for name in ("guidance", "guidance_end"):
            within(name.replace("_", "-"), getattr(self, name))
            object.__setattr__(self, name, plain_float(getattr(self, name)))
        for name in ("width", "height"):
            if getattr(self, name) % SIZE_STEP:
                raise BadValue(name, str(getattr(self, name)), f"a multiple of {SIZE_STEP}")
        if self.sampler not in SAMPLERS:
            raise UnknownName("sampler", self.sampler[:100], nearest(self.sampler, SAMPLERS))
        if self.steps > (most := STEPS_MOST.get(self.sampler, self.steps)):
            allowed = f"1 … {most} with the sampler {self.sampler}"
            raise BadValue("steps", str(self.steps), allowed)
        self._check_loras()
        self._check_variations()
        self._check_picture()

    def _check_loras(self) -> None:
        object.__setattr__(self, "loras", tuple(self.loras))
        if len(self.loras) > LORAS_MAX:
            raise BadValue("lora", f"{len(self.loras)} LoRAs", f"up to {LORAS_MAX}")
        names = [lora.name for lora in self.loras]
        for name in names:
            if names.count(name) > 1:
                raise BadValue("lora", name, "each LoRA once")

    def _check_variations(self) -> None:
        object.__setattr__(self, "variations", tuple(self.variations))
        if len(self.variations) > VARIATIONS_MAX:
            raise BadValue("variations", str(len(self.variations)), f"up to {VARIATIONS_MAX}")

    def _check_picture(self) -> None:
        """Check what has to fit together: the sizes of a picture and of what it starts from."""
        if self.upscale is not None:
            if self.image is None or self.image.is_partly_kept:
                raise BadValue("scale", str(self.upscale.scale), "a whole picture to enlarge")
            if self.width % self.upscale.scale or self.height % self.upscale.scale:
                size = f"{self.width}x{self.height}"
                raise BadValue("size", size, f"a multiple of {self.upscale.scale}")
        if self.image is not None and self.image.extend is not None:
            left, top, right, bottom = self.image.extend.edges
            within("width", self.width - left - right)
            within("height", self.height - top - bottom)

    @property
    def words(self) -> tuple[str, str]:
        """The prompt and the negative prompt as they are painted: in their style, if any."""
        if self.style is None:
            return self.prompt, self.negative
        return self.style.over(self.prompt), self.style.without(self.negative)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The hashes of the pictures that this one is made from."""
        return self.image.hashes if self.image else ()

    @property
    def is_guided(self) -> bool:
        """Whether any step is guided, which alone makes a negative prompt act."""
        return self.guidance > 1 and self.guidance_end > 0

    @property
    def needs_model(self) -> bool:
        """Whether its model takes part: not where a picture is only enlarged."""
        return self.upscale is None or self.upscale.method == "redraw"

    def for_picture(self, index: int) -> Recipe:
        """Return the recipe of picture ``index`` (from 1) of a job: its seed is counted up.

        Of variations of a picture it is the seed of the last that is counted up.
        """
        if not self.variations:
            return replace(self, seed=_counted(self.seed, index))
        *before, last = self.variations
        last = replace(last, seed=_counted(last.seed, index))
        return replace(self, variations=(*before, last))

    def changed(self, **values: Any) -> Recipe:
        """Return a recipe with some fields replaced, checked again."""
        return replace(self, **values)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, as the canonical JSON has it."""
        plain = asdict(self)
        lists = {name: list(plain[name]) for name in ("loras", "variations")}
        return {"schema": SCHEMA, **plain, **lists}

    def to_json(self) -> str:
        """Return the canonical JSON."""
        return json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    def hash(self) -> str:
        """Return the SHA-256 of the canonical JSON, in hexadecimal."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()


def _counted(seed: int, index: int) -> int:
    return (seed + index - 1) % (SEED_MAX + 1)
