"""What would decide the pixels of a picture made now, told without loading anything.

The form is that of ``PictureReady.environment``; what cannot be said at once is left out.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from generation.engine import EngineStatus
from generation.errors import UnknownName
from generation.hashes import Hashes, Stamp, stamp
from generation.hub.cache import place
from generation.hub.files import parts
from generation.libraries import PAINTING, library_versions
from generation.loras import LoraCatalogue
from generation.model_files import PartFiles, look_at, lora_part
from generation.models import Model
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.upscalers import LIBRARY, Upscalers, library_version, upscaler_part

GONE: Final = ""
"""In the place of a hash: the file is not here any more."""
PATIENCE: Final = 1.0
"""Seconds that a look may wait for hashes; those that take longer are known at a later one."""

Named = tuple[str, str, tuple[Stamp, ...] | None]
"""A group of an environment, a part in it, and its files; none where they are gone."""


class Surroundings:
    """Looks at versions, weights and LoRAs as they are now."""

    def __init__(self, settings: GenerationSettings, loras: LoraCatalogue) -> None:
        self._settings = settings
        self._loras = loras
        self._upscalers = Upscalers(settings.upscalers)
        self._hashes = Hashes(settings.hashes)

    def now(
        self, recipe: Recipe, status: EngineStatus, patience: float = PATIENCE
    ) -> dict[str, Any]:
        """Return what would decide the pixels of a recipe, as far as it can be said soon.

        Of the machine it is what a worker has told. Blocks for as long as the disk takes, and then
        for ``patience`` seconds at most.
        """
        found: dict[str, Any] = {"versions": dict(library_versions()), "painting": PAINTING}
        found |= {**status.machine, **status.plans.get(recipe.model, {})}
        if recipe.upscale is not None and recipe.upscale.upscaler:
            found["versions"] = {**found["versions"], LIBRARY: library_version() or GONE}
        until = time.monotonic() + patience
        for group, part, files in self._files(recipe):
            digest = GONE if files is None else self._hash(files, until)
            if digest is not None:
                found.setdefault(group, {})[part] = digest
        return found

    def _hash(self, files: Sequence[Stamp], until: float) -> str | None:
        return self._hashes.within(files, max(0.0, until - time.monotonic())) if files else None

    def _files(self, recipe: Recipe) -> Iterator[Named]:
        model = self._settings.model(recipe.model)
        if not recipe.needs_model:
            pass
        elif model is None:
            yield "weights", "base", None
        else:
            for role, files in self._of_model(recipe, model):
                yield "weights", role, (files.weights or None) if files else None
                yield "configs", role, files.configs if files else ()
        if recipe.upscale is not None and recipe.upscale.upscaler:
            name = recipe.upscale.upscaler
            yield "weights", upscaler_part(name), self._of_upscaler(name)
        for use in recipe.loras:
            yield "weights", lora_part(use.name), self._of_lora(use.name)

    def _of_model(self, recipe: Recipe, model: Model) -> Iterator[tuple[str, PartFiles | None]]:
        for part in parts(model):
            if part.role == "refiner" and recipe.refiner is None:
                continue
            path = place(part, model, self._settings.cache)
            files = None
            if path is not None:
                with contextlib.suppress(OSError):
                    files = look_at(path, part.role, model)
            yield part.role, files

    def _of_upscaler(self, name: str) -> tuple[Stamp, ...] | None:
        try:
            return (stamp(self._upscalers.find(name).path),)
        except (UnknownName, OSError):
            return None

    def _of_lora(self, name: str) -> tuple[Stamp, ...] | None:
        try:
            path: Path = self._loras.find(name).path
            return (stamp(path),)
        except (UnknownName, OSError):
            return None
