"""Jobs: what they are doing, and how they ended."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from bot import chat_errors
from bot.reply import Line, Span, code, faint, line, strong, user
from bot.texts.amounts import count_text, seconds_text, size_text, wait_text
from bot.texts.chat_errors import NOT_DELIVERED, SERVICES
from bot.texts.errors import words_of
from generation.errors import UserError

PHASES: Final[dict[str, str]] = {
    "starting": "starting the worker",
    "downloading": "downloading {what}",
    "loading": "loading {what}",
    "compiling": "compiling {what}",
    "encoding": "reading the prompt",
}
STAGES: Final[dict[str, str]] = {"base": "painting", "refiner": "refining", "decode": "developing"}
STATUS: Final[dict[str, str]] = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
BUTTONS: Final[dict[str, str]] = {
    "reroll": "Reroll",
    "edit": "Edit",
    "vary": "Vary",
    "recipe": "Recipe",
    "favorite": "Favorite",
    "delete": "Delete",
    "upscale": "Upscale",
    "cancel": "Cancel",
    "use": "Imagine with it",
    "show": "Show",
    "take": "Take",
    "look": "Look",
    "newer": "Newer",
    "older": "Older",
    "reveal": "Show it to me",
}
MENUS: Final[dict[str, str]] = {
    "recipe": "Recipe",
    "reroll": "Reroll",
    "use": "Use as input",
}
"""Entries of the menu that every message has, by their action."""
MENU_HELP: Final[dict[str, str]] = {
    "recipe": "Everything that decides the pixels, for your eyes only.",
    "reroll": "The same recipe with a new seed.",
    "use": "Start from a picture in this message.",
}
INTERRUPTED: Final = "I was restarted before I could take this in: please send it again."


def not_taken(job: str) -> Line:
    """Say that the service refuses a message for what is in it."""
    return line(
        strong(f"#{job}"),
        " is done, but the chat takes no message with it: try ",
        code(f"/show {job}"),
    )


def not_shown() -> Line:
    """Say that the service does not take an answer."""
    return line("The chat does not take that answer: ask for less at once, or try again later.")


def command_gone() -> Line:
    """Say that a command is one of an earlier version."""
    return line("That command has changed since: type it again, and pick it from the list.")


def form_too_long(most: int) -> Line:
    """Say that a text is too long for a form."""
    return line(f"Its text has over {most} characters, too many for a form: use /reroll instead.")


def form_too_late() -> Line:
    """Say that a form cannot be opened any more for this press."""
    return line("That took too long to open a form: please press again.")


def slack_private(job: str) -> Line:
    """Say where a private job goes on."""
    return line(strong(f"#{job}"), " is private: it goes on in our direct messages.")


def slack_not_here(job: str, bot: str) -> Line:
    """Say why a job does not go on in its channel, and what helps; ``bot`` is the bot's handle."""
    return line(
        strong(f"#{job}"),
        " goes on in our direct messages, as I am not in this channel: type ",
        code(f"/invite @{bot}"),
        " to have me here.",
    )


def slack_shut(job: str) -> Line:
    """Say that a job cannot go on where it was asked for."""
    return line(
        strong(f"#{job}"), " goes on in our direct messages, as I may not write where you asked."
    )


def guest_note() -> Line:
    """Say what comes of it where the bot has no right to the channel."""
    return line(
        "I am no member here, or may not see this channel: what takes over 15 minutes "
        "comes as a direct message."
    )


FORM_TITLE: Final = "Edit #{job}"
FORM_LABELS: Final[dict[str, str]] = {
    "prompt": "Prompt",
    "negative": "What it should not show",
    "seed": "Seed (or random)",
    "settings": "Settings",
    "strength": "How much of the picture to change",
}
USE_TITLE: Final = "Imagine with a picture"


def picture_kept(name: str, width: int, height: int) -> Line:
    """Say that a picture that somebody sent can be used."""
    return line("The picture ", user(name), f" ({width}x{height}) is here.")


def prompt_line(prompt: str) -> Line:
    """Say what was asked for."""
    return (Span(prompt, "user"),)


