"""What the built-in styles do to pictures of the mini model: ``python -m tests.styles_bench``.

Prints, with the refiner and without, how steep edges are in grey levels a pixel, how many things
were read as they were asked for, and by how much pictures changed, of 255.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

from PIL import Image

from bot.catalogues import catalogue, style_book
from bot.config import load_config
from bot.service.recipes.maker import RecipeMaker
from bot.service.recipes.starting_from import InputHashes
from bot.service.recipes.style_options import Values, with_style
from bot.style import Style
from generation.models import MINI
from generation.worker.studio import Studio
from generation.worker.training.evaluation import single_prompts, single_text
from generation.worker.training.judge import difference, judge, sharpness
from tests.studio_bench import Witness, new_studio

FIRST = 20
"""Of the list of prompts, so many are left to other measurements."""


def main() -> None:
    """Measure every style that is for the mini model."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=24)
    count = parser.parse_args().pictures
    studio = new_studio()
    with tempfile.TemporaryDirectory() as folder:
        for refiner in (0.8, 0):
            for row in rows(studio, Path(folder), refiner, count):
                sys.stdout.write(f"{row}\n")
                sys.stdout.flush()


def rows(studio: Studio, folder: Path, refiner: float, count: int) -> Iterator[str]:
    """Yield a line for plain pictures and for each style."""
    asked = single_prompts(60)[FIRST : FIRST + count]
    plain: list[Image.Image] = []
    for style in (Style("plain"), *_styles(folder)):
        pictures = list(painted(studio, style, folder, refiner, [single_text(*a) for a in asked]))
        plain = plain or pictures
        seen = [judge(picture) for picture in pictures]
        right = {
            "colours": mean(each.colour == a[0] for each, a in zip(seen, asked, strict=True)),
            "shapes": mean(each.shape == a[1] for each, a in zip(seen, asked, strict=True)),
        }
        changed = mean(difference(*both) for both in zip(plain, pictures, strict=True))
        yield (
            f"refiner {refiner:g} {style.name:9} edges {mean(map(sharpness, pictures)):.1f} "
            + " ".join(f"{name} {share:.2f}" for name, share in right.items())
            + f" changed {changed:.1f}"
        )


def painted(
    studio: Studio, style: Style, folder: Path, refiner: float, prompts: list[str]
) -> Iterator[Image.Image]:
    """Paint each prompt in a style, with seeds from 800."""
    file = folder / "config.toml"
    file.write_text(f"[generation]\nmodel = 'mini'\nrefiner = {refiner}\n")
    config = load_config(file, {})
    loras = catalogue(config)
    loras.refresh()
    maker = RecipeMaker(config, loras)
    for seed, prompt in enumerate(prompts, 800):
        given: Values = {"prompt": prompt, "seed": seed}
        recipe = maker.new(with_style(style, given, {}), InputHashes()).recipe
        yield Image.fromarray(studio.paint(recipe, {}, Witness()).pixels)


def _styles(folder: Path) -> list[Style]:
    file = folder / "config.toml"
    file.write_text("")
    config = load_config(file, {})
    loras = catalogue(config)
    loras.refresh()
    book = style_book(config, loras)
    book.refresh()
    return [style for style in book.all() if style.fits(MINI)]


if __name__ == "__main__":
    main()
