"""What people may not do, or no more."""

from __future__ import annotations

from typing import Final

from bot import errors
from bot.reply import Line, line
from bot.texts.amounts import count_text, wait_text


def not_our_message(error: errors.NotOurMessage) -> Line:
    """Say that a message shows no picture that can be worked on."""
    if error.action == "reroll":
        return line("That message shows no picture of mine: /reroll takes an id, too.")
    return line("That message has no picture: choose one that has, or send me a file.")


def not_yours(error: errors.NotYours) -> Line:
    """Say whose a job is to change."""
    verb = {"cancel": "cancel", "delete": "delete", "favorite": "keep"}.get(
        error.action, error.action
    )
    return line(f"Only the one who asked for #{error.id}, or an admin, can {verb} it.")


ABSENT_FAULTS: Final[dict[str, str]] = {
    "withheld": "is withheld by the owner's filter: choose another picture",
    "expired": "has no file any more, its time was over: make it again first",
}


def picture_absent(error: errors.PictureAbsent) -> Line:
    """Say why a picture cannot be worked on."""
    return line(f"{error.id} {ABSENT_FAULTS.get(error.reason, error.reason)}.")


def already_over(error: errors.AlreadyOver) -> Line:
    """Say that a job has ended."""
    how = {"failed": "has failed", "cancelled": "was cancelled already"}.get(
        error.status, "is done already"
    )
    return line(f"#{error.id} {how}, so there is nothing to stop.")


ACCESS_FAULTS: Final[dict[str, str]] = {
    "guild": "Reroll is not open to this server: use it on one where it is, or ask its owner.",
    "direct": "Reroll does not answer direct messages here: use it in a channel where it is open.",
    "channel": "Reroll is not open in this channel: use it in one that its owner chose for it.",
    "role": "Reroll is open to certain roles only: ask an admin of this server for one of them.",
}


def not_allowed(error: errors.NotAllowed) -> Line:
    """Say why somebody is not let in."""
    default = "Reroll is not open to you here: ask its owner."
    return line(ACCESS_FAULTS.get(error.reason, default))


PERIODS: Final[dict[str, str]] = {"commands": "a minute", "jobs": "an hour"}


def too_often(error: errors.TooOften) -> Line:
    """Say when somebody may ask again."""
    had = count_text(error.limit, error.what.removesuffix("s"), error.what)
    period = PERIODS.get(error.what, "a while")
    wait = wait_text(error.seconds)
    return line(f"You have had {had} within {period}, which is the most: try again in {wait}.")
