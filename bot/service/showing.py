"""How a job that has ended is shown, with all that takes a look at the store or the disk."""

from __future__ import annotations

from collections.abc import Sequence

from bot.reply import Line, Reply
from bot.service.sheets import Sheets
from bot.service.views import Views
from storage.records import JobRecord, PictureRecord, ReplyTo
from storage.store import Store


class Showing:
    """Puts together the last state of jobs."""

    def __init__(self, store: Store, views: Views, sheets: Sheets) -> None:
        self._store = store
        self._views = views
        self._sheets = sheets

    async def over(
        self,
        job: JobRecord,
        pictures: Sequence[PictureRecord],
        extra: tuple[Line, ...] = (),
        at: ReplyTo | None = None,
    ) -> Reply:
        """Show a job that has ended, as ``Views.over`` does."""
        return self._views.over(job, pictures, extra, at)
