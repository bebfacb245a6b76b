"""What was asked for, kept with the promise of an answer, so that a restart can still give it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column; of the promises so far nobody knows what was asked for."""
    op.add_column("promises", sa.Column("request", sa.JSON))
