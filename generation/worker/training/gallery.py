"""Scenes with the latents of their pictures, drawn and encoded once and kept on disk."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from diffusers import AutoencoderKL
from PIL import Image
from torch import Tensor

from generation.worker.training.drawing import draw
from generation.worker.training.scenes import BUCKETS, SIDE, Kind, Scene, random_scene
from generation.worker.training.vae import SCALING, to_tensor

Painter = Callable[[Scene, random.Random], Image.Image]

PAINTERS: dict[str, Painter] = {
    "soft": lambda scene, rng: draw(scene, blur=1.0),
    "soft-lesson": lambda scene, rng: draw(scene, blur=rng.uniform(0.8, 1.3)),
    "crisp": lambda scene, rng: draw(scene),
    "blurred": lambda scene, rng: draw(scene, blur=rng.uniform(1.0, 1.7)),
    "ink": lambda scene, rng: draw(scene, "ink"),
    "spoiled": lambda scene, rng: draw(scene, "spoiled"),
}
"""Ways to draw a scene; the base learns the soft one, so that the refiner has edges to sharpen."""

SQUARE = (SIDE, SIDE)


@dataclass(frozen=True)
class Wall:
    """Pictures of one size: scenes and latents (N, 4, height / 8, width / 8)."""

    size: tuple[int, int]
    scenes: list[Scene]
    latents: Tensor

    def pick(self, rng: random.Random, count: int) -> tuple[list[Scene], Tensor]:
        """Choose scenes with their latents, (count, 4, h, w)."""
        return self.take([rng.randrange(len(self.scenes)) for _ in range(count)])

    def pick_kind(self, kind: Kind, rng: random.Random, count: int) -> tuple[list[Scene], Tensor]:
        """Choose scenes of one kind."""
        return self.take(rng.choices(self._kinds[kind], k=count))

    def take(self, chosen: list[int]) -> tuple[list[Scene], Tensor]:
        """Give scenes and latents by number."""
        return [self.scenes[i] for i in chosen], self.latents[chosen].float()

    @cached_property
    def _kinds(self) -> dict[Kind, list[int]]:
        kinds: dict[Kind, list[int]] = {}
        for number, scene in enumerate(self.scenes):
            kinds.setdefault(scene.kind, []).append(number)
        return kinds


def hang(vae: AutoencoderKL, folder: Path, painter: str, count: int, others: int = 0) -> list[Wall]:
    """Draw `count` square pictures and `others` in each further bucket, from fixed seeds."""
    path = folder / f"gallery-{painter}.pt"
    latents: dict[tuple[int, int], Tensor] = torch.load(path) if path.exists() else {}
    walls = []
    for size in BUCKETS:
        number = count if size == SQUARE else others
        if not number:
            continue
        rng = random.Random(f"{size}")
        scenes = [random_scene(rng, size) for _ in range(number)]
        if size not in latents:
            latents[size] = _encode(vae, scenes, PAINTERS[painter])
            torch.save(latents, path)
        walls.append(Wall(size, scenes, latents[size]))
    return walls


@torch.no_grad()
def _encode(vae: AutoencoderKL, scenes: list[Scene], paint: Painter) -> Tensor:
    rng, batches = random.Random("paint"), []
    for start in range(0, len(scenes), 40):
        pictures = to_tensor([paint(scene, rng) for scene in scenes[start : start + 40]])
        batches.append(vae.encode(pictures).latent_dist.mean * SCALING)
    return torch.cat(batches).half()
