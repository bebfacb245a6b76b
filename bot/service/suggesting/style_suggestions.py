"""Which styles somebody can choose from: their own first, then those of everybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot import texts
from bot.command import NONE
from bot.service.suggesting.matching import Entry
from bot.styles import StyleBook
from generation.models import Model
from storage.records import SavedStyle

Own = Callable[[str], Sequence[SavedStyle]]
"""Gives the styles of an actor, from memory."""


class StyleSuggestions:
    """Knows the styles that are for the default model, as they were at the last look."""

    def __init__(self, book: StyleBook, model: Model, own: Own) -> None:
        self._book = book
        self._model = model
        self._own = own
        self._entries: tuple[Entry, ...] = ()

    def refresh(self) -> None:
        """Look at the styles again; reads the disk."""
        self._book.refresh()
        self._entries = tuple(
            Entry(style.name, style.title, style.title)
            for style in self._book.all()
            if style.fits(self._model)
        )

    def entries(self, actor: str) -> tuple[Entry, ...]:
        """Return what somebody can choose; the last takes a style away."""
        own = tuple(Entry(saved.name, texts.OWN_STYLE) for saved in self._own(actor))
        names = {entry.name for entry in own}
        rest = (entry for entry in self._entries if entry.name not in names)
        return (*own, *rest, Entry(NONE, texts.NO_STYLE))
