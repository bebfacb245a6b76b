"""Files that cannot be written, and backups that cannot be read."""

from __future__ import annotations

from typing import Final

from bot.reply import Line, line
from generation import errors

BACKUP_FAULTS: Final[dict[str, str]] = {
    "unreadable": "cannot be read{detail}: check the path",
    "not whole": "is no whole backup{detail}: take another one",
    "foreign": "holds something that no backup has{detail}: take another one",
    "changed": "was changed since it was made{detail}: take another one",
    "newer form": "was made by a newer Reroll: update this one",
    "database": "holds no database of Reroll{detail}: take another one",
}


def bad_backup(error: errors.BadBackup) -> Line:
    """Say what is wrong with a backup."""
    reason = BACKUP_FAULTS.get(error.reason, error.reason)
    detail = f" ({error.detail})" if error.detail else ""
    return line(f"{error.path} {reason.format(detail=detail)}. Nothing was restored.")


NO_FOLDER: Final = "no such folder"


def cannot_write(error: errors.CannotWrite) -> Line:
    """Say where nothing can be written."""
    if error.detail == NO_FOLDER:
        return line(f"{error.path} cannot be written: make that folder first, or name another.")
    detail = f" ({error.detail})" if error.detail else ""
    return line(f"{error.path} cannot be written{detail}: give Reroll the right to.")
