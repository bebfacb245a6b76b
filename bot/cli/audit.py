"""``reroll audit``: the trail of who did what, read beside a running bot."""

from __future__ import annotations

from pathlib import Path

from bot import texts
from bot.adapters.console.rendering import printable
from bot.cli.shell import print_json
from bot.config import load_config
from bot.service.answers.browsing import when
from storage.records import AuditEntry, Page
from storage.store import Store


async def show_audit(
    config: Path | None, *, actor: str, limit: int, before: int | None, as_json: bool
) -> int:
    """Print the newest entries, of everybody or of one person; returns the exit code."""
    loaded = load_config(config)
    store = Store(loaded.database_url, folder=loaded.folder, read_only=True)
    if not store.path.exists():
        found, names = Page[AuditEntry](()), {}
    else:
        async with store:
            found = await store.audit.of(actor, cursor=before, limit=limit)
            names = await _names(store, found)
    if as_json:
        print_json(_as_data(entry, names) for entry in found.items)
        return 0
    _print(found, names, actor)
    return 0


async def _names(store: Store, found: Page[AuditEntry]) -> dict[str, str]:
    """Return by what names people were seen last."""
    actors = {entry.actor for entry in found.items}
    known = [await store.actors.get(actor) for actor in sorted(actors)]
    return {record.actor: record.name for record in known if record is not None}


def _as_data(entry: AuditEntry, names: dict[str, str]) -> dict[str, object]:
    return {
        "number": entry.number,
        "moment": entry.moment.isoformat(),
        "actor": entry.actor,
        "name": names.get(entry.actor, ""),
        "action": entry.action,
        "subject": entry.subject,
        "place": entry.place,
        "detail": entry.detail,
    }


def _print(found: Page[AuditEntry], names: dict[str, str], actor: str) -> None:
    rows = [_row(entry, names) for entry in found.items]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (text.ljust(width) for text, width in zip(row, widths, strict=True))
        print("  ".join(padded).rstrip())
    if not rows:
        print(texts.audit_nothing_of(printable(actor)) if actor else texts.AUDIT_EMPTY)
    if found.cursor is not None:
        print(texts.audit_more(found.cursor))


def _row(entry: AuditEntry, names: dict[str, str]) -> tuple[str, ...]:
    """Return an entry in words; what people call themselves may hold what steers a terminal."""
    who = texts.audit_actor(entry.actor, names.get(entry.actor, ""))
    what = texts.audit_what(entry.action, entry.subject, entry.detail)
    cells = (when(entry.moment), who, what, entry.place)
    return tuple(printable(" ".join(cell.split())) for cell in cells)
