"""``reroll manifest``: what to paste into Slack, and the links and commands for Discord."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bot import texts
from bot.commands import Widest, commands
from bot.config import load_config
from bot.manifest import (
    DISCORD_PERMISSIONS,
    application_id,
    discord_install,
    discord_invite,
    discord_permissions,
    slack_manifest,
)
from generation.errors import BadValue

UNKNOWN: Final = "APPLICATION_ID"
_HTTPS: Final = re.compile(r"https://[^\s/]+(/\S*)?")


def print_slack(url: str) -> int:
    """Print the Slack app manifest as YAML; with a URL, for HTTP instead of Socket Mode."""
    import yaml

    if url and not _HTTPS.fullmatch(url):
        raise BadValue("url", url[:60], texts.MANIFEST_URL_ALLOWED)
    manifest = slack_manifest(commands(Widest()), url)
    print(yaml.safe_dump(manifest, sort_keys=False, width=100), end="")
    return 0


def print_discord(file: Path | None, *, as_json: bool) -> int:
    """Print the links that add the bot, the permissions in them, and the commands."""
    # Not before it is needed: the library takes its time to load.
    from bot.adapters.discord.describing import payloads

    known = application_id(os.environ.get("DISCORD_BOT_TOKEN", "").strip())
    invite, install = discord_invite(known or UNKNOWN), discord_install(known or UNKNOWN)
    made = payloads(commands(load_config(file).limits))
    if as_json:
        number = discord_permissions()
        found = {"invite": invite, "install": install, "permissions": number, "commands": made}
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(f"{texts.MANIFEST_SERVER}\n{invite}")
    print(f"{texts.MANIFEST_ACCOUNT}\n{install}")
    if known is None:
        print(texts.MANIFEST_APPLICATION)
    print(texts.manifest_permissions(tuple(DISCORD_PERMISSIONS), discord_permissions()))
    for payload in made:
        _print_command(payload)
    return 0


def _print_command(payload: Mapping[str, Any]) -> None:
    """Print a slash command with its options, or the entry of a menu."""
    sign = "/" if "description" in payload else ""
    print(texts.manifest_command(f"{sign}{payload['name']}", payload.get("description", "")))
    for option in payload.get("options", ()):
        print(texts.manifest_option(option["name"], option["description"]))
