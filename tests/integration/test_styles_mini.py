"""What the styles of the mini model do to its pictures, in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import mean

import pytest
from PIL import Image

from bot.catalogues import catalogue, style_book
from bot.config import load_config
from bot.service.recipes.maker import RecipeMaker
from bot.service.recipes.starting_from import InputHashes
from bot.service.recipes.style_options import Values, with_style
from bot.style import Style
from generation.worker.training.judge import difference, judge, sharpness
from tests.studio_bench import Witness, new_studio

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

PROMPTS = ("a green triangle on a red background", "an orange star on a white background")


@pytest.fixture(scope="module")
def groups(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Image.Image]]:
    """Both prompts in each style, without a refiner."""
    file = tmp_path_factory.mktemp("styles") / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\nrefiner = 0\nsteps = 8\n")
    config = load_config(file, {})
    loras = catalogue(config)
    loras.refresh()
    book = style_book(config, loras)
    book.refresh()
    maker, studio = RecipeMaker(config, loras), new_studio()

    def painted(style: Style) -> Iterator[Image.Image]:
        for seed, prompt in enumerate(PROMPTS, 800):
            given: Values = {"prompt": prompt, "seed": seed}
            recipe = maker.new(with_style(style, given, {}), InputHashes()).recipe
            yield Image.fromarray(studio.paint(recipe, {}, Witness()).pixels)

    styles = (Style("plain"), book.find("wrong"), book.find("inkstyle"))
    return {style.name: list(painted(style)) for style in styles}


def test_what_the_wrong_style_keeps_out_leaves_crisper_pictures_of_the_same_things(
    groups: dict[str, list[Image.Image]],
) -> None:
    plain, better = groups["plain"], groups["wrong"]
    assert mean(map(sharpness, better)) > mean(map(sharpness, plain)) + 1
    assert [judge(picture).colour for picture in better] == ["green", "orange"]


def test_the_ink_style_changes_pictures_more_than_the_wrong_one(
    groups: dict[str, list[Image.Image]],
) -> None:
    cleaner, inked = (
        mean(difference(*both) for both in zip(groups["plain"], groups[name], strict=True))
        for name in ("wrong", "inkstyle")
    )
    assert 1 < cleaner < inked
