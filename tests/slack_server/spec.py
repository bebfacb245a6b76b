"""Slack's own OpenAPI file as a checker of our answers.

The file is not ours to ship: where ``SLACK_OPENAPI`` names it, answers are checked against it. It
is from 2021 and describes no request, and of answers neither messages nor views as they are today.
"""

from __future__ import annotations

import functools
import json
import os
from pathlib import Path
from typing import Any

from jsonschema import Draft4Validator

from tests.slack_server.records import Payload

VIEW_METHODS = ("views.open", "views.update", "views.push", "views.publish")
OUTDATED = ("message", "messages")
"""Parts of answers that the file knows in an old form."""
ADDED = ("alt_txt", "response_metadata", "shares")
"""What answers and files have had only since, or with ids of another length."""


class Spec:
    """The official schemas of the answers."""

    def __init__(self, path: Path) -> None:
        self._document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        self._validators: dict[str, Draft4Validator | None] = {}

    def answer_errors(self, method: str, answer: Payload) -> list[str]:
        """What is wrong with our own answer; nothing where the file does not know the method."""
        validator = self._validator(method)
        if validator is None:
            return []
        errors = []
        for error in validator.iter_errors(_without_additions(answer)):
            path = list(error.absolute_path)
            if not path or path[0] not in OUTDATED:
                errors.append(f"{'.'.join(map(str, path))}: {error.message[:200]}")
        return errors

    def _validator(self, method: str) -> Draft4Validator | None:
        if method not in self._validators:
            item = self._document["paths"].get(f"/{method}", {})
            operation = item.get("post") or item.get("get")
            self._validators[method] = None
            if operation and method not in VIEW_METHODS:
                schema = operation["responses"]["200"]["schema"]
                definitions = self._document["definitions"]
                self._validators[method] = Draft4Validator({**schema, "definitions": definitions})
        return self._validators[method]


def _without_additions(answer: Payload) -> Payload:
    """An answer as it would have been when the file was made."""
    older = {key: value for key, value in answer.items() if key not in ADDED}
    if isinstance(file := older.get("file"), dict):
        older["file"] = {key: value for key, value in file.items() if key not in ADDED}
    return older


@functools.cache
def official_spec() -> Spec | None:
    """The official file, if the environment names it."""
    path = os.environ.get("SLACK_OPENAPI")
    return Spec(Path(path)) if path else None
