"""``reroll models fetch``: a model's weights before they are needed."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from bot import texts
from bot.config import load_config
from generation.engine import Preparing
from generation.errors import UnknownName
from generation.hub import download, is_cached
from generation.nearest import nearest


def fetch_model(file: Path | None, name: str) -> int:
    """Download what is missing of a model; what has come already is kept."""
    config = load_config(file)
    models = {model.name: model for model in config.models()}
    if name not in models:
        raise UnknownName("model", name[:60], nearest(name, models))
    model = models[name]
    if is_cached(model):
        print(texts.doctor_model_here(name))
        return 0
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task(name, total=None)

        def report(event: Preparing) -> None:
            progress.update(task, completed=event.done, total=event.total or None)

        download(model, report)
    print(texts.fetched(name))
    return 0
