"""Leaves to answer, kept with the job or, before there is one, as a promise."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column and the table."""
    op.add_column("jobs", sa.Column("ticket", sa.JSON))
    op.create_table(
        "promises",
        sa.Column("platform", sa.Text, primary_key=True),
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("ticket", sa.JSON, nullable=False),
    )
