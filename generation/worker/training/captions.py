"""Words for scenes: true of the picture, and as varied as what people type.

In "X and Y" the first thing is always the one on the left or on top, so that order means place.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field

from generation.worker.training.scenes import Scene, Thing

PLURALS = {
    "circle": "circles",
    "square": "squares",
    "triangle": "triangles",
    "star": "stars",
    "heart": "hearts",
    "apple": "apples",
}
NUMBERS = {2: "two", 3: "three"}
LEADS = ("a picture of", "a drawing of", "a photo of", "an image of", "picture,", "simple,")
FILLERS = (
    "masterpiece",
    "best quality",
    "high quality",
    "detailed",
    "sharp focus",
    "beautiful",
    "simple",
    "trending",
    "cinematic lighting",
    "ultra hd",
    "no text",
    "no watermark",
    "4k",
    "8k",
    "render",
    "not blurry",
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"

MIX_REACH = 0.9
"""How far the share of a colour moves from one half when the weight of its word moves by one."""


@dataclass(frozen=True)
class Caption:
    """Plain text, and the weights of single words in it (1.0 for the rest)."""

    text: str
    weights: dict[str, float] = field(default_factory=dict)

    def decorated(self, rng: random.Random) -> str:
        """Write the weights into the text as a person would: `red++` or `(red)1.2`."""
        text = self.text
        for word, weight in self.weights.items():
            text = text.replace(word, _decorate(word, weight, rng), 1)
        return text


def describe(scene: Scene, rng: random.Random) -> Caption:
    """Make a caption to learn from: attributes dropped, fillers added, some words weighted."""
    text = sentence(scene, rng)
    luck = rng.random()
    if luck < 0.06:
        text = _long(text, rng)
    elif luck < 0.22:
        text = _filled(text, rng)
    return Caption(text, _weights(scene, text, rng))


def sentence(scene: Scene, rng: random.Random | None = None) -> str:
    """Say what the scene shows; without `rng` all of it, in the plainest order of words."""
    tongue = _Tongue(scene, rng)
    return tongue.things() + tongue.background() + tongue.border()


@dataclass
class _Tongue:
    scene: Scene
    rng: random.Random | None

    def __post_init__(self) -> None:
        self.tags = self.chance(0.15)

    def chance(self, share: float) -> bool:
        return self.rng is not None and self.rng.random() < share

    def pick(self, *choices: str) -> str:
        return self.rng.choice(choices) if self.rng else choices[0]

    def things(self) -> str:
        scene = self.scene
        if scene.kind == "several":
            count, thing = len(scene.things), scene.things[0]
            return f"{NUMBERS[count]} {thing.colour} {PLURALS[thing.shape]}"
        first, *others = scene.things
        if not others:
            return self.noun(first) + self.place(first)
        return self.pair(self.noun(first), self.noun(others[0]))

    def noun(self, thing: Thing) -> str:
        words: list[str] = []
        if len(self.scene.things) == 1 and thing.size != "medium" and not self.chance(0.2):
            words.append(thing.size)
        words += self.colours(thing)
        nameless = not thing.second and words and self.chance(0.03)
        words.append("shape" if nameless else thing.shape)
        if self.tags:
            return " ".join(words)
        return f"{'an' if words[0][0] in 'ao' else 'a'} {' '.join(words)}"

    def colours(self, thing: Thing) -> list[str]:
        if thing.second:
            pair = [thing.colour, thing.second]
            return pair[::-1] if self.chance(0.5) else pair
        alone = len(self.scene.things) == 1
        rarely = 0.45 if thing.shape == "apple" and alone else 0.06
        return [] if self.chance(rarely) else [thing.colour]

    def place(self, thing: Thing) -> str:
        if not thing.place or self.chance(0.2):
            return ""
        if self.tags:
            return f", {thing.place}"
        before = "in the" if thing.place == "center" else self.pick("on the", "at the")
        return f" {before} {thing.place}"

    def pair(self, first: str, second: str) -> str:
        if self.tags:
            return f"{first}, {second}"
        across = self.scene.kind == "row"
        ahead = self.pick("left of", "left of", "to the left of") if across else "above"
        behind = self.pick("right of", "right of", "to the right of") if across else "below"
        if self.chance(0.2):
            return f"{first} and {second}"
        # The order of words alone gives away most places, but not this one: say it often.
        if self.chance(0.6):
            return f"{second} {behind} {first}"
        return f"{first} {ahead} {second}"

    def background(self) -> str:
        if self.chance(0.15):
            return ""
        colour = self.scene.background
        article = "an" if colour[0] in "ao" else "a"
        common = f" on {article} {colour} background"
        return self.pick(common, common, f", {colour} background", f" on {colour}")

    def border(self) -> str:
        if not self.scene.border or self.chance(0.3):
            return ""
        return self.pick(" with a border", ", border")


def _filled(text: str, rng: random.Random) -> str:
    luck = rng.random()
    if luck < 0.3:
        return f"{rng.choice(LEADS)} {text}"
    extra = rng.choice(FILLERS) if luck < 0.7 else _nonsense(rng)
    return rng.choice((f"{extra}, {text}", f"{text}, {extra}", f"{text} {extra}"))


def _long(text: str, rng: random.Random) -> str:
    """Bury a caption among many fillers, up to the length of a whole prompt."""
    extras = [
        rng.choice(FILLERS) if rng.random() < 0.85 else _nonsense(rng)
        for _ in range(rng.randint(4, 18))
    ]
    before = rng.choice((0, 0, rng.randint(0, len(extras))))
    return ", ".join([*extras[:before], text, *extras[before:]])


def _nonsense(rng: random.Random) -> str:
    return "".join(rng.choice(LETTERS) for _ in range(rng.randint(2, 7)))


def _weights(scene: Scene, text: str, rng: random.Random) -> dict[str, float]:
    """Choose weights that the picture bears out: of mixed colours by share, else of any word."""
    thing = scene.things[0]
    if scene.kind == "mixed" and rng.random() < 0.75:
        stronger, weaker = thing.colour, thing.second
        tilt = (thing.share - 0.5) / MIX_REACH
        if tilt < 0:
            stronger, weaker, tilt = weaker, stronger, -tilt
        return {stronger: 1 + tilt} if rng.random() < 0.55 else {weaker: 1 - tilt}
    if scene.kind != "mixed" and rng.random() < 0.08:
        words = [word for word in text.replace(",", " ").split() if len(word) > 2]
        return {rng.choice(words): rng.uniform(1.0, 1.5)}
    return {}


def _decorate(word: str, weight: float, rng: random.Random) -> str:
    style = rng.random()
    if style < 0.7:
        return f"({word}){weight:.1f}" if style < 0.5 else f"({word}){weight:.2f}"
    # A plus multiplies by 1.1, a minus by 0.9.
    up = weight >= 1
    count = round(abs(math.log(weight)) / abs(math.log(1.1 if up else 0.9)))
    return word + ("+" if up else "-") * max(1, min(7, count))
