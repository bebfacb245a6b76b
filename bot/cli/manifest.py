"""``reroll manifest``: what to paste into Slack, and the link for Discord."""

from __future__ import annotations

import os

from bot import texts
from bot.commands import Widest, commands
from bot.manifest import DISCORD_PERMISSIONS, application_id, discord_invite, slack_manifest


def print_slack() -> int:
    """Print the Slack app manifest as YAML."""
    import yaml

    print(yaml.safe_dump(slack_manifest(commands(Widest())), sort_keys=False, width=100), end="")
    return 0


def print_discord() -> int:
    """Print the invite link, the permissions in it, and the commands."""
    application = application_id(os.environ.get("DISCORD_BOT_TOKEN", ""))
    print(discord_invite(application or "APPLICATION_ID"))
    if application is None:
        print(texts.MANIFEST_APPLICATION)
    print(texts.MANIFEST_PERMISSIONS.format(names=", ".join(DISCORD_PERMISSIONS)))
    for command in commands(Widest()):
        print(f"/{command.name}  {command.help}")
    return 0
