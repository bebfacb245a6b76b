"""Full-text search of prompts: the one part that is tied to SQLite (FTS5).

What a word is, is decided here and not by SQLite: its tokenizer only splits at the spaces that
``terms`` puts. So nothing that people type is ever syntax, and the index holds besides the words
a token for whoever may see the row, which makes "this word, of this person" one walk along two
sorted lists, the newest first, that ends with the page.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from sqlalchemy import ColumnElement, Connection, column, exists, table, text

_ADD: Final = text("INSERT INTO job_search (rowid, terms) VALUES (:number, :terms)")
_TERM_CHARS: Final = 32
_QUERY_TERMS: Final = 16
_SCOPE: Final = "\ue000"
"""A private-use character: no word that ``terms`` returns can hold it."""

_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
_SINGLE: Final = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\U00020000-\U0003ffff]")
"""Scripts written without spaces between words, where each character counts as a word."""


def terms(prompt: str) -> tuple[str, ...]:
    """Return the words of a text, each once: without case and accents, digits count as letters."""
    if prompt.isascii():
        words = _ASCII_WORD.findall(prompt.lower())
        return tuple(dict.fromkeys(word[:_TERM_CHARS] for word in words))
    characters: list[str] = []
    for character in unicodedata.normalize(
        "NFKD", unicodedata.normalize("NFKC", prompt).casefold()
    ):
        kind = unicodedata.category(character)
        if _SINGLE.match(character):
            characters += " ", character, " "
        elif kind not in ("Mn", "Me"):
            characters.append(character if kind[0] in "LN" or kind == "Mc" else " ")
    words = "".join(characters).split()
    return tuple(dict.fromkeys(word[:_TERM_CHARS] for word in words))


@lru_cache(maxsize=4096)
def scope(kind: str, name: str) -> str:
    """Return the token that marks the rows of an actor or of a place."""
    digest = hashlib.blake2b(f"{kind}\0{name}".encode(), digest_size=6).hexdigest()
    return f"{_SCOPE}{digest}"


@dataclass(frozen=True, slots=True)
class Entry:
    """What makes a job findable: its number, its texts, and the tokens of who may see it."""

    number: int
    texts: tuple[str, ...]
    scopes: tuple[str, ...]


def add(connection: Connection, entries: Iterable[Entry]) -> None:
    """Make jobs findable."""
    rows = [
        {"number": entry.number, "terms": " ".join((*terms("\n".join(entry.texts)), *entry.scopes))}
        for entry in entries
    ]
    connection.execute(_ADD, rows)


def remove(connection: Connection, number: int) -> None:
    """Make a job unfindable."""
    connection.execute(text("DELETE FROM job_search WHERE rowid = :number"), {"number": number})


def indexed(number: ColumnElement[int]) -> ColumnElement[bool]:
    """Return the condition that the job of a number is in the index, findable or not."""
    content = table("job_search_content", column("id"))
    return exists().where(content.c.id == number)


def remove_all(connection: Connection, numbers: Iterable[int]) -> None:
    """Take jobs out of the index."""
    for number in numbers:
        remove(connection, number)


def merge(connection: Connection, pages: int) -> bool:
    """Merge segments of the index, about so many pages of them, and return whether any were left.

    Words of deleted rows are gone once all segments are merged: begin with ``-pages``, which takes
    all of them on, and go on with ``pages`` (sqlite.org/fts5.html, section 6.7).
    """
    changes = text("SELECT total_changes()")
    before = connection.scalar(changes)
    order = text("INSERT INTO job_search (job_search, rank) VALUES ('merge', :pages)")
    connection.execute(order, {"pages": pages})
    # The order itself counts as one change.
    return int(connection.scalar(changes) - before) > 1


def newest(connection: Connection, query: str, before: int, limit: int) -> list[int]:
    """Return the numbers of the newest jobs that match a ``query``, below ``before``."""
    return _numbers(connection, "rowid < :than", "DESC", query, before, limit)


def oldest(connection: Connection, query: str, after: int, limit: int) -> list[int]:
    """Return the numbers of the oldest jobs that match a ``query``, above ``after``."""
    return _numbers(connection, "rowid > :than", "ASC", query, after, limit)


def _numbers(
    connection: Connection, condition: str, order: str, query: str, than: int, limit: int
) -> list[int]:
    rows = connection.execute(
        text(
            f"SELECT rowid FROM job_search WHERE job_search MATCH :query AND {condition} "  # noqa: S608
            f"ORDER BY rowid {order} LIMIT :limit"
        ),
        {"query": query, "than": than, "limit": limit},
    )
    return list(rows.scalars())


def match_query(words: Sequence[str], scopes: Sequence[str]) -> str:
    """Return the FTS5 query for rows with all words, the last as a prefix, in any of the scopes.

    The words must come from ``terms``; at most 16 of them count.
    """
    quoted = [f'"{word}"' for word in words[:_QUERY_TERMS]]
    quoted[-1] += "*"
    if scopes:
        quoted.append("(" + " OR ".join(f'"{token}"' for token in scopes) + ")")
    return " AND ".join(quoted)
