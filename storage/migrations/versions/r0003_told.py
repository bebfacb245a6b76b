"""Which jobs still owe their asker an answer, however they ended."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_OVER = "('delivered', 'failed', 'cancelled')"


def upgrade() -> None:
    """Add the column, under which all that ended so far has been told, and the indexes."""
    op.add_column("jobs", sa.Column("told", sa.BigInteger))
    op.execute(
        f"UPDATE jobs SET told = coalesce(finished, created) WHERE status IN {_OVER}"  # noqa: S608
    )
    for name, columns, condition in (
        ("jobs_owed", ["number"], "told IS NULL AND deleted IS NULL"),
        ("jobs_deleted", ["id"], "deleted IS NOT NULL"),
        ("jobs_open", ["status", "actor"], "finished IS NULL"),
    ):
        where = sa.text(condition)
        op.create_index(name, "jobs", columns, sqlite_where=where, postgresql_where=where)
