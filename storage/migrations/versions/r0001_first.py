"""The first schema."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table("ids", sa.Column("id", sa.String(6), primary_key=True))
    _jobs()
    _pictures()
    _people()
    _messages()
    if op.get_bind().dialect.name == "sqlite":
        _search()


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(6), sa.ForeignKey("ids.id"), nullable=False, unique=True),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("thread", sa.Text, nullable=False),
        sa.Column("place", sa.Text, nullable=False),
        sa.Column("private", sa.Boolean, nullable=False),
        sa.Column("parent", sa.Text),
        sa.Column("command", sa.Text, nullable=False),
        sa.Column("explicit", sa.JSON, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("started", sa.BigInteger),
        sa.Column("finished", sa.BigInteger),
        sa.Column("seconds", sa.Float),
        sa.Column("error", sa.JSON),
        sa.Column("deleted", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    op.create_index("jobs_by_status", "jobs", ["status", "number"])
    for name, columns in {
        "jobs_live": ["number"],
        "jobs_of_actor": ["actor", "number"],
        "jobs_of_actor_in_place": ["actor", "place", "number"],
        "jobs_of_place": ["place", "private", "number"],
    }.items():
        live = sa.text("deleted IS NULL")
        op.create_index(name, "jobs", columns, sqlite_where=live, postgresql_where=live)


def _pictures() -> None:
    op.create_table(
        "environments",
        sa.Column("hash", sa.String(64), primary_key=True),
        sa.Column("json", sa.Text, nullable=False),
    )
    op.create_table(
        "pictures",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("job", sa.String(6), sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("index", sa.Integer, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("pixels_sha256", sa.String(64), nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("environment", sa.String(64), sa.ForeignKey("environments.hash"), nullable=False),
        sa.Column("warnings", sa.JSON, nullable=False),
    )
    op.create_index("ix_pictures_job", "pictures", ["job"])
    op.create_table("doomed_files", sa.Column("path", sa.Text, primary_key=True))
    op.create_table(
        "inputs",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )


def _people() -> None:
    op.create_table(
        "actors",
        sa.Column("actor", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "settings",
        sa.Column("scope", sa.Text, primary_key=True),
        sa.Column("options", sa.JSON, nullable=False),
    )
    op.create_table(
        "favorites",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=True),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column(
            "picture", sa.Text, sa.ForeignKey("pictures.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("actor", "picture"),
        sqlite_autoincrement=True,
    )
    op.create_index("favorites_of_actor", "favorites", ["actor", "number"])
    op.create_index("favorites_of_picture", "favorites", ["picture"])


def _messages() -> None:
    op.create_table(
        "posts",
        sa.Column("platform", sa.Text, primary_key=True),
        sa.Column("channel", sa.Text, primary_key=True),
        sa.Column("message", sa.Text, primary_key=True),
        sa.Column("job", sa.String(6), sa.ForeignKey("jobs.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_posts_job", "posts", ["job"])


def _search() -> None:
    # Measured with a million rows: without an index for its length, a prefix of a word that a
    # third of the rows hold takes 50 to 110 ms, with one 0.2 ms. Positions are of no use here.
    lengths = " ".join(map(str, range(1, 17)))
    op.execute(
        "CREATE VIRTUAL TABLE job_search USING fts5(terms, tokenize = 'ascii', detail = none, "
        f"columnsize = 0, prefix = '{lengths}')"
    )
