"""The bot's commands, of everywhere and of one guild."""

from __future__ import annotations

from tests.discord_server.command_rules import check_commands
from tests.discord_server.form_errors import ApiError
from tests.discord_server.message_store import MessageStore
from tests.discord_server.payloads import command_payload
from tests.discord_server.records import Payload
from tests.discord_server.rest.calls import Answer, Call, Operation
from tests.discord_server.routes import Route

GLOBAL = "/applications/{application_id}/commands"
OF_GUILD = "/applications/{application_id}/guilds/{guild_id}/commands"


def _stored(server: MessageStore, commands: list[Payload]) -> list[Payload]:
    check_commands(commands)
    return [
        command_payload(command, server.snowflake(), server.snowflake(), server.app_id)
        for command in commands
    ]


def set_commands(server: MessageStore, call: Call) -> Answer:
    """Replace all global commands."""
    server.global_commands = _stored(server, call.body or [])
    return 200, server.global_commands


def list_commands(server: MessageStore, call: Call) -> Answer:
    """All global commands."""
    return 200, server.global_commands


def create_command(server: MessageStore, call: Call) -> Answer:
    """Add a global command, or replace the one of its name."""
    command = _stored(server, [call.form])[0]
    key = (command["type"], command["name"])
    others = [c for c in server.global_commands if (c["type"], c["name"]) != key]
    is_new = len(others) == len(server.global_commands)
    server.global_commands = [*others, command]
    return 201 if is_new else 200, command


def delete_command(server: MessageStore, call: Call) -> Answer:
    """Take a global command away."""
    others = [c for c in server.global_commands if c["id"] != call.params["command_id"]]
    if len(others) == len(server.global_commands):
        raise ApiError(404, 10063, "Unknown application command")
    server.global_commands = others
    return 204, None


def set_guild_commands(server: MessageStore, call: Call) -> Answer:
    """Replace all commands of a guild."""
    guild_id = _guild(server, call)
    commands = [{**c, "guild_id": guild_id} for c in _stored(server, call.body or [])]
    server.guild_commands[guild_id] = commands
    return 200, commands


def list_guild_commands(server: MessageStore, call: Call) -> Answer:
    """All commands of a guild."""
    return 200, server.guild_commands.get(_guild(server, call), [])


def _guild(server: MessageStore, call: Call) -> str:
    guild_id = call.params["guild_id"]
    if guild_id != server.guild_id:
        raise ApiError(403, 50001, "Missing Access")
    return guild_id


COMMAND_OPERATIONS = (
    Operation(Route("PUT", GLOBAL, "bulk_set_application_commands"), set_commands),
    Operation(Route("GET", GLOBAL, "list_application_commands"), list_commands),
    Operation(Route("POST", GLOBAL, "create_application_command"), create_command),
    Operation(
        Route("DELETE", GLOBAL + "/{command_id}", "delete_application_command"), delete_command
    ),
    Operation(Route("PUT", OF_GUILD, "bulk_set_guild_application_commands"), set_guild_commands),
    Operation(Route("GET", OF_GUILD, "list_guild_application_commands"), list_guild_commands),
)
