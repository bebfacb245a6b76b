"""A picture redrawn at a larger size: painted over tile by tile, with one noise for all of it.

The latents of the whole picture are one plane, a few megabytes. In every step each tile goes
through the UNet, what the tiles predict is faded into one another, and the scheduler takes its step
over the plane (MultiDiffusion, arXiv 2302.08113, with fading shares in place of means). So tiles
agree where they overlap, any sampler does, and no network sees more than a picture of its own size.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional

from generation.engine import Preparing, Preview, Stage
from generation.errors import BadImage
from generation.loras import LoraInfo
from generation.recipe import Recipe
from generation.tiling import Span, Tiles
from generation.worker.autoencoder import Pixels
from generation.worker.canvas import read_canvas
from generation.worker.guidance import Guidance, unheard_of
from generation.worker.holes import GREY
from generation.worker.noise import draw, float32_noise, generator_for
from generation.worker.painter import Watcher
from generation.worker.prompts import Conditioning
from generation.worker.schedulers import build_scheduler
from generation.worker.setup import Easel
from generation.worker.tiles import Floats, assemble, drift, window

PREVIEW_SIDE: Final = 128
"""Latents along a side of a preview; the plane may have five hundred."""

_SCORES: Final = (6.0, 2.5)
"""The aesthetic scores that the refiner is told of what is wanted and of what is not: the defaults
of the SDXL pipelines."""


class Redrawing:
    """Carries one recipe of an enlargement through its steps, and decodes what comes of it."""

    def __init__(
        self, easel: Easel, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher
    ) -> None:
        self._easel = easel
        self._recipe = recipe
        self._inputs = inputs
        self._watch = watch
        self._generator = generator_for(recipe.seed, recipe.variations)
        refiner = easel.loaded.refiner if recipe.refiner else None
        self.refines = refiner is not None
        self._unet: Any = refiner.unet if refiner else easel.loaded.base.text.unet
        schedule = easel.refiner_schedule if refiner else easel.base_schedule
        self._scheduler = build_scheduler(recipe.sampler, schedule)
        self._times = self._late_times()
        factor = easel.autoencoder.factor
        size = int(self._unet.config.sample_size)
        self._tiles = Tiles.over(recipe.width // factor, recipe.height // factor, size)
        self._total = len(self._times) * self._tiles.count
        self._guidance = Guidance(recipe, len(self._times))
        self._done = 0
        self._beside: torch.Tensor | None = None
        self._joined: dict[int, torch.Tensor] = {}
        self.kept: npt.NDArray[np.bool_] | None = None
        """What stays as it was: nothing does."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What came out otherwise than the recipe asked."""
        alone = ("no-refiner",) if self._recipe.refiner and not self.refines else ()
        return (*alone, *unheard_of(self._recipe))

    def paint(self, loras: Sequence[tuple[LoraInfo, float]]) -> Pixels:
        """Paint, by the base with these LoRAs where the refiner does not, and return H × W × 3."""
        text = self._easel.loaded.base.text
        conditioning = self._conditioning(loras)
        self._easel.residence.leave(text.text_encoder, getattr(text, "text_encoder_2", None))
        canvas = read_canvas(self._input(), (self._recipe.width, self._recipe.height))
        plane = self._encoded(canvas)
        if self._easel.fills_holes and not self.refines:
            # Such a UNet has to be told of a hole, and sees it greyed out: here that is all.
            grey = self._encoded(np.full_like(canvas, GREY))
            self._beside = torch.cat([torch.ones_like(grey[:, :1]), grey], dim=1)
        with float32_noise(self._scheduler):
            plane = self._denoised(plane, conditioning)
        self._easel.residence.leave(self._unet)
        pixels = self._decoded(plane, canvas)
        self._easel.residence.leave(self._easel.loaded.vae)
        return pixels

    def _late_times(self) -> torch.Tensor:
        """Return the timesteps that the strength leaves, one at least, as img2img takes them."""
        recipe, scheduler = self._recipe, self._scheduler
        strength = recipe.image.strength if recipe.image else 1.0
        scheduler.set_timesteps(recipe.steps, device=self._easel.machine.device)
        first = recipe.steps - max(int(recipe.steps * strength), 1)
        if hasattr(scheduler, "set_begin_index"):
            scheduler.set_begin_index(first * scheduler.order)
        times: torch.Tensor = scheduler.timesteps[first * scheduler.order :]
        return times

    def _conditioning(self, loras: Sequence[tuple[LoraInfo, float]]) -> Conditioning:
        easel, words = self._easel, self._recipe.words
        self._watch.preparing(Preparing("encoding"))
        if self.refines and easel.refiner_prompts is not None:
            # With the text encoder as the refiner was trained with, which no LoRA acts on.
            easel.adapters.rest()
            return easel.refiner_prompts.encode(*words, "")
        return easel.prompts.encode(*words, easel.adapters.use(loras))

    def _input(self) -> Path:
        image = self._recipe.image
        if image is None or image.sha256 not in self._inputs:
            raise BadImage("missing", image.sha256[:12] if image else "")
        return self._inputs[image.sha256]

    # The plane of latents -------------------------------------------------------------------------

    def _encoded(self, canvas: Pixels) -> torch.Tensor:
        """Return the most likely latents of a picture, 1 × channels × height/8 × width/8."""
        autoencoder = self._easel.autoencoder
        plane = self._blank()
        for row, column in self._tiles.places:
            self._watch.preparing(Preparing("encoding"))
            high, wide = row.times(autoencoder.factor), column.times(autoencoder.factor)
            tile = canvas[high.start : high.end, wide.start : wide.end]
            share = self._on_device(window(row, column))
            place = plane[..., row.start : row.end, column.start : column.end]
            place += autoencoder.encode(tile, None) * share
        self._easel.residence.leave(self._easel.loaded.vae)
        return plane

    def _denoised(self, plane: torch.Tensor, conditioning: Conditioning) -> torch.Tensor:
        """Return the plane with noise of the first timestep, taken off again step by step."""
        scheduler = self._scheduler
        noise = draw(tuple(plane.shape), self._generator, plane.device)
        plane = scheduler.add_noise(plane, noise, self._times[:1])
        options = self._step_options()
        for time in self._times:
            scaled = scheduler.scale_model_input(plane, time)
            predicted = self._predicted(scaled, time, conditioning, plane)
            plane = scheduler.step(predicted, time, plane, return_dict=False, **options)[0]
        return plane

    def _step_options(self) -> dict[str, Any]:
        taken = inspect.signature(self._scheduler.step).parameters
        return {"generator": self._generator} if "generator" in taken else {}

    def _predicted(
        self,
        scaled: torch.Tensor,
        time: torch.Tensor,
        conditioning: Conditioning,
        now: torch.Tensor,
    ) -> torch.Tensor:
        """Return what all tiles predict of the plane; the watcher is told of every one."""
        found = self._blank()
        preview = partial(self._preview, now, self._scheduler)
        seen = scaled if self._beside is None else torch.cat([scaled, self._beside], dim=1)
        for row, column in self._tiles.places:
            tile = seen[..., row.start : row.end, column.start : column.end]
            share = self._on_device(window(row, column))
            place = found[..., row.start : row.end, column.start : column.end]
            place += self._guided(tile, time, conditioning).float() * share
            self._done += 1
            stage: Stage = "refiner" if self.refines else "base"
            self._watch.step(stage, self._done, self._total, preview)
        return found

    def _guided(
        self, tile: torch.Tensor, time: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        """Return what the UNet predicts of a tile, with guidance (arXiv 2207.12598)."""
        guidance = self._guidance.scale(self._done // self._tiles.count)
        dtype, device = self._easel.machine.dtype, self._easel.machine.device
        embeds, pooled = [conditioning.embeds], [conditioning.pooled]
        if guidance > 1:
            embeds.insert(0, conditioning.negative_embeds)
            pooled.insert(0, conditioning.negative_pooled)
        options: dict[str, Any] = {}
        if conditioning.pooled is not None:
            told = self._told(tile)[-len(embeds) :]
            options["added_cond_kwargs"] = {
                "text_embeds": torch.cat([each for each in pooled if each is not None]).to(device),
                "time_ids": torch.tensor(told, dtype=dtype, device=device),
            }
        many = torch.cat([tile] * len(embeds)).to(dtype)
        texts = self._joined.get(len(embeds))
        if texts is None:
            # One tensor for all tiles and steps: what attention makes of it is kept by it.
            texts = self._joined[len(embeds)] = torch.cat(embeds).to(device)
        both = self._unet(many, time, encoder_hidden_states=texts, return_dict=False, **options)[0]
        if guidance <= 1:
            return torch.as_tensor(both)
        against, towards = both.chunk(2)
        return torch.as_tensor(against + guidance * (towards - against))

    def _told(self, tile: torch.Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return what SDXL is told of sizes and crops, for the negative prompt and the prompt.

        Each tile counts as a whole picture, as the networks know them.
        """
        height, width = (side * self._easel.autoencoder.factor for side in tile.shape[-2:])
        whole = (height, width, 0, 0)
        if self.refines:
            wanted, unwanted = _SCORES
            return (*whole, unwanted), (*whole, wanted)
        return (*whole, height, width), (*whole, height, width)

    def _blank(self) -> torch.Tensor:
        shape = (1, self._easel.autoencoder.channels, self._tiles.height, self._tiles.width)
        return torch.zeros(shape, device=self._easel.machine.device)

    def _on_device(self, floats: Floats) -> torch.Tensor:
        return torch.from_numpy(floats).to(self._easel.machine.device)

    # Pixels ---------------------------------------------------------------------------------------

    def _decoded(self, plane: torch.Tensor, canvas: Pixels) -> Pixels:
        """Decode the plane tile by tile, each brought back to the colours of the canvas."""
        autoencoder, factor = self._easel.autoencoder, self._easel.autoencoder.factor

        def shades(row: Span, column: Span) -> Floats:
            self._watch.step("decode", self._done, self._total, lambda: self._preview(plane))
            rows = slice(row.start // factor, row.end // factor)
            columns = slice(column.start // factor, column.end // factor)
            tile = autoencoder.shades(plane[..., rows, columns].to(self._easel.machine.dtype))
            before = canvas[row.start : row.end, column.start : column.end]
            return tile + drift(tile, before)

        return assemble(self._tiles.times(factor), shades)

    def _preview(self, plane: torch.Tensor, scheduler: Any | None = None) -> Preview:
        height, width = plane.shape[-2:]
        less = min(1.0, PREVIEW_SIDE / max(height, width))
        size = max(1, round(height * less)), max(1, round(width * less))
        small = functional.interpolate(plane, size, mode="area") if less < 1 else plane
        return self._easel.previews.preview(small, scheduler)
