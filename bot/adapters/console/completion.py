"""Completion at the console: commands, flags, and the values that options can have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.commands import Command, Kind, Option, Source

CHOICES_MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """One completion and what it is."""

    text: str
    about: str = ""


Values = Mapping[Source, Callable[[], Iterable[Choice]]]


class CommandCompleter(Completer):
    """Completes from the command definitions; ``values`` says what a source has now."""

    def __init__(self, commands: Mapping[str, Command], values: Values) -> None:
        self._commands = commands
        self._values = values

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Yield the completions for the word before the cursor."""
        before = document.text_before_cursor
        word = before.split()[-1] if before and not before[-1].isspace() else ""
        for choice in self._choices(before, word):
            if choice.text.lower().startswith(word.lower()):
                yield Completion(choice.text, start_position=-len(word), display_meta=choice.about)

    def _choices(self, before: str, word: str) -> Iterable[Choice]:
        first, *rest = before.split() or [""]
        if not rest and first == word:
            return [Choice(f"/{name}", c.help) for name, c in self._commands.items()]
        command = self._commands.get(first.lstrip("/"))
        if command is None:
            return ()
        if word.startswith("-"):
            return self._flags(command)
        previous = rest[-2] if word and len(rest) > 1 else rest[-1] if rest and not word else ""
        option = command.by_flag(previous.lstrip("-")) if previous.startswith("--") else None
        if option is None and len(rest) <= (1 if word else 0):
            option = command.option(command.takes)
        return self._of(option) if option else ()

    def _flags(self, command: Command) -> Iterable[Choice]:
        for option in command.options:
            for flag in option.flags[:1]:
                yield Choice(f"--{flag}", option.help)

    def _of(self, option: Option) -> Iterable[Choice]:
        if option.choices:
            return [Choice(choice) for choice in option.choices]
        if option.kind is Kind.REFINER:
            return [Choice("off"), Choice("0.8")]
        source = self._values.get(option.source)
        return list(source())[:CHOICES_MOST] if source else ()
