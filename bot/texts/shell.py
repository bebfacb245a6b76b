"""The shell: help of its commands, and what they print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot.texts.amounts import and_list, count_text, size_text
from bot.texts.chat_errors import ACCOUNT_HAS_PLACE, SERVICES

CLI_HELP: Final = "Pictures from words on your own GPU, in Discord, in Slack and right here."
CLI_CONFIG: Final = "The configuration file; otherwise REROLL_CONFIG or ./config.toml."
CLI_JSON: Final = "Print one JSON object per line."
CLI_DEBUG: Final = "Show the traceback of an error."
CLI_OUT: Final = "A folder to copy the pictures to."
CLI_RUN: Final = "Start the bot with every chat service whose tokens are set."
CLI_CONSOLE: Final = "Chat with the bot in this terminal, or pipe commands into it."
CLI_DEMO: Final = "Make, remake and check a picture with the built-in model."
CLI_STATUS: Final = "Show how the running bot is."
CLI_STATUS_CHECK: Final = "End with 1 unless a bot runs and answers, for health checks."
CLI_DOCTOR: Final = "Check the set-up and name the fix for each fault."
CLI_AUDIT: Final = "Show who asked for what, and what was refused."
CLI_AUDIT_ACTOR: Final = "Only what this person did, or what was done to their jobs."
CLI_AUDIT_LIMIT: Final = "How many lines."
CLI_FETCH: Final = "Download a model's weights before they are needed."
CLI_BACKUP: Final = "Put database and pictures into one file; a bot may run."
CLI_BACKUP_FILE: Final = "The file, or a folder for it; left out: in the data folder."
CLI_RESTORE: Final = "Put a backup in place; what is there is kept beside it."
CLI_RESTORE_FILE: Final = "The backup."
CLI_STOPPED: Final = "Stopped."
CLI_FAULT: Final = "Something went wrong inside Reroll ({fault}); --debug shows where."
CLI_USAGE: Final = "{problem}: reroll --help lists what there is."
CONSOLE_WELCOME: Final = (
    "Type /imagine and what to paint, /help for more, /quit to leave; Tab completes."
)
CONSOLE_CTRL_C: Final = "Ctrl-C stops a job; /quit leaves."


def status(
    worker: str,
    queue: int,
    adapters: Mapping[str, str],
    runs: bool,
    models: Mapping[str, int] | None = None,
) -> str:
    """Say how the bot is, and which models are in memory with how many bytes."""
    waiting = count_text(queue, "job waits", "jobs wait")
    if not runs:
        return f"Reroll does not run here; {waiting}."
    services = (f"; {SERVICES.get(name, name)} {state}" for name, state in adapters.items())
    held = tuple(f"{name} ({size_text(size)})" for name, size in (models or {}).items())
    memory = f"; in memory: {and_list(held)}" if held else ""
    return f"The worker is {worker}; {waiting}{''.join(services)}{memory}."


def backup_made(path: str, size: int, files: int, left_out: int) -> str:
    """Say where a backup is, and what is in it."""
    gone = ""
    if left_out:
        gone = f"; {count_text(left_out, 'file was', 'files were')} deleted meanwhile, or missing"
    what = count_text(files, "file", "files")
    return f"{path} has the database and {what} of pictures, {size_text(size)}{gone}."


def restored(path: str, files: int, before: tuple[str, ...]) -> str:
    """Say that a backup is in its place, and where that is which was there."""
    what = f"{path} is in place, with {count_text(files, 'file', 'files')} of pictures."
    if not before:
        return what
    return f"{what} What was there is kept as {and_list(before)}: delete it when all is well."


RUN_LEAVING: Final = "Leaving: what is not done yet goes on at the next start."


def run_adapter(service: str, account: str, places: int) -> str:
    """Say as whom the bot is connected to a chat service."""
    if service in ACCOUNT_HAS_PLACE:
        return f"{SERVICES.get(service, service)}: logged in as {account}."
    where = count_text(places, "server", "servers")
    if not places:
        where = f"no server yet (`reroll manifest {service}` prints the link that adds it to one)"
    return f"{SERVICES.get(service, service)}: logged in as {account}, in {where}."


AUDIT_EMPTY: Final = "Nothing has been noted."


def audit_nothing_of(actor: str) -> str:
    """Say that nobody with that key did anything, and how keys look."""
    known = "people are named like discord:1234 or slack:T0123:U0123"
    return f"Nothing has been noted of {actor}; {known}."


AUDIT_ACTIONS: Final[dict[str, str]] = {
    "asked": "asked for #{subject} with /{detail}",
    "refused": "was refused: {detail}",
    "cancelled": "cancelled #{subject} of {detail}",
    "deleted": "deleted #{subject} of {detail}",
    "settings": "set defaults of the channel: {detail}",
    "withheld": "was not given {subject}: the filter says {detail}",
    "forgot": "somebody on {detail} was forgotten",
}


def audit_what(action: str, subject: str, detail: str) -> str:
    """Say what somebody did."""
    words = AUDIT_ACTIONS.get(action)
    if words is None:
        return " ".join(filter(None, (action, subject, detail)))
    return words.format(subject=subject, detail=detail)


def audit_actor(actor: str, name: str) -> str:
    """Say who it was, by the name that people see and by the key."""
    return f"{name} ({actor})" if name else actor


def audit_more(cursor: int) -> str:
    """Say how to go on."""
    return f"There is more: --before {cursor} goes on."


def run_metrics(address: str) -> str:
    """Say where Prometheus finds the numbers."""
    return f"Metrics: {address}"


def run_ready(model: str, folder: str) -> str:
    """Say that jobs are taken, and what with."""
    return f"Jobs are taken, with the model {model}; all data is in {folder}. Ctrl-C stops."


def run_download(model: str, done: int, total: int) -> str:
    """Say how far the first download is."""
    amount = f" ({size_text(done)} of {size_text(total)})" if total else ""
    return f"The model {model} is being downloaded{amount}; jobs for it wait meanwhile."


DEMO_IMAGINE: Final = (
    "1. A picture from a sentence: ++ gives a word weight, the seed makes it repeatable."
)
DEMO_HISTORY: Final = "2. It is in the history."
DEMO_REROLL: Final = "3. The same recipe with a new seed."
DEMO_CHANGE: Final = "4. The same recipe and seed with other words."
DEMO_VERIFY: Final = "5. The first recipe again: the same pixels."


def demo_files(folder: str) -> str:
    """Say where the pictures are and what comes next."""
    return (
        f"\nThe pictures are in {folder}, each with its recipe inside.\n"
        "Next: `reroll console` to type for yourself, and README.md for a real model."
    )
