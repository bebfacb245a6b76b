"""Reads the watermark as the decoder of invisible-watermark does (dwtDct), block by block."""

from __future__ import annotations

from typing import Any

import numpy as np

SDXL = "101100111110110010010000011110111011000110011110"
"""The bits that the authors of SDXL write, and look for."""


def read_bits(pixels: np.ndarray[Any, np.dtype[np.uint8]], length: int = len(SDXL)) -> str:
    """Return the bits that most blocks of a picture say, height × width × 3 in RGB."""
    red, green, blue = (pixels[..., channel].astype(float) for channel in range(3))
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    u = np.round(0.492 * (blue - luminance) + 128)
    height, width = pixels.shape[0] // 4 * 4, pixels.shape[1] // 4 * 4
    low = u[:height, :width]
    low = (low[::2, ::2] + low[1::2, ::2] + low[::2, 1::2] + low[1::2, 1::2]) / 2
    said: list[list[bool]] = [[] for _ in range(length)]
    corners = [
        (row, column)
        for row in range(0, low.shape[0] - 3, 4)
        for column in range(0, low.shape[1] - 3, 4)
    ]
    for number, (row, column) in enumerate(corners):
        block = low[row : row + 4, column : column + 4].flatten()
        said[number % length].append(bool(block[1 + block[1:].argmax()] % 36 > 18))
    return "".join(str(int(np.mean(votes) > 0.5)) for votes in said)


def agreeing(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> int:
    """Return how many of SDXL's bits a picture says; about half of them by chance."""
    return sum(one == other for one, other in zip(read_bits(pixels), SDXL, strict=True))
