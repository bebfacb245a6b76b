"""Chat commands as shell commands, compiled from the one definition."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from bot import texts
from bot.command import Command, Kind, Option
from bot.invocation import Given

_SHOWS_PICTURES: Final = (
    "imagine",
    "reroll",
    "vary",
    "upscale",
    "compare",
    "show",
    "verify",
    "history",
    "favorites",
    "styles",
)
"""The commands whose pictures and sheets can be copied to a folder."""


def shell_command(command: Command) -> Callable[..., None]:
    """Return a function whose signature is the command's options, as typer reads it.

    Values stay texts: the service checks them, with the same sentences as everywhere.
    """

    def run(**values: Any) -> None:
        from bot.cli.shell import run_command

        out = values.pop("out", None)
        config, as_json = values.pop("config"), values.pop("json")
        options = _given(command, values)
        code = asyncio.run(
            run_command(command.name, options, config=config, as_json=as_json, out=out)
        )
        raise typer.Exit(code)

    parameters = _parameters(command)
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    run.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return run


def _parameters(command: Command) -> list[inspect.Parameter]:
    parameters = [_argument(command)] if command.takes else []
    parameters += [
        _option(option)
        for option in command.options
        if option.name not in (command.takes, command.then_takes, *command.in_turn)
        or (option.flags and option.name == command.then_takes)
    ]
    if command.name in _SHOWS_PICTURES:
        parameters.append(
            _parameter("out", Annotated[Path | None, typer.Option("--out", help=texts.CLI_OUT)])
        )
    config = Annotated[Path | None, typer.Option("--config", help=texts.CLI_CONFIG)]
    as_json = Annotated[bool, typer.Option("--json", help=texts.CLI_JSON)]
    return [*parameters, _parameter("config", config), _parameter("json", as_json, default=False)]


def _argument(command: Command) -> inspect.Parameter:
    option = command.option(command.takes)
    if option is None:
        raise ValueError(f"{command.name} takes no {command.takes}")
    words = typer.Argument(help=option.help, metavar=option.name.upper(), show_default=False)
    return _parameter(option.name, Annotated[list[str] | None, words])


def _option(option: Option) -> inspect.Parameter:
    names = [f"-{flag}" if len(flag) == 1 else f"--{flag}" for flag in option.flags]
    if option.kind is Kind.FLAG:
        return _parameter(
            option.name, Annotated[bool, typer.Option(*names, help=option.help)], default=False
        )
    metavar = option.kind.value.upper().replace(" ", "_")
    about = typer.Option(*names, help=option.help, metavar=metavar)
    kind = list[str] | None if option.repeats else str | None
    return _parameter(option.name, Annotated[kind, about])


def _parameter(name: str, annotation: Any, default: object = None) -> inspect.Parameter:
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
    )


def _given(command: Command, values: dict[str, Any]) -> dict[str, Given]:
    """Return only what was given, in the form of an invocation."""
    given: dict[str, Given] = {}
    for name, value in values.items():
        if value is None or value is False or value == []:
            continue
        if name == command.takes:
            given[name] = " ".join(value)
        else:
            given[name] = tuple(value) if isinstance(value, list) else value
    return given
