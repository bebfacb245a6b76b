"""From an invocation to checked options: flags in the text first, typed options over them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bot.command import Command, Option
from bot.errors import UnexpectedWords, UnknownFlag
from bot.flags import parse_flags
from bot.invocation import Given
from bot.values import Value, is_id, read_value


@dataclass(frozen=True, slots=True)
class Options:
    """The checked options of one command; ``values`` holds only what was given."""

    values: Mapping[str, Value] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str) -> str:
        """Return a text option, empty where it was not given."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        """Return whether a switch is on."""
        return self.values.get(name) is True

    def integer(self, name: str, default: int) -> int:
        """Return a whole number."""
        value = self.values.get(name, default)
        return value if isinstance(value, int) else default


def read_options(command: Command, given: Mapping[str, Given]) -> Options:
    """Read all that was given for a command.

    Raises the errors of ``bot.flags`` and ``bot.values``, ``UnexpectedWords`` for text that the
    command has no use for, and ``UnknownFlag`` for an option that it does not have.
    """
    raw: dict[str, Given] = {}
    text = given.get(command.takes, "") if command.takes else given.get("", "")
    if isinstance(text, str) and text:
        parsed = parse_flags(command, text)
        raw.update({name: tuple(texts) for name, texts in parsed.options.items()})
        raw.update(_take(command, parsed.text))
    elif command.takes in given:
        raw[command.takes] = text
    more = given.get(command.then_takes) if command.then_takes else None
    if isinstance(more, str) and more:
        # A prompt that is typed into a field of its own may hold flags like any other.
        parsed = parse_flags(command, more)
        raw.update({name: tuple(texts) for name, texts in parsed.options.items()})
        raw.update({command.then_takes: parsed.text} if parsed.text else {})
    prose = ("", command.takes, command.then_takes)
    raw.update({name: value for name, value in given.items() if name not in prose})
    return Options({name: read_value(_option(command, name), raw[name]) for name in raw})


def _option(command: Command, name: str) -> Option:
    option = command.option(name)
    if option is None:
        # A form or a command of an earlier version may have had it.
        raise UnknownFlag(f"--{name[:40]}", command.name)
    return option


def _take(command: Command, text: str) -> dict[str, Given]:
    """Say which options the text without flags is for."""
    if not text:
        return {}
    if not command.takes:
        raise UnexpectedWords(text[:60], command.name)
    if command.in_turn:
        return _in_turn(command, text.split())
    if not command.then_takes:
        return {command.takes: text}
    first, _, rest = text.partition(" ")
    if not is_id(first):
        return {command.then_takes: text}
    taken: dict[str, Given] = {command.takes: first}
    if rest.strip():
        taken[command.then_takes] = rest.strip()
    return taken


def _in_turn(command: Command, words: Sequence[str]) -> dict[str, Given]:
    names = (command.takes, *command.in_turn)
    first = command.option(command.takes)
    if first and first.choices and len(words) == 1 and words[0].lower() not in first.choices:
        # A name alone asks for what it names.
        names = command.in_turn
    if len(words) > len(names):
        raise UnexpectedWords(words[len(names)][:60], command.name)
    return dict(zip(names, words, strict=False))
