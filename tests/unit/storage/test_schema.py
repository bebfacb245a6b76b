from __future__ import annotations

import pytest
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from storage.schema import metadata

DIALECTS = {"sqlite": sqlite.dialect, "postgresql": postgresql.dialect}


@pytest.mark.parametrize("name", list(DIALECTS))
def test_every_table_can_be_made_in_every_database(name: str) -> None:
    dialect = DIALECTS[name]()
    for table in metadata.sorted_tables:
        assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            made = str(CreateIndex(index).compile(dialect=dialect))
            live = str(index.name) in (
                "jobs_live", "jobs_of_actor", "jobs_of_actor_in_place", "jobs_of_place",
            )  # fmt: skip
            assert made.endswith("WHERE deleted IS NULL") == live
