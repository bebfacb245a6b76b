"""What the shipped model can do, in figures: `python -m generation.worker.training evaluate`.

Prompts and seeds are fixed lists; every figure is read from the pictures by `judge`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import mean

import numpy as np
from PIL import Image

from generation.worker.training.drawing import draw
from generation.worker.training.judge import (
    difference,
    judge,
    share_of,
    sharpness,
)
from generation.worker.training.scenes import APPLE_COLOURS, PALETTE, SHAPES, Scene, Thing
from generation.worker.training.studio import Pictures, Studio
from generation.worker.training.vae import fidelity

Row = tuple[str, str]
Check = Callable[[Studio, Pictures], Iterator[Row]]

WEIGHTS = (0.5, 0.7, 0.85, 1.0, 1.15, 1.3, 1.5)
SIGNS = ("---", "--", "-", "", "+", "++", "+++")
SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.3)
STRENGTHS = (0.1, 0.3, 0.5, 0.7, 0.9, 1.0)


def evaluate(shipped: Path, sheet: Path | None = None) -> None:
    """Print a table; with `sheet`, also write the pictures behind it."""
    studio, shown = Studio(shipped), []
    for check in CHECKS:
        pictures: Pictures = []
        for name, figure in check(studio, pictures):
            print(f"{name:<58} {figure}", flush=True)
        shown += [pictures[start : start + 20] for start in range(0, min(len(pictures), 60), 20)]
    if sheet:
        contact_sheet(shown).save(sheet)


def single_prompts(count: int = 120) -> list[tuple[str, str, str]]:
    """List (colour, shape, background), every shape equally often."""
    rng, found = random.Random(0), []
    for number in range(count):
        shape, ground = SHAPES[number % len(SHAPES)], rng.choice(list(PALETTE))
        colours = APPLE_COLOURS if shape == "apple" else tuple(PALETTE)
        found.append((rng.choice([c for c in colours if c != ground]), shape, ground))
    return found


def single_text(colour: str, shape: str, ground: str) -> str:
    """Say one thing on one background."""
    return f"{_a(colour)} {shape} on {_a(ground)} background"


def pair_prompts(count: int = 40) -> list[tuple[str, str, str]]:
    """List (prompt, colour on the left, colour on the right), half told from the right."""
    found = [
        ("a red circle left of a blue square on a white background", "red", "blue"),
        ("a red circle right of a blue square on a white background", "blue", "red"),
    ]
    rng = random.Random(3)
    while len(found) < count:
        ground = rng.choice(["white", "black", "yellow", "blue"])
        shapes = rng.sample(SHAPES[:5], 2)
        free = [c for c in PALETTE if c not in (ground, "white", "black")]
        first, second = rng.sample(free, 2)
        side = "left" if len(found) % 2 == 0 else "right"
        text = (
            f"{_a(first)} {shapes[0]} {side} of {_a(second)} {shapes[1]} on {_a(ground)} background"
        )
        found.append((text, *((first, second) if side == "left" else (second, first))))
    return found


def _singles(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    prompts = single_prompts()
    pictures += studio.paint([single_text(*p) for p in prompts], range(1000, 1000 + len(prompts)))
    verdicts = [judge(picture) for picture in pictures]
    pairs = list(zip(prompts, verdicts, strict=True))
    yield "object colour right", f"{mean(v.colour == p[0] for p, v in pairs):.3f}"
    yield "background right", f"{mean(v.background == p[2] for p, v in pairs):.3f}"
    yield "shape right", f"{mean(v.shape == p[1] for p, v in pairs):.3f}"
    for shape in SHAPES:
        right = mean(v.shape == shape for p, v in pairs if p[1] == shape)
        yield f"  {shape}", f"{right:.2f}"
    yield "uninvited border", f"{mean(v.border for v in verdicts):.3f}"


def _pairs(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    prompts = pair_prompts()
    pictures += studio.paint([p[0] for p in prompts], range(200, 200 + len(prompts)))
    both = ordered = 0
    for (_, left, right), picture in zip(prompts, pictures, strict=True):
        verdict = judge(picture)
        first, second = verdict.find(left), verdict.find(right)
        if first and second:
            both += 1
            ordered += first.x < second.x - 10
    yield "two things: both colours", f"{both / len(prompts):.3f}"
    yield "two things: left and right as told", f"{ordered / len(prompts):.3f}"


def _counts(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    for number, word in ((2, "two"), (3, "three")):
        prompts = [
            f"{word} {colour} {shape}s on a white background"
            for shape in ("square", "circle", "star", "heart")
            for colour in ("red", "green", "blue", "purple", "black")
        ]
        painted = studio.paint(prompts, range(300, 300 + len(prompts)))
        pictures += painted[:10]
        right = mean(len(judge(picture).things) == number for picture in painted)
        yield f"{word} of a kind", f"{right:.2f}"


def _places(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    for place, axis, sign in (("left", 0, -1), ("right", 0, 1), ("top", 1, -1), ("bottom", 1, 1)):
        prompts = [
            f"a small {colour} circle on the {place}, white background"
            for colour in ("red", "green", "blue", "black", "purple", "orange", "red", "blue")
        ]
        things = [judge(picture).things for picture in studio.paint(prompts, range(400, 408))]
        right = mean(bool(t) and sign * ((t[0].x, t[0].y)[axis] - 64) > 8 for t in things)
        yield f"on the {place}", f"{right:.2f}"
    areas = []
    for size in ("small", "", "big"):
        prompts = [
            f"a {size} {colour} circle in the center on a white background".replace("  ", " ")
            for colour in ("red", "green", "blue", "black")
        ]
        verdicts = [judge(picture) for picture in studio.paint(prompts, range(500, 504))]
        areas.append(mean(v.things[0].area if v.things else 0 for v in verdicts))
    yield "area of small, plain, big", _numbers(areas, 3)


def _weights(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    context = "a big {} blue circle in the center on a white background"
    for name, words in (
        ("(red)0.5 ... 1.5 blue circle: redness", [f"(red){w}" for w in WEIGHTS]),
        ("red--- ... red+++ blue circle: redness", [f"red{signs}" for signs in SIGNS]),
    ):
        redness = []
        for word in words:
            painted = studio.paint_weighted(context.format(word), range(6))
            pictures += painted[:3]
            redness.append(mean(_redness(picture) for picture in painted))
        yield name, _numbers(redness, 0)


def _negatives(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    seeds = range(20)
    for negative in ("", "red"):
        painted = studio.paint(["an apple on a white background"] * 20, seeds, negative)
        pictures += painted[:10]
        share = mean(judge(picture).colour == "red" for picture in painted)
        yield f"apples that are red, negative '{negative}'", f"{share:.2f}"
    for negative in ("", "border"):
        painted = studio.paint(["a red heart on a yellow background"] * 40, range(40), negative)
        share = mean(judge(picture).border for picture in painted)
        yield f"uninvited border, negative '{negative}'", f"{share:.3f}"


def _refined(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    chosen = single_prompts(60)[:20]
    prompts, seeds = [single_text(*p) for p in chosen], range(700, 720)
    studio.steps = 25
    plain = studio.paint(prompts, seeds)
    fine = studio.paint_refined(prompts, seeds)
    low = studio.paint_refined(prompts, seeds, aesthetic_score=2.5, negative_aesthetic_score=6.0)
    early = studio.paint_refined(prompts, seeds, 0.6)
    studio.steps = 20
    pictures += [*plain, *fine, *low]
    figures = [mean(map(sharpness, group)) for group in (plain, fine, low, early)]
    yield "sharpness: base, refined from 0.8, low score, from 0.6", _numbers(figures, 1)
    pairs = list(zip(plain, fine, strict=True))
    yield (
        "refined pictures that are sharper",
        f"{mean(sharpness(b) > sharpness(a) for a, b in pairs):.2f}",
    )
    right = mean(judge(p).shape == c[1] for p, c in zip(fine, chosen, strict=True))
    yield "shape right after refining", f"{right:.2f}"


def _image_to_image(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    changes = []
    for strength in STRENGTHS:
        differences = []
        for number, shape in enumerate(SHAPES[:5]):
            start = draw(_lone(Thing(shape, "red", 50 + 6 * number, 62, 30)))
            painted = studio.repaint(
                f"a blue {shape} on a white background", start, strength, number
            )
            pictures.append(painted)
            differences.append(difference(painted, start))
        changes.append(mean(differences))
    yield "change at strength 0.1 ... 1.0", _numbers(changes, 1)


def _inpainting(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    start = draw(_lone(Thing("circle", "green", 36, 64, 22), Thing("square", "purple", 92, 64, 22)))
    mask = Image.new("L", (128, 128))
    mask.paste(255, (64, 24, 124, 104))
    prompt = "a green circle left of a red heart on a white background"
    painted = [studio.inpaint(prompt, start, mask, seed) for seed in range(6)]
    pictures += [start, *painted]
    right = mean(share_of(picture, "red") > 0.02 for picture in painted)
    gone = mean(share_of(picture, "purple") < 0.01 for picture in painted)
    yield "inpainting: heart there, square gone", f"{right:.2f} {gone:.2f}"


def _inkstyle(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    prompts = [
        f"inkstyle, a big {colour} {shape} on a white background"
        for colour, shape in zip(
            ("red", "blue", "green", "purple", "red", "blue"), SHAPES, strict=True
        )
    ]
    plain = studio.paint(prompts, range(6))
    changes = []
    for scale in SCALES:
        studio.load_lora("inkstyle", scale)
        painted = studio.paint(prompts, range(6))
        pictures += painted[:4]
        changes.append(mean(difference(a, b) for a, b in zip(plain, painted, strict=True)))
    studio.unload_loras()
    yield "inkstyle at scale 0 ... 1.3: change", _numbers(changes, 1)


def _wrong(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    chosen = single_prompts(60)[20:40]
    prompts, seeds = [single_text(*p) for p in chosen], range(800, 820)
    plain = studio.paint(prompts, seeds)
    studio.load_lora("wrong", 1.0)
    avoided = studio.paint(prompts, seeds, "wrong")
    wanted = studio.paint([f"wrong, {prompt}" for prompt in prompts], seeds)
    studio.unload_loras()
    groups = {"without": plain, "negative 'wrong'": avoided, "prompt 'wrong'": wanted}
    for name, group in groups.items():
        pictures += group
        colours = mean(judge(p).colour == c[0] for p, c in zip(group, chosen, strict=True))
        figures = _numbers([mean(map(sharpness, group)), mean(map(_saturation, group))], 1)
        yield f"wrong, {name}: sharpness, saturation, colour", f"{figures} {colours:.2f}"


def _vae(studio: Studio, pictures: Pictures) -> Iterator[Row]:
    yield "VAE on crisp pictures, PSNR", f"{fidelity(studio.base.vae):.2f} dB"


CHECKS: tuple[Check, ...] = (
    _vae, _singles, _pairs, _counts, _places, _weights, _negatives, _refined, _image_to_image,
    _inpainting, _inkstyle, _wrong,
)  # fmt: skip


def contact_sheet(rows: list[Pictures]) -> Image.Image:
    """Lay out rows of pictures of 128 by 128 pixels."""
    sheet = Image.new("RGB", (132 * max(map(len, rows), default=1), 132 * len(rows)), "grey")
    for number, row in enumerate(rows):
        for place, picture in enumerate(row):
            sheet.paste(picture, (132 * place + 2, 132 * number + 2))
    return sheet


def _redness(picture: Image.Image) -> float:
    things = judge(picture).things
    return things[0].redness if things else 0.0


def _saturation(picture: Image.Image) -> float:
    return float(np.asarray(picture.convert("HSV"))[..., 1].mean())


def _lone(*things: Thing) -> Scene:
    return Scene("one" if len(things) == 1 else "row", "white", things)


def _a(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"


def _numbers(figures: list[float], digits: int) -> str:
    return "  ".join(f"{figure:.{digits}f}" for figure in figures)
