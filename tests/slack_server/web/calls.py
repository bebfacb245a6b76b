"""A method of the Web API, and reading a call's arguments."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from aiohttp import web

from tests.slack_server.delivering import Delivering
from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.records import Payload

Perform = Callable[[Delivering, Payload], Payload]
"""What a method does: the answer to these arguments; ``SlackError`` if it is not ok."""
Methods = Mapping[str, Perform]

IN_JSON = ("blocks", "view", "files", "attachments", "metadata")
"""Arguments that are JSON within a form."""
TRUE = ("true", "1")


async def read_args(request: web.Request) -> Payload:
    """The arguments of a call, however they were sent."""
    args: Payload = dict(request.query)
    if request.content_type == "application/json":
        try:
            args.update(json.loads(await request.read() or b"{}"))
        except ValueError:
            raise SlackError("invalid_json") from None
    else:
        args.update(await request.post())
    for key in IN_JSON:
        if isinstance(args.get(key), str):
            args[key] = _parsed(key, args[key])
    return args


def _parsed(key: str, raw: str) -> object:
    try:
        return json.loads(raw)
    except ValueError:
        words = f"[ERROR] {key} is not JSON"
        error = {"blocks": "invalid_blocks_format", "metadata": "invalid_metadata_format"}
        raise SlackError(
            error.get(key, "invalid_arguments"), response_metadata={"messages": [words]}
        ) from None


def required(args: Payload, key: str) -> str:
    """An argument that has to be there."""
    value = args.get(key)
    if value in (None, ""):
        raise invalid_arguments(f"missing required field: {key}")
    return str(value)


def is_true(value: object) -> bool:
    """Whether an argument says yes."""
    return str(value).lower() in TRUE
