"""What is wrong with a body, in the form in which Discord says it (code 50035)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from jsonschema.exceptions import ValidationError

Path = list[str | int]

LENGTHS = ("maxLength", "minLength", "maxItems", "minItems", "maxProperties")


class Flaw(NamedTuple):
    """One thing that is wrong: where in the body, Discord's name for it, and the words."""

    path: Path
    code: str
    message: str


class ApiError(Exception):
    """An answer that is not a success: its status and its JSON body."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.body: dict[str, Any] = {"message": message, "code": code}


def invalid_form(flaws: Sequence[Flaw], inside: str = "") -> ApiError:
    """The refusal of a body with these flaws; ``inside`` names the key that held what was read."""
    error = ApiError(400, 50035, "Invalid Form Body")
    error.body["errors"] = _tree(flaws, inside)
    return error


def _tree(flaws: Sequence[Flaw], inside: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for flaw in flaws:
        node = tree
        for key in [inside, *flaw.path] if inside else flaw.path:
            node = node.setdefault(str(key), {})
        node.setdefault("_errors", []).append({"code": flaw.code, "message": flaw.message})
    return tree


def length_flaw(path: Path, low: int | None, high: int | None) -> Flaw:
    """A text or a list that is too long or too short."""
    if low and high is not None:
        return Flaw(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {low} and {high} in length.")
    if high is not None:
        return Flaw(path, "BASE_TYPE_MAX_LENGTH", f"Must be {high} or fewer in length.")
    return Flaw(path, "BASE_TYPE_MIN_LENGTH", f"Must be {low} or more in length.")


def required_flaw(path: Path) -> Flaw:
    """Something that has to be there."""
    return Flaw(path, "BASE_TYPE_REQUIRED", "This field is required")


def schema_flaw(error: ValidationError) -> Flaw:
    """What a schema found, in Discord's words."""
    path: Path = list(error.absolute_path)
    schema: dict[str, Any] = error.schema if isinstance(error.schema, dict) else {}
    kind = str(error.validator)
    if kind in LENGTHS:
        low = schema.get("minLength", schema.get("minItems"))
        high = schema.get("maxLength", schema.get("maxItems", schema.get("maxProperties")))
        return length_flaw(path, low, high)
    if kind == "required":
        missing = re.match(r"'(.+?)' is a required", error.message)
        return required_flaw([*path, missing[1]] if missing else path)
    if constants := _constants(error):
        return Flaw(path, "BASE_TYPE_CHOICES", f"Value must be one of {tuple(constants)}.")
    return Flaw(path, *_words(kind, schema, error.message[:200]))


def _constants(error: ValidationError) -> list[Any]:
    """The values there are to choose from, if each alternative is a single one."""
    inner = error.context or []
    if any(one.validator != "const" or one.relative_path for one in inner):
        return []
    return [one.validator_value for one in inner]


def _words(kind: str, schema: dict[str, Any], message: str) -> tuple[str, str]:
    match kind:
        case "enum":
            return "BASE_TYPE_CHOICES", f"Value must be one of {schema.get('enum')}."
        case "maximum":
            limit = schema.get("maximum")
            return "NUMBER_TYPE_MAX", f"int value should be less than or equal to {limit}."
        case "minimum":
            limit = schema.get("minimum")
            return "NUMBER_TYPE_MIN", f"int value should be greater than or equal to {limit}."
        case "pattern":
            return "STRING_TYPE_REGEX", "String value did not match validation regex."
        case "format":
            return "URL_TYPE_INVALID_URL", "Not a well formed URL."
        case "uniqueItems":
            return "SET_TYPE_ALREADY_CONTAINS_VALUE", "The set already contains this value"
    return "MODEL_TYPE_CONVERT", message


def leaf_errors(error: ValidationError) -> Iterator[ValidationError]:
    """What is wrong inside the alternative that was meant, not that no alternative fits."""
    if not error.context or error.validator not in ("anyOf", "oneOf") or _constants(error):
        yield error
        return
    alternatives: defaultdict[str | int, list[ValidationError]] = defaultdict(list)
    for inner in error.context:
        alternatives[inner.schema_path[0]].append(inner)
    meant = [errors for errors in alternatives.values() if not _is_another_type(errors)]
    leaves = [
        [leaf for inner in errors for leaf in leaf_errors(inner)]
        for errors in meant or alternatives.values()
    ]
    yield from min(leaves, key=len)


def _is_another_type(errors: Iterable[ValidationError]) -> bool:
    """Whether the body's ``type`` field says that this alternative was not meant."""
    for error in errors:
        path = list(error.relative_path)
        if path == ["type"] and error.validator in ("enum", "const"):
            return True
        if not path and error.validator == "type":
            return True
    return False
