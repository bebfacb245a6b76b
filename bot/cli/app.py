"""The commands of the shell. Each imports what it needs when it runs, so that help is quick."""

from __future__ import annotations

import asyncio
import sys
import traceback
from pathlib import Path
from typing import Annotated, Final

import typer

from bot import texts
from bot.cli.chat import shell_command
from bot.commands import Widest, commands
from generation.errors import UserError

INTERRUPTED: Final = 130
"""What typer makes of Ctrl-C."""

app = typer.Typer(
    name="reroll",
    help=texts.CLI_HELP,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
models_app = typer.Typer(invoke_without_command=True, add_completion=False)
bench_app = typer.Typer(invoke_without_command=True, add_completion=False)
manifest_app = typer.Typer(help=texts.CLI_MANIFEST, no_args_is_help=True, add_completion=False)

ConfigOption = Annotated[Path | None, typer.Option("--config", help=texts.CLI_CONFIG)]
JsonOption = Annotated[bool, typer.Option("--json", help=texts.CLI_JSON)]


@app.callback()
def _root(
    debug: Annotated[bool, typer.Option("--debug", help=texts.CLI_DEBUG)] = False,
) -> None: ...


@app.command("run", help=texts.CLI_RUN)
def _run(config: ConfigOption = None) -> None:
    from bot.cli.running import run_bot

    raise typer.Exit(asyncio.run(run_bot(config)))


@app.command("console", help=texts.CLI_CONSOLE)
def _console(config: ConfigOption = None) -> None:
    from bot.cli.shell import run_console

    raise typer.Exit(asyncio.run(run_console(config)))


@app.command("demo", help=texts.CLI_DEMO)
def _demo(config: ConfigOption = None) -> None:
    from bot.cli.demo import run_demo

    raise typer.Exit(asyncio.run(run_demo(config)))


@app.command("status", help=texts.CLI_STATUS)
def _status(
    config: ConfigOption = None,
    json: JsonOption = False,
    check: Annotated[bool, typer.Option("--check", help=texts.CLI_STATUS_CHECK)] = False,
) -> None:
    from bot.cli.shell import show_status

    raise typer.Exit(asyncio.run(show_status(config, as_json=json, check=check)))


@app.command("doctor", help=texts.CLI_DOCTOR)
def _doctor(config: ConfigOption = None, json: JsonOption = False) -> None:
    from bot.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(config, as_json=json))


