"""Completion at the console: commands, flags, and the values that options can have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from bot.command import Command, Option, Source
from bot.service.suggesting.suggestions import Suggestion

Complete = Callable[[Source, str], Iterable[Suggestion]]
"""Gives what a source has for what was typed so far, best first."""


class CommandCompleter(Completer):
    """Completes from the command definitions; ``complete`` knows what a source has now."""

    def __init__(self, commands: Mapping[str, Command], complete: Complete) -> None:
        self._commands = commands
        self._complete = complete

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """Yield the completions for the word before the cursor."""
        before = document.text_before_cursor
        word = before.split()[-1] if before and not before[-1].isspace() else ""
        for found in self._suggestions(before, word):
            yield Completion(found.value, start_position=-len(word), display_meta=found.about)

    def _suggestions(self, before: str, word: str) -> Iterable[Suggestion]:
        first, *rest = before.split() or [""]
        if not rest and first == word:
            return _beginning(word, ((f"/{name}", c.help) for name, c in self._commands.items()))
        command = self._commands.get(first.lstrip("/"))
        if command is None:
            return ()
        if word.startswith("-"):
            return _beginning(word, _flags(command))
        previous = rest[-2] if word and len(rest) > 1 else rest[-1] if rest and not word else ""
        option = command.by_flag(previous.lstrip("-")) if previous.startswith("--") else None
        if option is None:
            option = _in_place(command, len(rest) - (1 if word else 0))
        return self._of(option, word) if option else ()

    def _of(self, option: Option, word: str) -> Iterable[Suggestion]:
        if option.choices:
            return _beginning(word, ((choice, "") for choice in option.choices))
        return self._complete(option.source, word)


def _in_place(command: Command, before: int) -> Option | None:
    """Return the option that a word is for which comes after so many others."""
    names = (command.takes, *command.in_turn)
    return command.option(names[before]) if before < len(names) else None


def _flags(command: Command) -> Iterable[tuple[str, str]]:
    for option in command.options:
        for flag in option.flags[:1]:
            yield f"--{flag}", option.help


def _beginning(word: str, known: Iterable[tuple[str, str]]) -> Iterable[Suggestion]:
    """Yield the names that begin with a word, and what they are."""
    for name, about in known:
        if name.startswith(word.lower()):
            yield Suggestion(name, about)
