"""Pictures to latents and back.

The pipelines are given latents and asked for latents, so that the VAE is called here alone: it can
run in another dtype than the UNets, and nothing switches it to and fro in every picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from generation.errors import NotANumber
from generation.worker.noise import draw

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Autoencoder:
    """The VAE of one model, and the device that it runs on."""

    vae: Any
    device: torch.device

    @property
    def factor(self) -> int:
        """Pixels a latent, along one side."""
        return int(2 ** (len(self.vae.config.block_out_channels) - 1))

    @property
    def channels(self) -> int:
        """Channels of the latents."""
        return int(self.vae.config.latent_channels)

    def decode(self, latents: torch.Tensor) -> Pixels:
        """Return height × width × 3 of latents 1 × channels × height/8 × width/8.

        Raises ``NotANumber`` where the latents or what becomes of them are no finite numbers.
        """
        image = self.decoded(latents)
        pixels: Pixels = self._fetched(rounded(image), latents, image)
        return pixels

    def shades(self, latents: torch.Tensor) -> npt.NDArray[np.float32]:
        """Return what ``decode`` does, not yet rounded: float32 in 0 … 255. Raises as it does."""
        image = self.decoded(latents)
        shades: npt.NDArray[np.float32] = self._fetched(image * 255, latents, image)
        return shades

    def _fetched(self, wanted: torch.Tensor, latents: torch.Tensor, image: torch.Tensor) -> Any:
        """Return height × width × 3 of 1 × 3 × height × width, if what it was made of is sound.

        That is asked for once all is calculated: nothing waits for the device in between.
        """
        sound = [torch.isfinite(each).all().to(image.device) for each in (latents, image)]
        found = wanted[0].permute(1, 2, 0).contiguous().cpu().numpy()
        are_finite, is_finite = torch.stack(sound).tolist()
        if not are_finite:
            raise NotANumber(_name(latents.dtype))
        if not is_finite:
            raise NotANumber(_name(self.vae.dtype), "vae")
        return found

    def decoded(self, latents: torch.Tensor) -> torch.Tensor:
        """Return the picture 1 × 3 × height × width as float32 in 0 … 1."""
        shift, scale = self._scaling(latents)
        scaled = (latents / scale + shift).to(self.device, self.vae.dtype)
        image: torch.Tensor = self.vae.decode(scaled, return_dict=False)[0]
        return (image / 2 + 0.5).clamp(0, 1).float()

    def encode(self, pixels: Pixels, generator: torch.Generator | None) -> torch.Tensor:
        """Return latents, float32, of a picture; drawn from what the VAE thinks possible.

        Without a generator the most likely ones. Raises ``NotANumber`` where the VAE finds none.
        """
        image = torch.from_numpy(np.array(pixels, dtype=np.float32)) / 127.5 - 1
        image = image.permute(2, 0, 1)[None].to(self.device, self.vae.dtype)
        spread = self.vae.encode(image).latent_dist
        mean, deviation = spread.mean.float(), spread.std.float()
        if not _is_finite(mean):
            raise NotANumber(_name(self.vae.dtype), "vae")
        if generator is not None:
            mean = mean + deviation * draw(tuple(mean.shape), generator, mean.device)
        shift, scale = self._scaling(mean)
        latents: torch.Tensor = (mean - shift) * scale
        return latents

    def _scaling(self, like: torch.Tensor) -> tuple[Any, Any]:
        """Return what is taken off the VAE's latents and what they are multiplied by then."""
        config = self.vae.config
        if config.latents_mean is None or config.latents_std is None:
            return 0.0, config.scaling_factor
        shape = (1, self.channels, 1, 1)
        mean = torch.tensor(config.latents_mean).view(shape).to(like)
        deviation = torch.tensor(config.latents_std).view(shape).to(like)
        return mean, config.scaling_factor / deviation


def rounded(image: torch.Tensor) -> torch.Tensor:
    """Return uint8 of float32 in 0 … 1, what lies half way to the even neighbour, as numpy does."""
    return (image * 255).round().to(torch.uint8)


def _is_finite(tensor: torch.Tensor) -> bool:
    """Say whether all numbers are finite; so are those of a tensor that only has a shape."""
    return tensor.is_meta or bool(torch.isfinite(tensor).all())


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