@app.command("backup", help=texts.CLI_BACKUP)
def _backup(
    file: Annotated[str | None, typer.Argument(help=texts.CLI_BACKUP_FILE)] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    from bot.cli.backup import back_up

    raise typer.Exit(back_up(config, file, as_json=json))


@app.command("restore", help=texts.CLI_RESTORE)
def _restore(
    file: Annotated[Path, typer.Argument(help=texts.CLI_RESTORE_FILE)],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    from bot.cli.backup import restore

    raise typer.Exit(restore(config, file, as_json=json))


@app.command("audit", help=texts.CLI_AUDIT)
def _audit(
    actor: Annotated[str, typer.Argument(help=texts.CLI_AUDIT_ACTOR)] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=texts.CLI_AUDIT_LIMIT)] = 50,
    before: Annotated[int | None, typer.Option(min=1, help=texts.OPTION_HELP["before"])] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    from bot.cli.audit import show_audit

    shown = show_audit(config, actor=actor, limit=limit, before=before, as_json=json)
    raise typer.Exit(asyncio.run(shown))


@bench_app.callback(help=texts.CLI_BENCH)
def _bench(
    context: typer.Context,
    config: ConfigOption = None,
    json: JsonOption = False,
    model: Annotated[str, typer.Option(help=texts.CLI_BENCH_MODEL)] = "",
    random_weights: Annotated[str, typer.Option(help=texts.CLI_BENCH_RANDOM)] = "",
    steps: Annotated[int, typer.Option(min=0, help=texts.CLI_BENCH_STEPS)] = 0,
    size: Annotated[str, typer.Option(help=texts.CLI_BENCH_SIZE)] = "",
    repeats: Annotated[int | None, typer.Option(min=1, help=texts.CLI_BENCH_REPEATS)] = None,
    pictures: Annotated[int | None, typer.Option(min=2, help=texts.CLI_BENCH_PICTURES)] = None,
    only: Annotated[str, typer.Option(help=texts.CLI_BENCH_ONLY)] = "",
    quick: Annotated[bool, typer.Option("--quick", help=texts.CLI_BENCH_QUICK)] = False,
    moved: Annotated[list[str] | None, typer.Option("--with", help=texts.CLI_BENCH_WITH)] = None,
    lever: Annotated[list[str] | None, typer.Option(help=texts.CLI_BENCH_LEVER)] = None,
    plot: Annotated[Path | None, typer.Option(help=texts.CLI_BENCH_PLOT)] = None,
) -> None:
    from bot.cli.bench import run_bench
    from generation.bench.options import Options
    from generation.bench.words import INTERRUPTED

    if context.invoked_subcommand is not None:
        return
    options = Options(
        model=model,
        random_weights=random_weights,
        steps=steps,
        size=size,
        repeats=repeats,
        pictures=pictures,
        only=only,
        quick=quick,
        moved=moved or (),
        levers=lever or (),
    )
    code = run_bench(config, options, as_json=json, plot=plot)
    if code == INTERRUPTED:
        # Past what turns an interruption into another code: a bench is mostly run by scripts.
        raise SystemExit(code)
    raise typer.Exit(code)


@bench_app.command("history", help=texts.CLI_BENCH_HISTORY)
def _bench_history(
    context: typer.Context,
    json: JsonOption = False,
    rows: Annotated[int, typer.Option(help=texts.CLI_BENCH_ROWS)] = 1_000_000,
) -> None:
    from bot.cli.bench import run_history_bench

    # --json may stand before "history" as well.
    above = context.parent is not None and bool(context.parent.params.get("json"))
    raise typer.Exit(run_history_bench(rows, as_json=json or above))


@models_app.callback(help=texts.COMMAND_HELP["models"])
def _models(context: typer.Context, config: ConfigOption = None, json: JsonOption = False) -> None:
    from bot.cli.shell import run_command

    if context.invoked_subcommand is None:
        raise typer.Exit(asyncio.run(run_command("models", {}, config=config, as_json=json)))


@models_app.command("fetch", help=texts.CLI_FETCH)
def _fetch(name: str, config: ConfigOption = None) -> None:
    from bot.cli.fetching import fetch_model

    raise typer.Exit(fetch_model(config, name))


@manifest_app.command("slack", help=texts.CLI_MANIFEST_SLACK)
def _manifest_slack(
    url: Annotated[str, typer.Option(help=texts.CLI_MANIFEST_URL)] = "",
) -> None:
    from bot.cli.manifest import print_slack

    raise typer.Exit(print_slack(url))


@manifest_app.command("discord", help=texts.CLI_MANIFEST_DISCORD)
def _manifest_discord(config: ConfigOption = None, json: JsonOption = False) -> None:
    from bot.cli.manifest import print_discord

    raise typer.Exit(print_discord(config, as_json=json))


def _add_chat_commands() -> None:
    for command in commands(Widest()):
        if command.name == "models":
            app.add_typer(models_app, name="models")
        else:
            app.command(command.name, help=command.help)(shell_command(command))
    app.add_typer(bench_app, name="bench")
    app.add_typer(manifest_app, name="manifest")


_add_chat_commands()


def run(arguments: list[str]) -> int:
    """Run the shell command and return its exit code; every error is one sentence on stderr."""
    debug = "--debug" in arguments
    # It may stand anywhere in the line, as people type it at the end after a failure.
    rest = [argument for argument in arguments if argument != "--debug"]
    try:
        return _invoke(rest)
    except UserError as error:
        if debug:
            _say(traceback.format_exc())
        _say("".join(span.text for span in texts.words_of(error)))
        return error.exit_code
    except KeyboardInterrupt:
        _say(texts.CLI_STOPPED)
        return 1
    except BrokenPipeError:
        return 1
    except Exception as error:
        if debug:
            _say(traceback.format_exc())
        _say(texts.CLI_FAULT.format(fault=f"{type(error).__name__}: {error}"[:300]))
        return 1


def _invoke(arguments: list[str]) -> int:
    usage = typer.BadParameter.__mro__[2]
    command = typer.main.get_command(app)
    try:
        result = command.main(arguments, prog_name="reroll", standalone_mode=False)
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        if not isinstance(error, usage):
            raise
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        if message:
            _say(texts.CLI_USAGE.format(problem=" ".join(message.split()).rstrip(".")))
        return 2
    if result == INTERRUPTED:
        raise KeyboardInterrupt
    return result if isinstance(result, int) else 0


def _say(text: str) -> None:
    from bot.secrecy import without_secrets

    print(without_secrets(text).rstrip("\n"), file=sys.stderr)
