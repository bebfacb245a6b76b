"""Who was an admin, where a job was asked, what became of files, and a trail for the owner."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns, under which nothing so far is special, and the table of the audit trail."""
    for name in ("age_restricted", "admin"):
        column = sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())
        op.add_column("jobs", column)
    op.add_column("pictures", sa.Column("flagged", sa.Float))
    op.add_column("pictures", sa.Column("absent", sa.Text, nullable=False, server_default=""))
    op.create_table(
        "audit",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("moment", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_of_actor", "audit", ["actor", "number"])
    op.create_index("pictures_there", "pictures", ["created"], sqlite_where=sa.text("absent = ''"))
