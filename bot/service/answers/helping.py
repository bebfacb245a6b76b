"""What the commands are, and what each of their options is."""

from __future__ import annotations

from bot import texts
from bot.command import Command, Kind, Option
from bot.reply import Line, Reply, code, line
from bot.service.desk import Request
from generation.errors import UnknownName
from generation.nearest import nearest


async def help_(request: Request) -> Reply:
    """Explain the commands, or one of them."""
    commands = request.desk.commands
    name = request.options.text("command").lstrip("/").lower()
    if not name:
        rows = [texts.help_row(command.name, command.help) for command in commands.values()]
        writing = (texts.HELP_WEIGHTS, texts.HELP_CHOICES)
        lines = (line(texts.HELP_TITLE), *rows, *map(line, writing), line(texts.HELP_MORE))
        data = tuple({"command": c.name, "help": c.help} for c in commands.values())
        return Reply(lines=lines, private=True, data=data)
    command = commands.get(name)
    if command is None:
        raise UnknownName("command", name[:60], nearest(name, commands))
    return Reply(lines=tuple(_explained(command)), private=True, data=(_as_data(command),))


def _explained(command: Command) -> list[Line]:
    lines = [texts.help_row(command.name, command.help)]
    lines += [
        texts.option_row(_typed(command, option), option.help, _allowed(option))
        for option in command.options
    ]
    if any(option.kind is Kind.AXIS for option in command.options):
        lines.append(line(texts.HELP_AXES))
    lines += [line(code(f"/{command.name} {example}")) for example in command.examples]
    return lines


def _typed(command: Command, option: Option) -> str:
    if option.name in (command.takes, command.then_takes, *command.in_turn):
        return option.name
    flags = (f"-{flag}" if len(flag) == 1 else f"--{flag}" for flag in option.flags)
    return ", ".join(flags) or option.name


def _allowed(option: Option) -> str:
    allowed = str(option.bounds) if option.bounds else ", ".join(option.choices)
    return f"({allowed})" if allowed else ""


def _as_data(command: Command) -> dict[str, object]:
    options = [
        {"name": o.name, "flags": list(o.flags), "help": o.help, "kind": o.kind.value}
        for o in command.options
    ]
    return {"command": command.name, "help": command.help, "options": options}
