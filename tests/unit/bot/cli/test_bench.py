from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot.cli.app import app


@pytest.mark.parametrize("typed", [("--json", "history"), ("history", "--json")])
def test_json_is_meant_before_and_after_the_name_of_what_is_measured(
    typed: tuple[str, str],
) -> None:
    result = CliRunner().invoke(app, ["bench", *typed, "--rows", "20"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["rows"] == 20
