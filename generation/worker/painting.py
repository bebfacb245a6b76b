"""Pictures from their recipes: prompts, noise, stages, pixels."""

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
from generation.recipe import InputImage, Recipe
from generation.worker.autoencoder import Pixels
from generation.worker.blending import in_tone, paste_back
from generation.worker.canvas import prepare
from generation.worker.guidance import Guidance, unheard_of
from generation.worker.holes import GREY, cover
from generation.worker.noise import draw, float32_noise, generator_for
from generation.worker.onlookers import Onlookers
from generation.worker.prompts import Conditioning, together
from generation.worker.schedulers import build_scheduler
from generation.worker.setup import Easel
from generation.worker.stages import plan_stages


class Brush:
    """Carries pictures through their stages on the latents, and decodes them.

    There is one recipe, or several that ``generation.batching`` finds to fit together and whose
    prompts come to the same number of tokens: these go through the networks side by side.
    """

    def __init__(
        self,
        easel: Easel,
        recipes: Sequence[Recipe],
        inputs: Mapping[str, Path],
        watch: Onlookers,
    ) -> None:
        self._easel = easel
        self._recipes = recipes
        recipe = self._recipe = recipes[0]
        self._inputs = inputs
        self._watch = watch
        self._generators = [generator_for(each.seed, each.variations) for each in recipes]
        # One for each stage of these pictures alone: they hold state. Planning takes only a look.
        self._base_scheduler = build_scheduler(recipe.sampler, easel.base_schedule)
        self._refiner_scheduler = None
        if recipe.refiner and easel.loaded.refiner is not None:
            self._refiner_scheduler = build_scheduler(recipe.sampler, easel.refiner_schedule)
        self._stages = plan_stages(recipe, self._base_scheduler, self._refiner_scheduler)
        self._guidance = Guidance(recipe, self._stages.total)
        self._done = 0
        self.kept: npt.NDArray[np.bool_] | None = None
        """Once it is painted: where an input picture stayed as it was, if it had to anywhere."""

    @property
    def warnings(self) -> list[tuple[str, ...]]:
        """What came out otherwise than each recipe asked."""
        return [(*self._stages.warnings, *unheard_of(recipe)) for recipe in self._recipes]

    @property
    def refines(self) -> bool:
        """Whether the refiner takes part."""
        return self._stages.refiner_steps > 0

    def paint(self, loras: Sequence[tuple[LoraInfo, float]]) -> list[Pixels | None]:
        """Paint with these LoRAs on the base, and return height × width × 3 for each recipe.

        Nothing for pictures that were not wanted any more when the others were done.
        """
        easel, recipe = self._easel, self._recipe
        refined = self._refiner_conditioning()
        conditioning = self._base_conditioning(loras)
        easel.residence.leave(*self._text_encoders())
        if recipe.image is None:
            return self._finish(self._from_text(conditioning), refined)
        return [self._over_picture(recipe.image, conditioning, refined)]

    def _over_picture(
        self, image: InputImage, conditioning: Conditioning, refined: Conditioning | None
    ) -> Pixels | None:
        canvas = prepare(image, (self._recipe.width, self._recipe.height), self._input)
        before, hole = canvas.pixels, canvas.hole
        if hole is None:
            return self._finish(self._from_picture(conditioning, before), refined)[0]
        self.kept = hole == 0
        touched = cover(hole, self._easel.autoencoder.factor)
        painted = self._finish(self._into_hole(conditioning, before, touched), refined)[0]
        if painted is None:
            return None
        if image.feather:
            painted = in_tone(painted, before, hole)
        return paste_back(painted, before, hole)

    # Prompts --------------------------------------------------------------------------------------

    def _refiner_conditioning(self) -> Conditioning | None:
        """Encode for the refiner with the text encoder as it was trained, before any LoRA acts."""
        prompts = self._easel.refiner_prompts
        if not self._stages.refiner_steps or prompts is None:
            return None
        self._easel.adapters.rest()
        return together([prompts.encode(*recipe.words, "") for recipe in self._recipes])

    def _base_conditioning(self, loras: Sequence[tuple[LoraInfo, float]]) -> Conditioning:
        self._watch.preparing(Preparing("encoding"))
        state = self._easel.adapters.use(loras)
        prompts = self._easel.prompts
        return together([prompts.encode(*recipe.words, state) for recipe in self._recipes])

    def _text_encoders(self) -> tuple[Any, ...]:
        pipeline = self._easel.loaded.base.text
        return (pipeline.text_encoder, getattr(pipeline, "text_encoder_2", None))

    # The base -------------------------------------------------------------------------------------

    def _from_text(self, conditioning: Conditioning) -> torch.Tensor:
        autoencoder, recipe = self._easel.autoencoder, self._recipe
        if self._easel.fills_holes:
            return self._all_over(conditioning, np.full((recipe.height, recipe.width, 3), GREY))
        factor = autoencoder.factor
        size = (recipe.height // factor, recipe.width // factor)
        shape = (len(self._recipes), autoencoder.channels, *size)
        return self._base(
            self._easel.loaded.base.text,
            conditioning,
            height=recipe.height,
            width=recipe.width,
            latents=draw(shape, self._generators, dtype=self._easel.machine.dtype),
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
        latents = self._easel.autoencoder.encode(before, self._generators[0])
        self._easel.residence.leave(self._easel.loaded.vae)
        return latents.to(self._easel.machine.dtype)

    def _input(self, sha256: str) -> Path:
        if sha256 not in self._inputs:
            raise BadImage("missing", sha256[:12])
        return self._inputs[sha256]

    # The refiner and the end ----------------------------------------------------------------------

    def _finish(self, latents: torch.Tensor, refined: Conditioning | None) -> list[Pixels | None]:
        """Let the refiner go over the latents, where it has steps, and decode them one by one."""
        if refined is not None:
            latents = self._refine(latents, refined)
        self._watch.step("decode", self._done, self._stages.total, self._preview_of(latents))
        pixels = [
            self._easel.autoencoder.decode(each[None]) if self._watch.wants(at) else None
            for at, each in enumerate(latents)
        ]
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
            return self._guidance.ended(pipe, self._done, tensors)

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
                guidance_scale=self._guidance.scale(self._done),
                generator=self._drawing,
                output_type="latent",
                return_dict=True,
                callback_on_step_end=finished,
                callback_on_step_end_tensor_inputs=self._guidance.watched(pipeline),
                **pooled,
                **options,
            )
        latents: torch.Tensor = result.images
        return latents

    @property
    def _drawing(self) -> torch.Generator | list[torch.Generator]:
        """What the pipelines draw noise with: one generator a picture."""
        return self._generators[0] if len(self._generators) == 1 else self._generators

    def _preview_of(
        self, latents: torch.Tensor, scheduler: Any | None = None
    ) -> Callable[[int], Preview]:
        return lambda at: self._easel.previews.preview(latents[at][None], scheduler)
