"""Pictures from the shipped folder by plain diffusers calls, for the evaluation and the tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from compel import CompelForSDXL
from diffusers import (
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLInpaintPipeline,
    StableDiffusionXLPipeline,
)
from PIL import Image

Pictures = list[Image.Image]

BATCH = 10


@dataclass
class Studio:
    """The mini model in single precision. Prompts are painted in batches, one seed a picture."""

    shipped: Path
    steps: int = 20
    guidance: float = 5.0
    extra: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.base = StableDiffusionXLPipeline.from_pretrained(self.shipped / "base")
        self.base.to(dtype=torch.float32)
        parts = {k: v for k, v in self.base.components.items() if v is not None}
        shared = {k: parts[k] for k in ("vae", "text_encoder_2", "tokenizer_2")}
        self.refiner = StableDiffusionXLImg2ImgPipeline.from_pretrained(
            self.shipped / "refiner", **shared
        )
        self.refiner.to(dtype=torch.float32)
        self.img2img = StableDiffusionXLImg2ImgPipeline(**parts)
        self.inpainting = StableDiffusionXLInpaintPipeline(**parts)
        for pipeline in (self.base, self.refiner, self.img2img, self.inpainting):
            pipeline.set_progress_bar_config(disable=True)

    def paint(
        self, prompts: Sequence[str], seeds: Sequence[int], negative: str = "", **options: Any
    ) -> Pictures:
        """Paint from text."""
        pictures: Pictures = []
        for start in range(0, len(prompts), BATCH):
            part = list(prompts[start : start + BATCH])
            pictures += self.base(
                part,
                negative_prompt=[negative] * len(part),
                generator=generators(seeds[start : start + BATCH]),
                **(self._usual() | options),
            ).images
        return pictures

    def paint_weighted(self, prompt: str, seeds: Sequence[int]) -> Pictures:
        """Paint one prompt with compel's weights."""
        read = CompelForSDXL(self.base)([prompt] * len(seeds), negative_prompt=[""] * len(seeds))
        return list(
            self.base(
                prompt_embeds=read.embeds,
                pooled_prompt_embeds=read.pooled_embeds,
                negative_prompt_embeds=read.negative_embeds,
                negative_pooled_prompt_embeds=read.negative_pooled_embeds,
                generator=generators(seeds),
                **self._usual(),
            ).images
        )

    def paint_refined(
        self, prompts: Sequence[str], seeds: Sequence[int], switch: float = 0.8, **scores: float
    ) -> Pictures:
        """Paint with the base up to `switch`, then the refiner; `scores` are aesthetic scores."""
        pictures: Pictures = []
        for start in range(0, len(prompts), BATCH):
            part = list(prompts[start : start + BATCH])
            common = {
                "negative_prompt": [""] * len(part),
                "generator": generators(seeds[start : start + BATCH]),
                "num_inference_steps": self.steps,
                "guidance_scale": self.guidance,
            }
            latents = self.base(part, denoising_end=switch, output_type="latent", **common).images
            pictures += self.refiner(
                part, image=latents, denoising_start=switch, **common, **scores
            ).images
        return pictures

    def repaint(self, prompt: str, picture: Image.Image, strength: float, seed: int) -> Image.Image:
        """Paint from a picture."""
        painted: Image.Image = self.img2img(
            prompt,
            negative_prompt="",
            image=picture,
            strength=strength,
            generator=generators([seed])[0],
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
        ).images[0]
        return painted

    def inpaint(
        self, prompt: str, picture: Image.Image, mask: Image.Image, seed: int
    ) -> Image.Image:
        """Repaint the white part of the mask; the rest is pasted back."""
        painted = self.inpainting(
            prompt,
            negative_prompt="",
            image=picture,
            mask_image=mask,
            strength=1.0,
            generator=generators([seed])[0],
            **self._usual(),
        ).images[0]
        return Image.composite(painted, picture, mask.convert("L"))

    def load_lora(self, name: str, scale: float) -> None:
        """Load a shipped LoRA, or change the scale of a loaded one."""
        if name not in self.base.get_list_adapters().get("unet", []):
            self.base.load_lora_weights(
                self.shipped / "loras", weight_name=f"{name}.safetensors", adapter_name=name
            )
        self.base.set_adapters([name], adapter_weights=[scale])

    def unload_loras(self) -> None:
        """Take every LoRA out again."""
        self.base.unload_lora_weights()

    def _usual(self) -> dict[str, Any]:
        return {
            "num_inference_steps": self.steps,
            "guidance_scale": self.guidance,
            "width": 128,
            "height": 128,
        } | self.extra


def generators(seeds: Sequence[int]) -> list[torch.Generator]:
    """Make one generator a picture, so that a seed means the same in every batch."""
    return [torch.Generator("cpu").manual_seed(seed) for seed in seeds]
