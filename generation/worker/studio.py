"""Paints pictures: recipes in, pixels out, one at a time."""

from __future__ import annotations

import gc
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import diffusers.utils.logging
import torch
import transformers.utils.logging

from generation.engine import Preparing
from generation.errors import OutOfMemory, UnknownName
from generation.loras import LoraCatalogue, LoraInfo
from generation.nearest import nearest
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.autoencoder import Pixels
from generation.worker.environment import describe
from generation.worker.loading import load_model
from generation.worker.machine import Machine, fix_machine
from generation.worker.painter import Stopped, Watcher
from generation.worker.painting import Brush
from generation.worker.residence import empty_cache
from generation.worker.setup import Easel
from generation.worker.weights import Hashes

__all__ = ["Painting", "Stopped", "Studio", "Watcher"]

KEPT_MODELS: Final = 2
"""Models that stay in memory; the one used longest ago leaves first."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Painting:
    """A picture: ``pixels`` is uint8 of height × width × 3, RGB.

    ``environment`` is what else decided them; ``warnings`` are keys of the texts module.
    """

    pixels: Pixels
    environment: Mapping[str, Any]
    warnings: tuple[str, ...] = ()


class Studio:
    """Holds the models of one machine. Nothing is loaded before it is needed."""

    def __init__(self, settings: GenerationSettings) -> None:
        _be_quiet()
        self._settings = settings
        self._machine: Machine = fix_machine(settings)
        self._loras = LoraCatalogue((settings.loras, *settings.extra_lora_folders))
        self._hashes = Hashes()
        self._easels: OrderedDict[str, Easel] = OrderedDict()

    @property
    def device(self) -> str:
        """The device as torch names it."""
        return self._machine.device.type

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are in memory, the one used last at the end."""
        return tuple(self._easels)

    def ready_models(self) -> tuple[str, ...]:
        """Return ``models``."""
        return self.models

    def load(self, name: str, report: Callable[[Preparing], None] = lambda event: None) -> None:
        """Bring a model into memory, if it is not there.

        Raises ``UnknownName``, ``ModelMissing``, ``BadWeights``, ``OutOfMemory``.
        """
        self._easel(name, report)

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Painting:
        """Paint one picture by a recipe, whose seed is its own.

        ``inputs`` says where the input pictures lie, by SHA-256. Raises ``UserError`` for what a
        person can mend, and whatever ``watch`` raises, after which the next picture is right.
        """
        easel = self._easel(recipe.model, watch.preparing)
        loras = [(self._lora(use.name), use.scale) for use in recipe.loras]
        with self._cleaned_up(recipe, easel), torch.no_grad():
            brush = Brush(easel, recipe, inputs, watch)
            pixels = brush.paint(loras)
        return Painting(pixels, self._environment(easel, loras), brush.warnings)

    def easel(self, name: str) -> Easel:
        """Return what a model paints with, loaded first if it is not."""
        return self._easel(name, lambda event: None)

    def _easel(self, name: str, report: Callable[[Preparing], None]) -> Easel:
        if name not in self._easels:
            model = self._settings.model(name)
            if model is None:
                known = [model.name for model in self._settings.models]
                raise UnknownName("model", name, nearest(name, known))
            self._make_room()
            with _out_of_memory_at(self._machine, *model.size):
                loaded = load_model(model, self._machine, report, self._settings.cache)
                self._easels[name] = Easel(loaded, self._machine, self._settings.memory)
            for files in loaded.files.values():
                self._hashes.begin(files)
        self._easels.move_to_end(name)
        return self._easels[name]

    def _make_room(self) -> None:
        """Drop models until one more may come: all of them where they fill the device."""
        kept = KEPT_MODELS if self._machine.device.type == "cpu" else 1
        while len(self._easels) >= kept:
            name, _ = self._easels.popitem(last=False)
            log.info("dropped the model %s", name)
            self._clear()

    def _lora(self, name: str) -> LoraInfo:
        try:
            return self._loras.find(name)
        except UnknownName:
            self._loras.refresh()
            return self._loras.find(name)

    def _environment(self, easel: Easel, loras: list[tuple[LoraInfo, float]]) -> dict[str, Any]:
        hashes = {part: self._hashes.of(files) for part, files in easel.loaded.files.items()}
        hashes |= {f"lora {info.name}": self._hashes.of([info.path]) for info, _ in loras}
        return describe(self._machine, easel.residence.plan, easel.vae_dtype, hashes)

    @contextmanager
    def _cleaned_up(self, recipe: Recipe, easel: Easel) -> Iterator[None]:
        try:
            with _out_of_memory_at(self._machine, recipe.width, recipe.height):
                yield
        except BaseException:
            easel.residence.leave_all()
            self._clear()
            raise

    def _clear(self) -> None:
        gc.collect()
        empty_cache(self._machine.device)


@contextmanager
def _out_of_memory_at(machine: Machine, width: int, height: int) -> Iterator[None]:
    """Turn every way in which torch says that memory is out into the one for people."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError):
        pass
    except RuntimeError as error:
        if not any(words in str(error) for words in ("out of memory", "can't allocate memory")):
            raise
    else:
        return
    # Raised out here, where the error before no longer holds on to every tensor of the picture.
    raise OutOfMemory(machine.device.type, width, height)


def _be_quiet() -> None:
    """Keep the libraries' bars and reports off the streams; what goes wrong is raised."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
