"""What Discord asks of application commands."""

from __future__ import annotations

import re
from collections import Counter

from tests.discord_server import limits
from tests.discord_server.form_errors import ApiError, Flaw, Path, invalid_form
from tests.discord_server.limits import choice_flaws, length_flaws
from tests.discord_server.records import Payload

SLASH = 1
GROUPS = (1, 2)
"""Types of options that are commands or groups of them."""
MOST = {1: 100, 2: 15, 3: 15}
"""How many commands of each type there may be."""
CHARACTERS = 8000
LAST_OPTION_TYPE = 11
LAST_CONTEXT = 2
LAST_INTEGRATION = 1


def check_commands(commands: list[Payload]) -> None:
    """Raise ``ApiError`` for commands that Discord refuses."""
    flaws: list[Flaw] = []
    seen: Counter[tuple[int, str]] = Counter()
    for index, command in enumerate(commands):
        key = (command.get("type") or SLASH, str(command.get("name")))
        if key in seen:
            flaws.append(
                Flaw(
                    [index],
                    "APPLICATION_COMMANDS_DUPLICATE_NAME",
                    "Application command names must be unique",
                )
            )
        seen[key] += 1
        flaws += _command_flaws(command, [index])
    for kind, most in MOST.items():
        if sum(1 for seen_kind, _ in seen if seen_kind == kind) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most})")
    if flaws:
        raise invalid_form(flaws)


def _command_flaws(command: Payload, path: Path) -> list[Flaw]:
    flaws = length_flaws(command, limits.COMMAND, path)
    if (command.get("type") or SLASH) == SLASH:
        if not _is_name(str(command.get("name"))):
            name_path: Path = [*path, "name"]
            code = "APPLICATION_COMMAND_INVALID_NAME"
            flaws.append(Flaw(name_path, code, "Command name is invalid"))
        if not command.get("description"):
            words = "This field is required"
            flaws.append(Flaw([*path, "description"], "BASE_TYPE_REQUIRED", words))
    if (size := _size(command)) > CHARACTERS:
        words = f"Command exceeds maximum size ({size} > {CHARACTERS})"
        flaws.append(Flaw(path, "APPLICATION_COMMAND_TOO_LARGE", words))
    flaws += _place_flaws(command, path)
    flaws += _options_flaws(command.get("options") or [], path)
    return flaws


def _is_name(name: str) -> bool:
    return re.fullmatch(r"[-_'\w]{1,32}", name) is not None and name == name.lower()


def _size(node: Payload) -> int:
    size = len(node.get("name") or "") + len(node.get("description") or "")
    for choice in node.get("choices") or []:
        size += len(choice.get("name") or "") + len(str(choice.get("value")))
    return size + sum(map(_size, node.get("options") or []))


def _place_flaws(command: Payload, path: Path) -> list[Flaw]:
    flaws = []
    for key, last in (("contexts", LAST_CONTEXT), ("integration_types", LAST_INTEGRATION)):
        allowed = tuple(range(last + 1))
        for index, value in enumerate(command.get(key) or []):
            if value not in allowed:
                words = f"Value must be one of {allowed}."
                flaws.append(Flaw([*path, key, index], "BASE_TYPE_CHOICES", words))
    return flaws


def _options_flaws(options: list[Payload], path: Path) -> list[Flaw]:
    flaws: list[Flaw] = []
    names: set[str] = set()
    is_after_optional = False
    for index, option in enumerate(options):
        here: Path = [*path, "options", index]
        flaws += _option_flaws(option, here)
        name = option.get("name", "")
        if name in names:
            code = "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"
            flaws.append(Flaw([*here, "name"], code, "option names must be unique"))
        names.add(name)
        if option.get("required") and is_after_optional:
            code = "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID"
            words = "Required options must be placed before non-required options"
            flaws.append(Flaw(here, code, words))
        is_after_optional |= not option.get("required") and option.get("type") not in GROUPS
    return flaws


def _option_flaws(option: Payload, path: Path) -> list[Flaw]:
    flaws = length_flaws(option, limits.OPTION, path)
    flaws += choice_flaws(option.get("choices") or [], [*path, "choices"])
    if not _is_name(option.get("name", "")):
        words = "String value did not match validation regex."
        flaws.append(Flaw([*path, "name"], "STRING_TYPE_REGEX", words))
    if option.get("type") not in range(1, LAST_OPTION_TYPE + 1):
        words = f"Value must be one of {tuple(range(1, LAST_OPTION_TYPE + 1))}."
        flaws.append(Flaw([*path, "type"], "BASE_TYPE_CHOICES", words))
    if option.get("autocomplete") and option.get("choices"):
        code = "APPLICATION_COMMAND_OPTIONS_CHOICES_INVALID"
        flaws.append(Flaw(path, code, "choices and autocomplete exclude each other"))
    return flaws + _options_flaws(option.get("options") or [], path)
