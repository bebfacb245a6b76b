"""What the levers that change pictures gain and cost with the mini model.

``python -m tests.lossy_bench [SHEET.png]`` prints for each the time of a picture against the usual
one, the bytes of the UNets, and how far its pixels are from the usual ones; all are painted in
turn, round after round, so that what else the machine does is the same for all. The sheet shows
three pictures of each.
"""

from __future__ import annotations

import logging
import statistics
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image, ImageDraw

from generation.recipe import LoraUse, Recipe
from generation.settings import Levers, Precision
from generation.worker.studio import Painting, Studio
from tests.studio_bench import Witness, difference, new_studio

ROUNDS: Final = 5
SIDE: Final = 128
LABEL: Final = 150
USUAL: Final = Recipe(
    prompt="a red heart on a blue background",
    seed=5,
    width=SIDE,
    height=SIDE,
    steps=20,
    guidance=5,
    model="mini",
)
PROMPTS: Final = (
    USUAL.prompt,
    "a small green star, white background",
    "orange apple on a purple background",
)


@dataclass
class Lever:
    """One way to paint, with what was found of it."""

    name: str
    changes: dict[str, Any] = field(default_factory=dict)
    precision: Precision = "full"
    seconds: list[float] = field(default_factory=list)
    pictures: list[Painting] = field(default_factory=list)


LEVERS: Final = (
    Lever("usual"),
    *(Lever(f"guidance-end {end:g}", {"guidance_end": end}) for end in (0.8, 0.6, 0.4)),
    Lever("guidance 1", {"guidance": 1}),
    Lever("fp8", precision="fp8"),
    Lever("int8", precision="int8"),
    Lever("fp8, LoRA", {"loras": (LoraUse("inkstyle", 1.0),)}, "fp8"),
    *(
        Lever(f"{sampler}, {steps} steps", {"sampler": sampler, "steps": steps, "guidance": guided})
        for sampler, steps, guided in (
            ("euler", 8, 5),
            ("lightning", 8, 5),
            ("lightning", 4, 1),
            ("turbo", 4, 1),
            ("lcm", 4, 1),
        )
    ),
)


def main() -> None:
    """Measure, print, and draw the sheet where one is asked for."""
    logging.disable()
    warnings.simplefilter("ignore")
    precisions: tuple[Precision, ...] = ("full", "fp8", "int8")
    studios = {each: new_studio(levers=Levers(precision=each)) for each in precisions}
    for turn in range(ROUNDS + 1):
        for lever in LEVERS:
            recipe = USUAL.changed(**lever.changes)
            begun = time.perf_counter()
            studios[lever.precision].paint(recipe, {}, Witness())
            if turn:  # The first loads, and fills what is remembered.
                lever.seconds.append(time.perf_counter() - begun)
    for lever in LEVERS:
        for prompt in PROMPTS:
            recipe = USUAL.changed(prompt=prompt, **lever.changes)
            lever.pictures.append(studios[lever.precision].paint(recipe, {}, Witness()))
    _report(studios)
    if len(sys.argv) > 1:
        _sheet().save(Path(sys.argv[1]))


def _report(studios: dict[Precision, Studio]) -> None:
    usual = LEVERS[0]
    say = sys.stdout.write
    say(f"{'lever':<20} {'time':>6} {'UNets':>9} {'distance':>9}\n")
    for lever in LEVERS:
        shares = [a / b for a, b in zip(lever.seconds, usual.seconds, strict=True)]
        pairs = zip(lever.pictures, usual.pictures, strict=True)
        distance = statistics.mean(difference(one, other) for one, other in pairs)
        size = _bytes(studios[lever.precision]) / 1e6
        share = statistics.median(shares)
        say(f"{lever.name:<20} {share:>6.2f} {size:>6.1f} MB {distance:>9.2f}\n")


def _bytes(studio: Studio) -> int:
    unets = studio.easel("mini").loaded.unets
    tensors = (tensor for unet in unets for tensor in (*unet.parameters(), *unet.buffers()))
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


def _sheet() -> Image.Image:
    sheet = Image.new("RGB", (LABEL + len(PROMPTS) * SIDE, len(LEVERS) * SIDE), "white")
    draw = ImageDraw.Draw(sheet)
    for row, lever in enumerate(LEVERS):
        draw.text((8, row * SIDE + SIDE // 2), lever.name, fill="black")
        for column, picture in enumerate(lever.pictures):
            pixels = np.asarray(picture.pixels)
            sheet.paste(Image.fromarray(pixels), (LABEL + column * SIDE, row * SIDE))
    return sheet


if __name__ == "__main__":
    main()
