"""The manifests."""

from __future__ import annotations

from typing import Final

CLI_MANIFEST: Final = "Print what Slack and Discord have to be told of the bot."
CLI_MANIFEST_SLACK: Final = "Print the Slack app manifest (YAML)."
CLI_MANIFEST_DISCORD: Final = "Print the Discord invite link and the commands."
MANIFEST_APPLICATION: Final = (
    "Put the application's id, from discord.com/developers/applications, in place of "
    "APPLICATION_ID."
)
MANIFEST_SERVER: Final = "To add the bot to a server:"
MANIFEST_ACCOUNT: Final = "To add its commands to your own account, where the bot is not:"


def manifest_permissions(names: tuple[str, ...], number: int) -> str:
    """Say what the link to a server asks for."""
    return f"Permissions ({number}): {', '.join(names)}. Privileged intents: none."


def manifest_command(name: str, help_: str) -> str:
    """One command."""
    return f"{name}  {help_}".rstrip()


def manifest_option(name: str, help_: str) -> str:
    """One option of a command."""
    return f"    {name}  {help_}"


SLACK_ABOUT: Final = "Pictures from words, on your own GPU; each can be made again."
SLACK_ART: Final = "Every command of Reroll: /art help lists them."
SLACK_ART_HINT: Final = "history red circle"
SLACK_IMAGINE: Final = "Imagine"
"""The entry of the menu that Slack has beside every message's input."""
MANIFEST_URL_ALLOWED: Final = "one like https://bot.example.org/slack/events"
CLI_MANIFEST_URL: Final = "The bot's address for signed HTTP instead of Socket Mode."


def fetched(name: str) -> str:
    """Say that a model has come."""
    return f"{name} is here now."
