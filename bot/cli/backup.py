"""``reroll backup`` and ``reroll restore``."""

from __future__ import annotations

import json
from pathlib import Path

from bot import texts
from bot.config import Config, load_config
from bot.logs import set_up_logging
from storage.backups import make_backup, target_for
from storage.ownership import Ownership
from storage.records import utc_now
from storage.restoring import Restoring
from storage.sqlite import database_path


def back_up(file: Path | None, wanted: str | None, *, as_json: bool) -> int:
    """Make a backup; a bot may run meanwhile."""
    config = load_config(file)
    now = utc_now()
    target = target_for(wanted, config.data, now)
    made = make_backup(_database(config), config.pictures, target, now)
    if as_json:
        found = {
            "backup": str(made.path),
            "bytes": made.bytes,
            "pictures": made.pictures,
            "inputs": made.inputs,
            "left_out": made.left_out,
            "schema": made.schema,
        }
        print(json.dumps(found, ensure_ascii=False))
        return 0
    files = made.pictures + made.inputs
    print(texts.backup_made(str(made.path), made.bytes, files, made.left_out))
    return 0


def restore(file: Path | None, archive: Path, *, as_json: bool) -> int:
    """Put a backup in place, where no bot runs on the data."""
    config = load_config(file)
    set_up_logging(config)
    with Ownership.acquire(config.data):
        restored = Restoring(_database(config), config.pictures).restore(archive, utc_now())
    before = tuple(map(str, restored.before))
    if as_json:
        found = {
            "restored": str(archive.absolute()),
            "made": restored.made,
            "pictures": restored.pictures,
            "inputs": restored.inputs,
            "schema": restored.schema,
            "before": before,
        }
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(texts.restored(str(archive), restored.pictures + restored.inputs, before))
    return 0


def _database(config: Config) -> Path:
    return database_path(config.database_url, config.folder)
