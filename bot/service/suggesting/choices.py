"""What options can be chosen from as long as the bot runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bot import texts
from bot.areas import REGIONS
from bot.command import NONE, Command, Source
from bot.config import Config
from bot.recipe_options import SETTABLE
from bot.service.suggesting.matching import Entry
from bot.values import OFF, RANDOM
from generation.models import Model
from generation.samplers import DEFAULT_SAMPLER, SAMPLERS
from generation.sizes import buckets, size_for

ASPECTS: Final = (
    "1:1", "5:4", "4:5", "4:3", "3:4", "3:2", "2:3", "16:9", "9:16", "2:1", "1:2", "21:9", "9:21",
    "3:1", "1:3", "4:1", "1:4",
)  # fmt: skip
"""Formats that people know, the squarest first."""
SWITCHES: Final = ("0.6", "0.7", "0.8", "0.9", "0.95")
EXTENTS: Final = (
    "left 25%", "right 25%", "top 25%", "bottom 25%", "all 25%", "left 50%,right 50%", "all 64px",
)  # fmt: skip
ALL: Final = "all"


def choices(config: Config, commands: Sequence[Command]) -> Mapping[Source, tuple[Entry, ...]]:
    """Return what each source has, in the order in which it is shown."""
    models = {model.name: model for model in config.models()}
    model = models[config.settings.generation.model]
    return {
        Source.MODELS: _usual_first(model.name, models),
        Source.SAMPLERS: _usual_first(DEFAULT_SAMPLER, SAMPLERS),
        Source.ASPECTS: tuple(Entry(aspect, _by(size_for(aspect, model))) for aspect in ASPECTS),
        Source.SIZES: tuple(_sizes(model, config.limits.megapixels)),
        Source.REFINERS: _refiners(config, model),
        Source.AXES: tuple(_axes(config, model)),
        Source.REGIONS: tuple(map(Entry, REGIONS)),
        Source.EXTENTS: tuple(map(Entry, EXTENTS)),
        Source.SEEDS: (Entry(RANDOM, texts.SUGGESTED_SEED),),
        Source.COMMANDS: tuple(Entry(each.name, each.help, each.help) for each in commands),
        Source.SETTINGS: tuple(_settings(commands)),
    }


def _usual_first(default: str, names: Iterable[str]) -> tuple[Entry, ...]:
    rest = (Entry(name) for name in dict.fromkeys(names) if name != default)
    return Entry(default, texts.SUGGESTED_DEFAULT), *rest


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"


def _sizes(model: Model, megapixels: float) -> Iterable[Entry]:
    """Yield the trained sizes that the owner allows, the squarest first, with their formats."""
    formats = {size_for(aspect, model): aspect for aspect in reversed(ASPECTS)}
    allowed = [size for size in buckets(model.size) if math.prod(size) <= megapixels * 1e6]
    for size in sorted(allowed, key=lambda size: abs(math.log(size[0] / size[1]))):
        yield Entry(_by(size), formats.get(size, ""))


def _refiners(config: Config, model: Model) -> tuple[Entry, ...]:
    if not model.refiner:
        return _usual_first(OFF, ())
    owner = config.settings.generation.refiner
    switch = model.refiner_switch if owner == "auto" else owner
    return _usual_first(f"{switch:g}" if switch >= 0.5 else OFF, (OFF, *SWITCHES))


def _axes(config: Config, model: Model) -> Iterable[Entry]:
    """Yield axes as one may write them, each with what it compares."""
    most = min(2 * model.steps, config.limits.steps)
    axes = {
        "guidance": "5..11/4",
        "steps": f"{max(1, most // 4)}..{most}/4" if most > 1 else "",
        "seed": "1..4",
        "sampler": "euler,dpm++2m,unipc",
        "refiner": "off,0.7,0.8,0.9" if model.refiner else "",
        "lora": f"{NONE},NAME",
        "style": f"{NONE},NAME",
        "strength": "0.3..0.9/4",
        "weight:WORD": "0.6..1.4/5",
        "negative": f"{NONE},WORDS",
    }
    for name, values in axes.items():
        if values:
            yield Entry(f"{name}={values}", texts.AXES_ABOUT[name], name)


def _settings(commands: Sequence[Command]) -> Iterable[Entry]:
    yield Entry(ALL, texts.SUGGESTED_ALL)
    for command in commands:
        for option in command.options:
            if command.name == "settings" and option.name in SETTABLE:
                yield Entry(option.flags[0], option.help)
