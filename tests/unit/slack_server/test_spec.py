from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.slack_server import SlackEmulator
from tests.slack_server.spec import Spec, official_spec
from tests.unit.slack_server.conftest import Bot

YES = {"$ref": "#/definitions/yes"}


def spec(folder: Path, method: str, **properties: Any) -> Spec:
    """A file that describes one method's answer, all of whose properties have to be there."""
    schema = {
        "type": "object",
        "properties": {"ok": YES, **properties},
        "required": ["ok", *properties],
    }
    operation = {"responses": {"200": {"schema": schema}}}
    file = folder / "openapi.json"
    file.write_text(
        json.dumps(
            {"paths": {f"/{method}": {"get": operation}}, "definitions": {"yes": {"enum": [True]}}}
        )
    )
    return Spec(file)


async def test_an_answer_that_slack_would_not_give_is_noted(
    bot: Bot, server: SlackEmulator, tmp_path: Path
) -> None:
    server.spec = spec(tmp_path, "auth.test", user={"type": "integer"}, cat={})

    await bot.client.auth_test()
    await bot.client.api_test()

    ((method, errors),) = server.self_violations
    assert method == "auth.test"
    assert sorted(error.split(":")[0] for error in errors) == ["", "user"]
    with pytest.raises(AssertionError, match=r"auth\.test"):
        server.check()
    server.self_violations.clear()


def test_what_the_file_knows_only_as_it_was_is_left_out(tmp_path: Path) -> None:
    number = {"type": "integer"}
    known = spec(tmp_path, "files.info", message=number, file={"additionalProperties": False})
    answer = {"ok": True, "message": "x", "file": {"alt_txt": "a cat"}, "response_metadata": {}}

    assert known.answer_errors("files.info", answer) == []
    assert len(known.answer_errors("files.info", answer | {"file": {"cat": 1}})) == 1


def test_without_a_named_file_there_is_no_check(monkeypatch: pytest.MonkeyPatch) -> None:
    official_spec.cache_clear()
    monkeypatch.delenv("SLACK_OPENAPI", raising=False)
    try:
        assert SlackEmulator().spec is None
    finally:
        official_spec.cache_clear()
