"""``reroll bench``: the speed of this machine, and of the history."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot import texts
from bot.bench.history import run as measure_history
from bot.config import load_config
from generation.bench import words
from generation.bench.measure import measure
from generation.bench.options import Options
from generation.bench.plot import check_writable, save
from generation.bench.progress import announcer


def run_bench(file: Path | None, options: Options, *, as_json: bool, plot: Path | None) -> int:
    """Measure the configured model or another, ours and plain diffusers' in turns."""
    config = load_config(file)
    settings, plan = options.read(config.generation(), config.settings.generation.model)
    if plot:
        check_writable(plot)
    try:
        found = measure(settings, plan, announcer())
    except KeyboardInterrupt:
        print(words.STOPPED, file=sys.stderr)
        return words.INTERRUPTED
    if as_json:
        print(json.dumps(found))
    else:
        _print(found)
    if plot:
        save(found, plot)
        print(texts.bench_plotted(str(plot)), file=sys.stderr)
    return 0


def _print(found: Mapping[str, Any]) -> None:
    console = Console()
    console.print(_table(words.title(found), words.HEADS, [r.cells for r in words.rows(found)]))
    if levers := words.lever_rows(found):
        console.print(_table("", words.LEVER_HEADS, levers))


def _table(title: str, heads: Sequence[str], lines: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title or None)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    for line in lines:
        table.add_row(*line)
    return table


def run_history_bench(rows: int, *, as_json: bool) -> int:
    """Measure searches in a made-up history."""
    with tempfile.TemporaryDirectory(prefix="reroll-bench-") as folder:
        found = measure_history(rows, Path(folder))
    if as_json:
        print(json.dumps(found))
        return 0
    table = Table(title=texts.bench_history_title(rows))
    for name in found:
        if name != "rows":
            table.add_column(name, justify="right")
    table.add_row(*(f"{value:.2f}" for name, value in found.items() if name != "rows"))
    Console().print(table)
    return 0
