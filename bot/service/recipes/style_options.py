"""What a style comes to as options of a command, without looking any name up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from bot.reading import Options
from bot.style import Style, loras_in
from bot.style_reading import StyleReader
from bot.values import LoraWish, Value
from generation.loras import LoraCatalogue
from generation.prompt import extract_loras
from storage.records import SavedStyle

Values = Mapping[str, Value]
SHAPES: Final = ("size", "aspect")
"""Of these one wins over both."""


def own_style(saved: SavedStyle, reader: StyleReader, loras: LoraCatalogue) -> Style:
    """Return a style that somebody saved, checked anew: LoRAs and the owner's limits may change.

    Raises ``UserError``.
    """
    settings = {name: str(value) for name, value in saved.settings.items()}
    negative = settings.pop("negative", "")
    wishes = reader.loras((settings.pop("lora", ""),))
    options = {name: reader.option(name, value) for name, value in settings.items()}
    bases = dict.fromkeys(base for wish in wishes if (base := loras.find(wish.name).base))
    return Style(
        name=saved.name,
        template=saved.prompt,
        negative=negative,
        options={**options, **({"lora": wishes} if wishes else {})},
        base=next(iter(bases), ""),
        picture=saved.picture,
    )


def with_style(style: Style, given: Values, kept: Values) -> Options:
    """Return what was given, over what a style brings, over defaults; no name is looked up."""
    values = dict(over(given, over(style.options, kept)))
    if style.loras:
        tagged = {use.name for use in extract_loras(str(given.get("prompt", "")))[1]}
        brought = [wish for wish in style.loras if wish.name not in tagged]
        values["lora"] = together(brought, given)
    return Options({**values, "style": style.words})


def over(upper: Values, under: Values) -> dict[str, Value]:
    """Return values over others; a size or aspect above replaces either below."""
    left = under
    if any(name in upper for name in SHAPES):
        left = {name: value for name, value in under.items() if name not in SHAPES}
    return {**left, **upper}


def together(brought: Iterable[LoraWish], given: Values) -> tuple[LoraWish, ...]:
    """Return LoRAs with those that were asked for over them; ``none`` was none at all."""
    asked = loras_in(given)
    if given.get("lora") == ():
        return ()
    return tuple({wish.name: wish for wish in (*brought, *asked)}.values())
