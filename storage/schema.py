"""The tables. The migrations make them; a test checks that both say the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
)

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware time as whole microseconds since 1970 in UTC, which every database sorts alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Return the microseconds."""
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC."""
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata: Final = MetaData()

_Number = BigInteger().with_variant(Integer, "sqlite")
"""SQLite counts only an INTEGER primary key up by itself."""

ids: Final = Table("ids", metadata, Column("id", String(6), primary_key=True))
"""Every id ever given to a job, so that none is given twice, even after a deletion."""

jobs: Final = Table(
    "jobs",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("id", String(6), ForeignKey("ids.id"), nullable=False, unique=True),
    Column("recipe", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("actor", Text, nullable=False),
    Column("platform", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("thread", Text, nullable=False),
    Column("ticket", JSON(none_as_null=True)),
    Column("place", Text, nullable=False),
    Column("private", Boolean, nullable=False),
    Column("age_restricted", Boolean, nullable=False, server_default=false()),
    Column("admin", Boolean, nullable=False, server_default=false()),
    Column("parent", Text),
    Column("command", Text, nullable=False),
    Column("explicit", JSON, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("started", Moment),
    Column("finished", Moment),
    Column("seconds", Float),
    Column("error", JSON(none_as_null=True)),
    Column("deleted", Moment),
    Column("told", Moment),
    Column("plan", JSON(none_as_null=True)),
    Column("sheet", JSON(none_as_null=True)),
    # Numbers of deleted jobs are not given again: cursors and the search rest on that.
    sqlite_autoincrement=True,
)

for _name, _columns in {
    "jobs_by_status": ("status", "number"),
    "jobs_live": ("number",),
    "jobs_of_actor": ("actor", "number"),
    "jobs_of_actor_in_place": ("actor", "place", "number"),
    "jobs_of_place": ("place", "private", "number"),
}.items():
    _live = None if _name == "jobs_by_status" else jobs.c.deleted.is_(None)
    Index(_name, *(jobs.c[c] for c in _columns), sqlite_where=_live, postgresql_where=_live)

for _name, _columns, _condition in (
    ("jobs_owed", ("number",), jobs.c.told.is_(None) & jobs.c.deleted.is_(None)),
    ("jobs_deleted", ("id",), jobs.c.deleted.is_not(None)),
    ("jobs_open", ("status", "actor"), jobs.c.finished.is_(None)),
    ("jobs_of_parent", ("parent",), jobs.c.parent.is_not(None)),
    ("jobs_of_styles", ("number",), jobs.c.command == text("'styles'")),
):
    Index(
        _name,
        *(jobs.c[column] for column in _columns),
        sqlite_where=_condition,
        postgresql_where=_condition,
    )

environments: Final = Table(
    "environments",
    metadata,
    Column("hash", String(64), primary_key=True),
    Column("json", Text, nullable=False),
)

pictures: Final = Table(
    "pictures",
    metadata,
    Column("id", Text, primary_key=True),
    Column("job", String(6), ForeignKey("jobs.id"), nullable=False, index=True),
    Column("index", Integer, nullable=False),
    Column("recipe", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("pixels_sha256", String(64), nullable=False),
    Column("seconds", Float, nullable=False),
    Column("created", Moment, nullable=False),
    Column("environment", String(64), ForeignKey("environments.hash"), nullable=False),
    Column("warnings", JSON, nullable=False),
    Column("flagged", Float),
    Column("absent", Text, nullable=False, server_default=""),
)
_there = pictures.c.absent == text("''")
Index("pictures_there", pictures.c.created, sqlite_where=_there, postgresql_where=_there)

doomed_files: Final = Table("doomed_files", metadata, Column("path", Text, primary_key=True))
"""Files whose rows are deleted and that may still lie there: a kill in between leaves no orphan."""

favorites: Final = Table(
    "favorites",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("actor", Text, nullable=False),
    Column("picture", Text, ForeignKey("pictures.id", ondelete="CASCADE"), nullable=False),
    Column("created", Moment, nullable=False),
    UniqueConstraint("actor", "picture"),
    sqlite_autoincrement=True,
)
Index("favorites_of_actor", favorites.c.actor, favorites.c.number)
Index("favorites_of_picture", favorites.c.picture)

settings: Final = Table(
    "settings",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("options", JSON, nullable=False),
)

styles: Final = Table(
    "styles",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("prompt", Text, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("picture", Text, nullable=False),
    Column("created", Moment, nullable=False),
)
"""Styles of people's own."""

posts: Final = Table(
    "posts",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("channel", Text, primary_key=True),
    Column("message", Text, primary_key=True),
    Column("job", String(6), ForeignKey("jobs.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("created", Moment, nullable=False),
)

promises: Final = Table(
    "promises",
    metadata,
    Column("platform", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("channel", Text, nullable=False),
    Column("ticket", JSON, nullable=False),
    Column("request", JSON(none_as_null=True)),
)

inputs: Final = Table(
    "inputs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("path", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("created", Moment, nullable=False),
)

actors: Final = Table(
    "actors",
    metadata,
    Column("actor", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
)

audit: Final = Table(
    "audit",
    metadata,
    Column("number", _Number, primary_key=True, autoincrement=True),
    Column("moment", Moment, nullable=False),
    Column("actor", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("detail", Text, nullable=False),
    sqlite_autoincrement=True,
)
"""Who did what with which job, without a word of any prompt."""
Index("audit_of_actor", audit.c.actor, audit.c.number)
