"""Paints pictures: recipes in, pixels out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import diffusers.utils.logging
import torch
import transformers.utils.logging

from generation.engine import Preparing
from generation.errors import OutOfMemory, UnknownName
from generation.hashes import Hashes, Stamp, stamp
from generation.loras import LoraCatalogue, LoraInfo
from generation.model_files import lora_part
from generation.recipe import Recipe
from generation.settings import GenerationSettings
from generation.worker.autoencoder import Pixels
from generation.worker.compiling import Compiler
from generation.worker.enlarging import Enlarging
from generation.worker.environment import describe_machine, with_files
from generation.worker.exhaustion import free_memory, out_of_memory_at
from generation.worker.keeping import extra_bytes
from generation.worker.loading import Loader, load_model
from generation.worker.machine import Machine, fix_machine
from generation.worker.onlookers import Onlookers
from generation.worker.painter import Stopped, Watcher
from generation.worker.painting import Brush
from generation.worker.passes import places_in_one_pass
from generation.worker.redrawing import Redrawing
from generation.worker.setup import Easel
from generation.worker.shelf import Shelf
from generation.worker.watermark import METHOD, mark

__all__ = ["Painting", "Stopped", "Studio", "Watcher"]


@dataclass(frozen=True, slots=True)
class Painting:
    """A picture: ``pixels`` is uint8 of height × width × 3, RGB.

    ``describe`` tells what else decided them, and may have to wait for hashes of weights;
    ``warnings`` are keys of the texts module.
    """

    pixels: Pixels
    describe: Callable[[], Mapping[str, Any]]
    warnings: tuple[str, ...] = ()

    @property
    def environment(self) -> Mapping[str, Any]:
        """What else decided the pixels."""
        return self.describe()


class Studio:
    """Holds the models of one machine. Nothing is loaded before it is needed."""

    def __init__(
        self,
        settings: GenerationSettings,
        load: Loader = load_model,
        compiler: Compiler | None = None,
    ) -> None:
        """``load`` brings a model into memory; the bench has weights that come from no file.

        ``compiler`` is there for tests, which have no minutes to wait for the usual one.
        """
        _be_quiet()
        self._settings = settings
        self._machine: Machine = fix_machine(settings)
        watermark = METHOD if settings.watermark else "off"
        self._described = {**describe_machine(self._machine), "watermark": watermark}
        self._loras = LoraCatalogue((settings.loras, *settings.extra_lora_folders))
        self._hashes = Hashes(settings.hashes)
        self._enlarging = Enlarging(settings.upscalers, self._machine.device, self._hashes)
        if compiler is None and self._machine.execution.compile:
            compiler = Compiler()
        self._shelf = Shelf(settings, self._machine, self._hashes, load, compiler)

    @property
    def device(self) -> str:
        """The device as torch names it."""
        return self._machine.device.type

    @property
    def models(self) -> tuple[str, ...]:
        """The models that are in memory, the one used last at the end."""
        return tuple(self._shelf.easels)

    def ready_models(self) -> tuple[str, ...]:
        """Return ``models``."""
        return self.models

    @property
    def sizes(self) -> Mapping[str, int]:
        """The bytes of each model in memory, with the LoRAs that are in it."""
        return {name: easel.size for name, easel in self._shelf.easels.items()}

    @property
    def machine(self) -> dict[str, Any]:
        """What decides the pixels of every model here."""
        return self._described

    @property
    def plans(self) -> Mapping[str, Mapping[str, Any]]:
        """How each model in memory is carried out, which decides its pixels too."""
        return {name: easel.description for name, easel in self._shelf.easels.items()}

    def load(self, name: str, report: Callable[[Preparing], None] = lambda event: None) -> None:
        """Bring a model into memory, if it is not there, and make it ready to paint.

        Raises ``UnknownName``, ``ModelMissing``, ``BadWeights``, ``OutOfMemory``,
        ``CompileFailed``.
        """
        self._shelf.take(name, report).warm_up(report)

    def prepare(self, report: Callable[[Preparing], None]) -> bool:
        """Compile one thing more for models that are where they run; false where all is done."""
        easels = self._shelf.easels.values()
        return any(easel.prepare(report) for easel in easels if not easel.is_away)

    def paint(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Painting:
        """Paint one picture by a recipe, whose seed is its own.

        ``inputs`` says where the input pictures lie, by SHA-256. Raises ``UserError`` for what a
        person can mend, and whatever ``watch`` raises, after which the next picture is right.
        """
        if not recipe.needs_model:
            return self._enlarged(recipe, inputs, watch)
        if recipe.upscale is not None:
            return self._redrawn(recipe, inputs, watch)
        [painting] = self._painted([recipe], inputs, Onlookers([watch]))
        if painting is None:
            raise Stopped
        return painting

    def fitting(
        self, recipes: Sequence[Recipe], report: Callable[[Preparing], None]
    ) -> tuple[int, ...]:
        """Return the places of the recipes that can be painted in one pass with the first, and 0.

        They are all of one kind, see ``generation.batching``. Raises what ``paint`` raises of the
        model and the LoRAs.
        """
        first = recipes[0]
        easel, loras, _ = self._set_up(first, report)
        report(Preparing("encoding"))
        with self._cleaned_up(first, easel), torch.no_grad():
            return places_in_one_pass(easel, recipes, loras)

    def paint_together(
        self, recipes: Sequence[Recipe], watches: Sequence[Watcher]
    ) -> list[Painting | None]:
        """Paint pictures in one pass, whose recipes are ``fitting``; one watcher for each.

        There is none for a recipe whose watcher has stopped it. Raises as ``paint`` does, and then
        of all of them: which of the pictures is to blame is not known.
        """
        return self._painted(recipes, {}, Onlookers(watches))

    def _painted(
        self, recipes: Sequence[Recipe], inputs: Mapping[str, Path], watch: Onlookers
    ) -> list[Painting | None]:
        first = recipes[0]
        easel, loras, files = self._set_up(first, watch.preparing)
        with self._cleaned_up(first, easel), torch.no_grad():
            brush = Brush(easel, recipes, inputs, watch)
            pictures = brush.paint(loras)
        if self._settings.watermark:
            pictures = [
                pixels if pixels is None else mark(pixels, brush.kept) for pixels in pictures
            ]
        describe = self._description(easel, files, refines=brush.refines, batch=len(recipes))
        return [
            None if pixels is None else Painting(pixels, describe, warnings)
            for pixels, warnings in zip(pictures, brush.warnings, strict=True)
        ]

    def _redrawn(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Painting:
        """Redraw a picture at a larger size, which is done alone."""
        easel, loras, files = self._set_up(recipe, watch.preparing)
        with self._cleaned_up(recipe, easel), torch.no_grad():
            redrawing = Redrawing(easel, recipe, inputs, watch)
            pixels = redrawing.paint(loras)
        if self._settings.watermark:
            pixels = mark(pixels, redrawing.kept)
        describe = self._description(easel, files, refines=redrawing.refines)
        return Painting(pixels, describe, redrawing.warnings)

    def _set_up(
        self, recipe: Recipe, report: Callable[[Preparing], None]
    ) -> tuple[Easel, list[tuple[LoraInfo, float]], Mapping[str, Stamp]]:
        """Return what a recipe is painted with: its model, its LoRAs, and the files of these."""
        easel = self._shelf.take(recipe.model, report, self._extra_bytes(recipe))
        loras = [(self._lora(use.name), use.scale) for use in recipe.loras]
        files = _looked_at([info for info, _ in loras])
        for file in files.values():
            self._hashes.begin([file])
        return easel, loras, files

    def _enlarged(self, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher) -> Painting:
        """Enlarge a picture without a model that paints: none is loaded for it."""
        with self._cleaned_up(recipe):
            pixels = self._enlarging.paint(recipe, inputs, watch)
        if self._settings.watermark:
            pixels = mark(pixels)
        return Painting(pixels, cache(self._enlarging.description(recipe, self.machine)))

    def easel(self, name: str) -> Easel:
        """Return what a model paints with, loaded first if it is not."""
        return self._shelf.take(name, lambda event: None)

    def _lora(self, name: str) -> LoraInfo:
        with suppress(UnknownName):
            return self._loras.find(name)
        self._loras.refresh()
        return self._loras.find(name)

    def _description(
        self, easel: Easel, loras: Mapping[str, Stamp], *, refines: bool, batch: int = 1
    ) -> Callable[[], Mapping[str, Any]]:
        """Return what tells all that decided a picture; it holds on to no model.

        How many pictures went through the networks together changes the last bits of each.
        """
        files = {
            role: part for role, part in easel.loaded.files.items() if role != "refiner" or refines
        }
        described = self.machine | easel.description
        if self._machine.execution.batching == "throughput":
            described["batch"] = batch
        hashes = self._hashes

        @cache
        def describe() -> Mapping[str, Any]:
            weights = {str(role): hashes.of(part.weights) for role, part in files.items()}
            weights |= {lora_part(name): hashes.of([file]) for name, file in loras.items()}
            configs = {str(role): hashes.of(part.configs) for role, part in files.items()}
            return with_files(described, weights, configs)

        return describe

    @contextmanager
    def _cleaned_up(self, recipe: Recipe, *easels: Easel) -> Iterator[None]:
        try:
            with (
                out_of_memory_at(self._machine.device, recipe.width, recipe.height),
                ExitStack() as work,
            ):
                for easel in easels:
                    work.enter_context(easel.eager.at_work())
                yield
        except BaseException as error:
            for easel in easels:
                easel.residence.leave_all()
            if isinstance(error, OutOfMemory):
                self._shelf.drop_waiting()
            free_memory(self._machine.device)
            raise

    def _extra_bytes(self, recipe: Recipe) -> int:
        """Return what a recipe takes above a plain picture, with all that may go through with it.

        What is enlarged goes through in tiles, each of which is a plain picture.
        """
        if recipe.upscale is not None:
            return 0
        return extra_bytes(recipe.width * recipe.height, self._machine.execution.batch)


def _looked_at(loras: Sequence[LoraInfo]) -> Mapping[str, Stamp]:
    """Look at the files of LoRAs; what one lacks that is gone is said when it is put in."""
    found = {}
    for info in loras:
        with suppress(OSError):
            found[info.name] = stamp(info.path)
    return found


def _be_quiet() -> None:
    """Keep the libraries' bars and reports off the streams; what goes wrong is raised."""
    diffusers.utils.logging.set_verbosity_error()
    diffusers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
