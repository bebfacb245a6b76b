"""What is right to say, to send and to write, and how it comes out a little wrong."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import Any, Final

from PIL import Image

from generation.metadata import png_info
from generation.recipe import InputImage, LoraUse, Recipe, Refiner
from generation.recipe_parts import Region, StyleUse, Variation
from tests.slack_fuzz import text
from tests.storm import mutating

RECIPE: Final = Recipe(
    prompt="a (red circle)1.3, “漢字”",
    negative="blurry",
    seed=7,
    width=64,
    height=64,
    steps=4,
    guidance=5.0,
    model="mini",
    refiner=Refiner(),
    loras=(LoraUse("inkstyle", 0.5),),
    image=InputImage("ab" * 32, region=Region(0.1, 0.2, 0.5, 0.8), feather=4),
    variations=(Variation(8, 0.25),),
    style=StyleUse("ink", "{prompt}, black ink", "colour"),
)
SAID: Final = (
    "a ((red circle)1.3)++, [blurry] --no x --seed 4 --ar 16:9 --lora inkstyle:0.5 -n 2",
    "a {red|{dark |}blue} circle --region 10%,20%,50%,80% --extend left 25%, top 64px --feather 4",
    'k7f3q2.1 --axis weight:red=0.6..1.6/5 --axis lora=none,"wrong, inkstyle:0.5" --strength 0.5',
    "save ink k7f3q2.1 --template {prompt}, black ink --scale 2 --method plain",
)
"""What people may well type."""
NAMES: Final = (
    "do:reroll:k7f3q2", "form:edit:k7f3q2.1", "#k7f3q2.1", "K7F3Q2", "history.12.9.all.mfrgg",
)  # fmt: skip
PROMPT_MOST: Final = 20_000
"""Characters: no owner can allow more, and that is looked at first."""
REPEATED: Final = (
    "(", "[", "{", "{|", "((", "(a:", "(a)1.", "+", "\\(", '("a", "b").and(', ":", "<lora:", "“",
)  # fmt: skip


def said(dice: random.Random) -> str:
    """Return what people may type, or nearly."""
    return text(dice) if dice.random() < 0.6 else mutating.words(dice.choice(SAID), dice)


def prompt(dice: random.Random) -> str:
    """Return a prompt, or what could pass for one."""
    if dice.random() < 0.1:
        return (dice.choice(REPEATED) * dice.choice((10, 300, 20_000)))[:PROMPT_MOST]
    return said(dice)[:PROMPT_MOST]


def recipe(dice: random.Random) -> str:
    """Return a recipe as JSON."""
    return mutating.json_text(RECIPE.to_dict(), dice)


def parameters(dice: random.Random) -> str:
    """Return what A1111 writes into its pictures."""
    right = (
        "a circle\nNegative prompt: x\nSteps: 4, Sampler: Euler, CFG scale: 5, Seed: 7, Size: 64x64"
    )
    if dice.random() < 0.2:
        return "x\nSteps: " + dice.choice(('"\\', "a: ", ",,", " : ", '""', "<lora:")) * 5000
    return mutating.words(right, dice) if dice.random() < 0.7 else text(dice)


def name(dice: random.Random) -> str:
    """Return the name of a button, of a form, of a page, or of a picture."""
    return mutating.words(dice.choice(NAMES), dice)


def pictures() -> Iterator[bytes]:
    """Yield a picture in each format."""
    picture = Image.new("RGB", (24, 16), "red")
    ways: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": png_info(RECIPE, "k7f3q2.1")}, "JPEG": {}, "WEBP": {"lossless": True}
    }  # fmt: skip
    for name, options in ways.items():
        out = io.BytesIO()
        picture.save(out, name, **options)
        yield out.getvalue()


def styles(dice: random.Random) -> str:
    """Return a file of styles."""
    lines = [
        f"{dice.choice(STYLE_KEYS)} = {dice.choice((*VALUES, *STYLE_VALUES))}"
        for _ in range(dice.randrange(6))
    ]
    whole = "\n".join([f"[{dice.choice(STYLE_NAMES)}]", *lines])
    return mutating.words(whole, dice) if dice.random() < 0.3 else whole


STYLE_NAMES: Final = ("ink", "none", "x y", '"a.b"', "")
STYLE_KEYS: Final = (
    "title", "base", "prompt", "negative", "loras", "steps", "guidance", "sampler", "size",
    "refiner", "model", "x",
)  # fmt: skip
STYLE_VALUES: Final = (
    '"{prompt}, ink"', '"{prompt} {prompt}"', '"(ink"', '["inkstyle:0.5"]', '["../x:1e9"]', '"off"',
    '"sdxl"', '"heun"',
)  # fmt: skip


def config(dice: random.Random) -> Any:
    """Return the lines of a file, and variables."""
    lines = [
        f"{dice.choice(SECTIONS)}.{dice.choice(KEYS)} = {dice.choice(VALUES)}"
        for _ in range(dice.randrange(4))
    ]
    whole = "\n".join(lines)
    variables = {
        f"REROLL_{dice.choice(SECTIONS)}__{dice.choice(KEYS)}".upper(): str(mutating.odd(dice))[
            :500
        ]
        for _ in range(dice.randrange(3))
    }
    return (mutating.words(whole, dice) if dice.random() < 0.3 else whole), variables


SECTIONS: Final = (
    "discord", "slack", "access", "limits", "generation", "engine", "storage", "log", "safety",
    "metrics", "models.mini", "models.x", "x", '""',
)  # fmt: skip
KEYS: Final = (
    "api_url", "guilds", "listen", "admins", "queue", "steps", "megapixels", "prompt_chars", "size",
    "model", "base", "device", "refiner", "loras", "database", "pictures", "keep_days", "level",
    "port", "threshold", "labels", "action", "x",
)  # fmt: skip
VALUES: Final = (
    "0", "-1", "1", "7", "1e400", "nan", "inf", "true", '""', '"x"', '"mini"', '"64x64"', '"0x0"',
    '"auto"', "[]", "[1]", '["x"]', "{}", "{x=1}", "1979-05-27", '"\\u0000"', "9" * 400,
    '"sqlite:///../x.db"', '"99999999x99999999"', '"٣x٣"', '"²x²"', '"http://[::1"',
)  # fmt: skip
