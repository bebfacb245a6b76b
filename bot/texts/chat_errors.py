"""Errors of the chat services."""

from __future__ import annotations

from typing import Final

from bot import chat_errors
from bot.reply import Line, code, line

SERVICES: Final[dict[str, str]] = {"discord": "Discord", "slack": "Slack"}

PORTALS: Final[dict[str, str]] = {
    "discord": "discord.com/developers/applications (your application, Bot)",
    "slack": "api.slack.com/apps",
}

ACCOUNT_HAS_PLACE: Final = frozenset({"slack"})
"""Where a bot belongs to one workspace, which the name of its account ends with."""

TOKEN_PLACES: Final[dict[str, str]] = {
    "SLACK_BOT_TOKEN": "api.slack.com/apps (your app, OAuth & Permissions)",
    "SLACK_APP_TOKEN": "api.slack.com/apps (your app, Basic Information, App-Level Tokens)",
    "SLACK_SIGNING_SECRET": "api.slack.com/apps (your app, Basic Information, App Credentials)",
}
"""Where each secret is to be had, if not simply at the portal of its service."""


def token_place(service: str, variable: str) -> str:
    """Return where a secret is to be had."""
    return TOKEN_PLACES.get(variable) or PORTALS.get(service, "its developer pages")


def wrong_token(error: chat_errors.WrongToken) -> Line:
    """Word a secret that is of another kind."""
    place = token_place(error.service, error.variable)
    needs = f"it needs the one that begins with {error.begins}, from {place}."
    if error.belongs:
        return line(f"{error.variable} holds a token for {error.belongs}: {needs}")
    return line(f"{error.variable} does not hold the right kind of token: {needs}")


def scopes_missing(error: chat_errors.ScopesMissing) -> Line:
    """Word rights that a token lacks."""
    service, names = SERVICES.get(error.service, error.service), ", ".join(error.scopes)
    if error.variable == "SLACK_APP_TOKEN":
        place = token_place(error.service, error.variable)
        fix = f"make a new one with that scope at {place}"
    else:
        fix = (
            f"add these scopes (`reroll manifest {error.service}` prints a manifest with all of "
            "them) and install the app again"
        )
    return line(f"{service}: the token in {error.variable} lacks {names}: {fix}.")


NOT_DELIVERED: Final[dict[str, str]] = {
    "closed": "neither the channel nor its direct messages let the bot write",
    "refused": "it takes no message with it",
    "down": "it could not be reached for hours",
}
"""Why a chat service does not have a result."""


def not_delivered(error: chat_errors.NotDelivered) -> Line:
    """Word a result that its asker did not get."""
    service, why = SERVICES.get(error.service, error.service), NOT_DELIVERED.get(error.reason, "")
    return line(
        f"The result could not be brought to {service}{': ' * bool(why)}{why}; ",
        code("/show"),
        " brings it wherever you ask for it.",
    )
