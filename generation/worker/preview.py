"""Small pictures of latents, without the VAE: a linear map of four channels to three."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import torch

from generation.engine import Preview
from generation.worker.autoencoder import Autoencoder, Pixels

SIDE: Final = 128
"""Pixels along a side of the pictures that the map is fitted to."""
RIDGE: Final = 1e-3
"""Keeps the fit from blowing up a channel that hardly varies."""


class PreviewMap:
    """The map for one VAE, fitted by least squares to pictures that it encodes."""

    def __init__(self, autoencoder: Autoencoder) -> None:
        seen, wanted = [], []
        for pixels in _samples():
            latents = autoencoder.encode(pixels, None).cpu().double()
            seen.append(latents[0].flatten(1).T)
            wanted.append(_shrunk(pixels, autoencoder.factor))
        inputs = torch.cat(seen)
        inputs = torch.cat([inputs, torch.ones(len(inputs), 1, dtype=torch.float64)], dim=1)
        squares = inputs.T @ inputs + RIDGE * len(inputs) * torch.eye(inputs.shape[1]).double()
        self._map = torch.linalg.solve(squares, inputs.T @ torch.cat(wanted)).float()

    def preview(self, latents: torch.Tensor, scheduler: Any | None) -> Preview:
        """Return a picture as large as the latents, 1 × channels × height × width."""
        calm = latents[0].float().cpu() / _loudness(scheduler)
        channels, height, width = calm.shape
        flat = calm.reshape(channels, -1).T
        rgb = (flat @ self._map[:-1] + self._map[-1]).clamp(0, 1)
        values = torch.nan_to_num(rgb * 255).round().to(torch.uint8)
        return Preview(width, height, values.numpy().tobytes())


def _loudness(scheduler: Any | None) -> float:
    """Return by how much noisy latents stand out of the range of clean ones.

    Schedulers that count in sigmas keep ``x + sigma * noise``; the others keep its variance at 1.
    """
    if scheduler is None:
        return 1.0
    start = float(scheduler.init_noise_sigma)
    index = getattr(scheduler, "step_index", None)
    if start < 2 or index is None:
        return 1.0
    sigmas = scheduler.sigmas
    sigma = float(sigmas[min(index, len(sigmas) - 1)])
    return float((1 + sigma**2) ** 0.5)


def _samples() -> list[Pixels]:
    """Return pictures of all colours: areas, slopes and coarse noise; the same every time."""
    random = np.random.default_rng(20231)
    tiles = [
        np.kron(random.integers(0, 256, (size, size, 3)), np.ones((SIDE // size, SIDE // size, 1)))
        for size in (1, 1, 2, 2, 4, 8)
    ]
    slope = np.linspace(0, 255, SIDE)[:, None, None]
    ends = random.integers(0, 256, (4, 2, 3)) / 255
    slopes = [
        slope * pair[0] + (255 - slope) * pair[1] + np.zeros((SIDE, SIDE, 3)) for pair in ends
    ]
    return [np.clip(picture, 0, 255).astype(np.uint8) for picture in [*tiles, *slopes]]


def _shrunk(pixels: Pixels, factor: int) -> torch.Tensor:
    """Return the mean colour, 0 … 1, of each square of ``factor`` pixels, row by row."""
    side = SIDE // factor
    squares = pixels.reshape(side, factor, side, factor, 3).mean(axis=(1, 3)) / 255
    return torch.from_numpy(squares.reshape(-1, 3)).double()
