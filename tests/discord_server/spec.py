"""Discord's own OpenAPI file as a checker of what goes over the wire.

The file is not ours to ship: where ``DISCORD_OPENAPI`` names it, every body is checked against it.
"""

from __future__ import annotations

import copy
import functools
import json
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.discord_server.form_errors import Flaw, leaf_errors, schema_flaw
from tests.discord_server.routes import Route

METHODS = ("get", "post", "put", "patch", "delete")

# Discord takes snowflakes as integers too, which the file does not say: discord.py sends the ids
# of attachments so.
SNOWFLAKE = {
    "anyOf": [
        {"type": "string", "pattern": "^(0|[1-9][0-9]*)$"},
        {"type": "integer", "minimum": 0},
    ]
}

FORMATS = FormatChecker([])


@FORMATS.checks("uri")
def _is_address(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return re.match(r"(https?|wss?|discord|attachment)://\S+$", value) is not None


@FORMATS.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.fromisoformat(value))


class Spec:
    """The official schemas of every request and answer."""

    def __init__(self, path: Path) -> None:
        self.document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        lenient = copy.deepcopy(self.document)
        lenient["components"]["schemas"]["SnowflakeType"] = SNOWFLAKE
        requests: Resource[Any] = DRAFT202012.create_resource(lenient)
        answers: Resource[Any] = DRAFT202012.create_resource(self.document)
        empty: Registry[Any] = Registry()
        self._registry = empty.with_resources([("urn:req", requests), ("urn:res", answers)])
        self._validators: dict[str, Draft202012Validator] = {}

    def routes(self) -> list[Route]:
        """Every operation of the file."""
        return [
            _route(method, template, item[method])
            for template, item in self.document["paths"].items()
            for method in METHODS
            if method in item
        ]

    def request_flaws(self, route: Route, body: object) -> list[Flaw]:
        """What is wrong with a request's JSON body; nothing where the operation takes none."""
        operation = self._operation(route)
        if "application/json" not in operation.get("requestBody", {}).get("content", {}):
            return []
        where = ("requestBody", "content", "application/json", "schema")
        uri = _pointer("urn:req", "paths", route.template, route.method.lower(), *where)
        return [schema_flaw(error) for error in self._errors(uri, body)]

    def answer_errors(self, route: Route, status: int, body: object) -> list[str]:
        """What is wrong with our own answer."""
        responses = self._operation(route)["responses"]
        if "application/json" not in responses.get(str(status), {}).get("content", {}):
            return []
        where = ("responses", str(status), "content", "application/json", "schema")
        uri = _pointer("urn:res", "paths", route.template, route.method.lower(), *where)
        return [_sentence(error) for error in self._errors(uri, body)]

    def object_errors(self, schema: str, body: object) -> list[str]:
        """What is wrong with an object of one of the named schemas."""
        uri = _pointer("urn:res", "components", "schemas", schema)
        return [_sentence(error) for error in self._errors(uri, body)]

    def _operation(self, route: Route) -> dict[str, Any]:
        operation: dict[str, Any] = self.document["paths"][route.template][route.method.lower()]
        return operation

    def _errors(self, uri: str, body: object) -> Iterator[ValidationError]:
        if uri not in self._validators:
            self._validators[uri] = Draft202012Validator(
                {"$ref": uri}, registry=self._registry, format_checker=FORMATS
            )
        for error in self._validators[uri].iter_errors(body):
            yield from leaf_errors(error)


def _route(method: str, template: str, operation: dict[str, Any]) -> Route:
    content = operation.get("requestBody", {}).get("content", {})
    return Route(
        method.upper(),
        template,
        operation["operationId"],
        is_open={} in operation.get("security", [{}]),
        takes_files="multipart/form-data" in content,
    )


def _pointer(document: str, *parts: str) -> str:
    escapes = {"~": "~0", "/": "~1", "{": "%7B", "}": "%7D"}
    escaped = ["".join(escapes.get(letter, letter) for letter in part) for part in parts]
    return f"{document}#/" + "/".join(escaped)


def _sentence(error: ValidationError) -> str:
    path = ".".join(str(key) for key in error.absolute_path)
    return f"{path}: {error.message[:200]}"


@functools.cache
def official_spec() -> Spec | None:
    """The official file, if the environment names it."""
    path = os.environ.get("DISCORD_OPENAPI")
    return Spec(Path(path)) if path else None
