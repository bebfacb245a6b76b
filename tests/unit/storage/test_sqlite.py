from __future__ import annotations

from pathlib import Path

import pytest

from generation.errors import BadValue
from storage.sqlite import database_path


def test_a_relative_database_lies_in_the_folder() -> None:
    assert database_path("sqlite:///data/reroll.db", Path("/srv")) == Path("/srv/data/reroll.db")


def test_an_absolute_database_lies_where_it_says() -> None:
    assert database_path("sqlite:////var/r.db", Path("/srv")) == Path("/var/r.db")


@pytest.mark.parametrize(
    "url",
    ["", "data/reroll.db", "sqlite://", "sqlite:///:memory:", "mysql://u:secret@host/db", "://"],
)
def test_any_other_database_is_refused_without_showing_a_password(url: str) -> None:
    with pytest.raises(BadValue) as caught:
        database_path(url)
    assert caught.value.field == "storage.database"
    assert "secret" not in caught.value.value
