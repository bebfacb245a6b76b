"""What a configuration has to choose from: LoRAs, styles, and what completes options."""

from __future__ import annotations

from bot.commands import commands
from bot.config import Config
from bot.service.suggesting.style_suggestions import Own, StyleSuggestions
from bot.service.suggesting.suggestions import Suggestions
from bot.style_reading import StyleReader
from bot.styles import StyleBook
from generation.loras import LoraCatalogue


def catalogue(config: Config) -> LoraCatalogue:
    """Return the LoRAs of a configuration."""
    return LoraCatalogue((config.generation().loras,))


def style_book(config: Config, loras: LoraCatalogue) -> StyleBook:
    """Return the styles of a configuration, before the first look at them."""
    file = config.absolute(config.settings.generation.styles)
    return StyleBook(file, StyleReader(config.limits, config.models(), loras), loras)


def style_suggestions(config: Config, book: StyleBook, own: Own) -> StyleSuggestions:
    """Return what completes the names of styles."""
    named = {model.name: model for model in config.models()}
    return StyleSuggestions(book, named[config.settings.generation.model], own)


def suggestions(config: Config) -> Suggestions:
    """Return what completes options, without jobs, and before the first look at the LoRAs."""
    loras = catalogue(config)
    styles = style_suggestions(config, style_book(config, loras), lambda _actor: ())
    return Suggestions(config, commands(config.limits), loras, styles)
