"""One picture from its recipe: prompts, noise, stages, pixels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image

from generation.engine import Preparing, Preview, Stage
from generation.errors import BadImage
from generation.loras import LoraInfo
from generation.recipe import Recipe
from generation.worker.autoencoder import Pixels
from generation.worker.blending import in_tone, paste_back
from generation.worker.canvas import prepare
from generation.worker.holes import GREY, cover
from generation.worker.noise import draw, float32_noise, generator_for
from generation.worker.painter import Watcher
from generation.worker.prompts import Conditioning
from generation.worker.schedulers import build_scheduler
from generation.worker.setup import Easel
from generation.worker.stages import plan_stages


class Brush:
    """Carries one recipe through its stages on the latents, and decodes them."""

    def __init__(
        self, easel: Easel, recipe: Recipe, inputs: Mapping[str, Path], watch: Watcher
    ) -> None:
        self._easel = easel
        self._recipe = recipe
        self._inputs = inputs
        self._watch = watch
        self._generator = generator_for(recipe.seed, recipe.variations)
        # One for each stage of this picture alone: they hold state. Planning takes only a look.
        self._base_scheduler = build_scheduler(recipe.sampler, easel.base_schedule)
        self._refiner_scheduler = None
        if recipe.refiner and easel.loaded.refiner is not None:
            self._refiner_scheduler = build_scheduler(recipe.sampler, easel.refiner_schedule)
        self._stages = plan_stages(recipe, self._base_scheduler, self._refiner_scheduler)
        self._done = 0
        self.kept: npt.NDArray[np.bool_] | None = None
        """Once it is painted: where an input picture stayed as it was, if it had to anywhere."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """What came out otherwise than the recipe asked."""
        return self._stages.warnings

    @property
    def refines(self) -> bool:
        """Whether the refiner takes part."""
        return self._stages.refiner_steps > 0

    def paint(self, loras: Sequence[tuple[LoraInfo, float]]) -> Pixels:
        """Paint with these LoRAs on the base, and return height × width × 3."""
        easel, recipe = self._easel, self._recipe
        refined = self._refiner_conditioning()
        conditioning = self._base_conditioning(loras)
        easel.residence.leave(*self._text_encoders())
        if recipe.image is None:
            return self._finish(self._from_text(conditioning), refined)
        canvas = prepare(recipe.image, (recipe.width, recipe.height), self._input)
        before, hole = canvas.pixels, canvas.hole
        if hole is None:
            return self._finish(self._from_picture(conditioning, before), refined)
        self.kept = hole == 0
        touched = cover(hole, easel.autoencoder.factor)
        painted = self._finish(self._into_hole(conditioning, before, touched), refined)
        if recipe.image.feather:
            painted = in_tone(painted, before, hole)
        return paste_back(painted, before, hole)

    # Prompts --------------------------------------------------------------------------------------

    def _refiner_conditioning(self) -> Conditioning | None:
        """Encode for the refiner with the text encoder as it was trained, before any LoRA acts."""
        if not self._stages.refiner_steps or self._easel.refiner_prompts is None:
            return None
        self._easel.adapters.rest()
        return self._easel.refiner_prompts.encode(*self._recipe.words, "")

    def _base_conditioning(self, loras: Sequence[tuple[LoraInfo, float]]) -> Conditioning:
        self._watch.preparing(Preparing("encoding"))
        state = self._easel.adapters.use(loras)
        return self._easel.prompts.encode(*self._recipe.words, state)

    def _text_encoders(self) -> tuple[Any, ...]:
        pipeline = self._easel.loaded.base.text
        return (pipeline.text_encoder, getattr(pipeline, "text_encoder_2", None))

    # The base -------------------------------------------------------------------------------------

    def _from_text(self, conditioning: Conditioning) -> torch.Tensor:
        autoencoder, recipe = self._easel.autoencoder, self._recipe
        if self._easel.fills_holes:
            return self._all_over(conditioning, np.full((recipe.height, recipe.width, 3), GREY))
        factor = autoencoder.factor
        shape = (1, autoencoder.channels, recipe.height // factor, recipe.width // factor)
        return self._base(
            self._easel.loaded.base.text,
            conditioning,
            height=recipe.height,
            width=recipe.width,
            latents=draw(shape, self._generator, dtype=self._easel.machine.dtype),
        )

    def _from_picture(self, conditioning: Conditioning, before: Pixels) -> torch.Tensor:
        if self._easel.fills_holes:
            return self._all_over(conditioning, before)
        return self._base(
            self._easel.loaded.base.image,
            conditioning,
            image=self._encoded(before),
            strength=self._stages.base_strength,
        )

    def _all_over(self, conditioning: Conditioning, before: Pixels) -> torch.Tensor:
        """Paint by a UNet that always has to be told of a hole: here it is the whole picture."""
        size = before.shape[1], before.shape[0]
        return self._into_hole(conditioning, before, Image.new("L", size, 255))

    def _into_hole(
        self, conditioning: Conditioning, before: Pixels, hole: Image.Image
    ) -> torch.Tensor:
        latents = kept = self._encoded(before)
        if self._easel.fills_holes:
            # Such a UNet sees the picture with the hole greyed out.
            kept = self._encoded(np.where(np.asarray(hole)[..., None] > 0, GREY, before))
        return self._base(
            self._easel.loaded.base.inpaint,
            conditioning,
            height=self._recipe.height,
            width=self._recipe.width,
            image=latents,
            mask_image=hole,
            masked_image_latents=kept,
            strength=self._stages.base_strength,
        )

    def _base(self, pipeline: Any, conditioning: Conditioning, **options: Any) -> torch.Tensor:
        if self._stages.base_end is not None:
            options["denoising_end"] = self._stages.base_end
        pipeline.scheduler = self._base_scheduler
        latents = self._run(pipeline, "base", conditioning, options)
        self._easel.residence.leave(pipeline.unet)
        return latents

    def _encoded(self, before: Pixels) -> torch.Tensor:
        latents = self._easel.autoencoder.encode(before, self._generator)
        self._easel.residence.leave(self._easel.loaded.vae)
        return latents.to(self._easel.machine.dtype)

    def _input(self, sha256: str) -> Path:
        if sha256 not in self._inputs:
            raise BadImage("missing", sha256[:12])
        return self._inputs[sha256]

    # The refiner and the end ----------------------------------------------------------------------

    def _finish(self, latents: torch.Tensor, refined: Conditioning | None) -> Pixels:
        """Let the refiner go over the latents, where it has steps, and decode them."""
        if refined is not None:
            latents = self._refine(latents, refined)
        self._watch.step("decode", self._done, self._stages.total, self._preview_of(latents))
        pixels = self._easel.autoencoder.decode(latents)
        self._easel.residence.leave(self._easel.loaded.vae)
        return pixels

    def _refine(self, latents: torch.Tensor, conditioning: Conditioning) -> torch.Tensor:
        pipeline: Any = self._easel.loaded.refiner
        options: dict[str, Any] = {"image": latents}
        if self._stages.refiner_start is None:
            options["strength"] = self._stages.refiner_strength
        else:
            options["denoising_start"] = self._stages.refiner_start
        pipeline.scheduler = self._refiner_scheduler
        latents = self._run(pipeline, "refiner", conditioning, options)
        self._easel.residence.leave(pipeline.unet)
        return latents

    def _run(
        self, pipeline: Any, stage: Stage, conditioning: Conditioning, options: dict[str, Any]
    ) -> torch.Tensor:
        def finished(pipe: Any, index: int, time: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            self._done += 1
            preview = self._preview_of(tensors["latents"], pipe.scheduler)
            self._watch.step(stage, self._done, self._stages.total, preview)
            return {}

        pooled = (
            {}
            if conditioning.pooled is None
            else {
                "pooled_prompt_embeds": conditioning.pooled,
                "negative_pooled_prompt_embeds": conditioning.negative_pooled,
            }
        )
        with float32_noise(pipeline, pipeline.scheduler):
            result = pipeline(
                prompt_embeds=conditioning.embeds,
                negative_prompt_embeds=conditioning.negative_embeds,
                num_inference_steps=self._recipe.steps,
                guidance_scale=self._recipe.guidance,
                generator=self._generator,
                output_type="latent",
                return_dict=True,
                callback_on_step_end=finished,
                **pooled,
                **options,
            )
        latents: torch.Tensor = result.images
        return latents

    def _preview_of(
        self, latents: torch.Tensor, scheduler: Any | None = None
    ) -> Callable[[], Preview]:
        return lambda: self._easel.previews.preview(latents, scheduler)
