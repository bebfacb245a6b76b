"""Brings the commands that Discord has up to date, and sends nothing where they are."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

import discord
from discord import app_commands

from bot import texts
from bot.adapters.discord.where import PLATFORM
from bot.chat_errors import NotInstalled
from bot.manifest import discord_invite

log = logging.getLogger(__name__)

MISSING_ACCESS: Final = 50001
UNKNOWN_GUILD: Final = 10004
LOOKED_AT_MOST: Final = 25
"""Servers that are looked at for commands of an earlier configuration: each is a request."""
_EVERYWHERE: Final = ("contexts", "integration_types")
"""What Discord keeps of commands that are not a server's own."""

Tree = app_commands.CommandTree[Any]
Payload = Mapping[str, Any]


async def sync(tree: Tree, guilds: Sequence[int]) -> bool:
    """Register the commands of a tree: in these guilds, or else everywhere.

    Taken away are those that would be shown twice: the ones everywhere where guilds are given, and
    those of other guilds that the client knows. Returns whether anything was sent. A guild that the
    bot may not bring commands to is left out, with a line in the log. Raises
    ``discord.HTTPException`` and whatever else requests raise.
    """
    if not guilds:
        sent = await _bring(tree, None)
        return await clear_others(tree, ()) or sent
    reached: list[int] = []
    sent = False
    for guild_id in guilds:
        guild = discord.Object(guild_id)
        tree.copy_global_to(guild=guild)
        try:
            sent = await _bring(tree, guild) or sent
            reached.append(guild_id)
        except (discord.Forbidden, discord.NotFound) as error:
            _note_refusal(tree, guild_id, error)
    if reached:
        # Otherwise those everywhere are all that people have.
        sent = await _clear_everywhere(tree) or sent
    return await clear_others(tree, guilds) or sent


async def _bring(tree: Tree, guild: discord.Object | None) -> bool:
    wanted = [command.to_dict(tree) for command in _commands(tree, guild)]
    present = await _fetch(tree, guild)
    if _same(wanted, present, everywhere=guild is None):
        return False
    await tree.sync(guild=guild)
    log.info("brought %d commands to %s", len(wanted), _place(guild))
    return True


async def clear_others(tree: Tree, guilds: Sequence[int]) -> bool:
    """Take away what an earlier configuration left in other guilds, as far as they are known."""
    sent = False
    for other in tree.client.guilds[:LOOKED_AT_MOST]:
        if other.id not in guilds:
            try:
                # The tree has nothing for this guild alone, which is what is brought to it.
                sent = await _bring(tree, discord.Object(other.id)) or sent
            except discord.Forbidden:
                # Without a right to commands there it has none there.
                continue
    return sent


async def _clear_everywhere(tree: Tree) -> bool:
    """Take away the commands that are no server's own; the tree keeps them, to answer for all."""
    present = await _fetch(tree, None)
    if present:
        await tree.client.http.bulk_upsert_global_commands(_application(tree), payload=[])
        log.info("took %d commands away from all servers", len(present))
    return bool(present)


async def _fetch(tree: Tree, guild: discord.Object | None) -> Sequence[Payload]:
    """Return what Discord has, in its own words: what the library makes of them loses contexts."""
    http, application = tree.client.http, _application(tree)
    found: Sequence[Payload]
    if guild is None:
        found = await http.get_global_commands(application)
    else:
        found = await http.get_guild_commands(application, guild.id)
    return found


def _application(tree: Tree) -> int:
    application: int | None = tree.client.application_id
    if application is None:
        raise app_commands.MissingApplicationID
    return application


def _commands(tree: Tree, guild: discord.Object | None) -> Sequence[Any]:
    kinds = discord.AppCommandType
    return [
        command
        for kind in (kinds.chat_input, kinds.message, kinds.user)
        for command in tree.get_commands(guild=guild, type=kind)
    ]


def _same(wanted: Sequence[Payload], present: Sequence[Payload], *, everywhere: bool) -> bool:
    there = {_key(command): command for command in present}
    return len(wanted) == len(there) and all(
        (other := there.get(_key(command))) is not None
        and _normal(command) == _normal(other)
        and not (everywhere and _moved(command, other))
        for command in wanted
    )


def _key(command: Payload) -> tuple[int, str]:
    """Return what no two commands of a place have in common: kind and name."""
    return command["type"], command["name"]


def _normal(command: Payload) -> dict[str, Any]:
    """Return what makes a difference to people, however the two sides write it."""
    permissions = command.get("default_member_permissions")
    return {
        "description": command.get("description") or "",
        "nsfw": bool(command.get("nsfw")),
        "permissions": None if permissions is None else str(permissions),
        "options": [_without_blanks(option) for option in command.get("options") or ()],
    }


def _moved(wanted: Payload, present: Payload) -> bool:
    """Whether a command is to be usable elsewhere; where that is left open, Discord decides."""
    return any(
        wanted.get(name) is not None and sorted(wanted[name]) != sorted(present.get(name) or ())
        for name in _EVERYWHERE
    )


def _without_blanks(value: Any) -> Any:
    """Leave out what is missing, off or empty; a bound of 0 is none of these."""
    if isinstance(value, Mapping):
        return {
            name: _without_blanks(inner)
            for name, inner in value.items()
            if inner is not None and inner is not False and inner not in ("", [], {})
        }
    return [_without_blanks(inner) for inner in value] if isinstance(value, list) else value


def _note_refusal(tree: Tree, guild_id: int, error: discord.HTTPException) -> None:
    if error.code not in (MISSING_ACCESS, UNKNOWN_GUILD):
        raise error
    invite = discord_invite(str(_application(tree)))
    fault = NotInstalled(PLATFORM, str(guild_id), invite)
    log.warning("%s", "".join(span.text for span in texts.words_of(fault)))


def _place(guild: discord.Object | None) -> str:
    return "all servers" if guild is None else f"server {guild.id}"
