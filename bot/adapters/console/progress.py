"""A live line for a running job: what is done, a bar, the time left, and a small preview."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bot import texts
from bot.adapters.console.rendering import can_show_pictures, picture_of, text_of
from bot.reply import ProgressView, Reply

BAR_COLUMNS = 32
PREVIEW_COLUMNS = 24


class LiveProgress:
    """Shows the newest state of a job until it is left; silent where nobody watches."""

    def __init__(self, console: Console) -> None:
        self._live = Live(console=console, transient=True, refresh_per_second=8)
        self._watched = console.is_terminal
        self._pictures = can_show_pictures(console)
        self._preview: bytes | None = None

    def __enter__(self) -> Self:
        if self._watched:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._watched:
            self._live.stop()

    def state(self, reply: Reply) -> None:
        """Show a state of the job."""
        if self._watched:
            self._live.update(self._picture(reply))

    def _picture(self, reply: Reply) -> RenderableType:
        if reply.progress is None:
            return text_of(reply.lines[-1]) if reply.lines else Text()
        bar = _bar(reply.progress)
        # Not every step brings a preview: the last one stays until the next.
        self._preview = reply.progress.preview or self._preview
        if self._preview is None or not self._pictures:
            return bar
        return Group(picture_of(self._preview, PREVIEW_COLUMNS), bar)


def _bar(progress: ProgressView) -> RenderableType:
    row = Table.grid(padding=(0, 1))
    left = progress.seconds_left
    known = progress.fraction is not None
    row.add_row(
        Text(progress.label),
        ProgressBar(
            total=1.0 if known else None,
            completed=progress.fraction or 0.0,
            width=BAR_COLUMNS,
            pulse=not known,
        ),
        Text(f"{progress.step}/{progress.total}" if progress.total else ""),
        Text("" if left is None else texts.time_left(left)),
    )
    return row
