"""Jobs whose pictures have recipes of their own, families of pictures, and styles of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns, which no job so far has anything in, the indexes and the table."""
    op.add_column("jobs", sa.Column("plan", sa.JSON(none_as_null=True)))
    op.add_column("jobs", sa.Column("sheet", sa.JSON(none_as_null=True)))
    op.create_index(
        "jobs_of_parent", "jobs", ["parent"], sqlite_where=sa.text("parent IS NOT NULL")
    )
    op.create_index(
        "jobs_of_styles", "jobs", ["number"], sqlite_where=sa.text("command = 'styles'")
    )
    op.create_table(
        "styles",
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("picture", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