def queued(job: str, ahead: int, wait: float | None) -> Line:
    """Say that a job waits."""
    if ahead == 0:
        return line(strong(f"#{job}"), " is next.")
    estimate = f", about {wait_text(wait)}" if wait else ""
    return line(strong(f"#{job}"), f" waits behind {count_text(ahead, 'job', 'jobs')}{estimate}.")


def running(job: str) -> Line:
    """Say that a job runs."""
    return line(strong(f"#{job}"), " is being made.")


def phase_label(phase: str, what: str, done: int, total: int) -> str:
    """Say what has to be done before the first step."""
    label = PHASES[phase].format(what=what or "the model").strip()
    return f"{label} ({size_text(done)} of {size_text(total)})" if total else label


def step_label(index: int, count: int, stage: str, together: int = 1) -> str:
    """Say what is being done, to one picture or to several that are painted together."""
    if count == 1:
        return STAGES[stage]
    at_hand = f"{index} to {index + together - 1}" if together > 1 else f"{index}"
    return f"{STAGES[stage]} {at_hand} of {count}"


def done(
    job: str, seeds: tuple[int, ...], seconds: float | None, count: int, varied: str = ""
) -> Line:
    """Say that a job is done. ``varied`` says how one seed's noise is varied in each picture."""
    shown = seeds[:1] if varied else tuple(dict.fromkeys(seeds))
    seed = f" · seed{'s' if len(shown) > 1 else ''} {', '.join(map(str, shown))}" if shown else ""
    seed += f" varied {varied}" if varied else ""
    time = f" · {seconds_text(seconds)}" if seconds is not None else ""
    all_of_them = count_text(count, "picture", "pictures")
    short = f" · {len(seeds)} of {all_of_them}" if len(seeds) != count else ""
    return line(strong(f"#{job}"), f"{seed}{time}{short}")


def not_brought(error: chat_errors.NotDelivered) -> Line:
    """Say why a result that is shown now did not come when it was done."""
    service, why = SERVICES.get(error.service, error.service), NOT_DELIVERED.get(error.reason, "")
    return line(f"It could not be brought to {service} when it was done{': ' * bool(why)}{why}.")


def cancelled(job: str) -> Line:
    """Say that a job was stopped."""
    return line(strong(f"#{job}"), " was cancelled.")


def failed(job: str, error: UserError | None) -> Line:
    """Say that a job came to nothing, and why."""
    if error is None:
        return line(strong(f"#{job}"), " failed.")
    return line(strong(f"#{job}"), " failed: ", *words_of(error))


def deleted(job: str) -> Line:
    """Say that a job and its pictures are gone."""
    return line(strong(f"#{job}"), " was deleted, with its pictures.")


def asked_by(name: str) -> Line:
    """Say who asked, where nobody saw it."""
    return line(faint("for "), user(name))


def parent_line(parent: str) -> Line:
    """Say where a job came from."""
    return line(faint(f"from #{parent}"))


def different(settings: Mapping[str, str]) -> Line:
    """List the settings that are not the defaults; the values may be a person's words."""
    parts: list[Span] = []
    for name, value in settings.items():
        parts += [Span(" · " if parts else "", "faint"), Span(f"{name} ", "faint"), user(value)]
    return tuple(part for part in parts if part.text)


def warning(text: str) -> Line:
    """Word a warning: a key and a detail, with a tab between."""
    key, _, detail = text.partition("\t")
    return line(faint(WARNINGS.get(key, key + " {detail}").format(detail=detail).strip()))


WARNINGS: Final[dict[str, str]] = {
    "no-refiner": "This model has no refiner: the base painted alone.",
    "unguided": "Without guidance, which starts above 1, the negative prompt has no effect.",
    "base-no-step": "The switch point left the base no step: it painted alone.",
    "refiner-no-step": "The switch point left the refiner no step: the base painted alone.",
}


def cancelling(job: str) -> Line:
    """Say that a job is being stopped."""
    return line(strong(f"#{job}"), " is being stopped.")
