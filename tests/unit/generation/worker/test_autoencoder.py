from __future__ import annotations

import numpy as np
import pytest
import torch

from generation.errors import NotANumber
from generation.worker.autoencoder import Autoencoder, rounded
from tests.tiny_networks import tiny_vae


def around_halves() -> torch.Tensor:
    """Return float32 in 0 … 1: all that round to another byte by a bit, and many others."""
    halves = torch.arange(0, 511, dtype=torch.float64) / 510
    near = [halves.float()]
    for _ in range(4):
        near = [
            torch.nextafter(near[0], torch.tensor(0.0)),
            *near,
            torch.nextafter(near[-1], torch.tensor(1.0)),
        ]
    random = torch.rand(200_000, generator=torch.Generator().manual_seed(1))
    return torch.cat([*near, random]).clamp(0, 1)


def test_a_device_rounds_to_the_bytes_that_numpy_rounds_to() -> None:
    numbers = around_halves()
    products = numbers.numpy() * np.float32(255)
    assert ((products % 1) == 0.5).sum() > 100, "half way, where ways of rounding differ"
    found = rounded(numbers).numpy()
    assert found.dtype == np.uint8
    assert np.array_equal(found, np.round(products).astype(np.uint8))


@pytest.mark.parametrize("channels_last", [False, True])
def test_pixels_are_the_rounded_shades_row_by_row(channels_last: bool) -> None:
    vae = tiny_vae(1)
    if channels_last:
        vae.to(memory_format=torch.channels_last)
    autoencoder = Autoencoder(vae, torch.device("cpu"))
    latents = torch.rand(1, 4, 2, 3, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        pixels, shades = autoencoder.decode(latents), autoencoder.shades(latents)
    assert pixels.shape == (16, 24, 3)
    assert shades.dtype == np.dtype(np.float32)
    assert pixels.flags["C_CONTIGUOUS"]
    assert np.array_equal(pixels, np.round(shades).astype(np.uint8))
    assert pixels.std() > 0


@pytest.mark.parametrize("way", ["decode", "shades"])
def test_what_is_no_number_is_said_of_whoever_made_it(way: str) -> None:
    vae = tiny_vae(1)
    autoencoder = Autoencoder(vae, torch.device("cpu"))
    latents = torch.zeros(1, 4, 2, 2)
    with torch.no_grad(), pytest.raises(NotANumber) as caught:
        getattr(autoencoder, way)(latents.half().fill_(float("nan")).float())
    assert caught.value.dtype == "float32"
    assert caught.value.part != "vae"
    vae.decoder.conv_out.bias[0] = float("nan")
    with torch.no_grad(), pytest.raises(NotANumber) as caught:
        getattr(autoencoder, way)(latents)
    assert caught.value.part == "vae"
