"""``reroll bench``: the speed of this machine, and of the history."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bot import texts
from bot.bench.history import run as measure_history
from bot.config import load_config
from generation.bench.measure import Plan, measure


def run_bench(file: Path | None, *, steps: int, repeats: int, pictures: int, as_json: bool) -> int:
    """Measure the configured model, ours and plain diffusers' in turns."""
    config = load_config(file)
    model = config.settings.generation.model
    found = measure(config.generation(), Plan(model, steps, repeats, pictures))
    if as_json:
        print(json.dumps(found))
        return 0
    picture, queue, idle = found["picture"], found["queue"], found["idle_ms_p50"]
    table = Table(title=texts.bench_title(model, found["device"], found["steps"], repeats))
    for head in texts.BENCH_HEADS:
        table.add_column(head, justify="right")
    table.add_row(
        texts.BENCH_PICTURE,
        f"{picture['ours_s']:.3f}",
        f"{picture['plain_s']:.3f}",
        f"{picture['ratio']:.3f}",
    )
    table.add_row(
        texts.bench_queue(queue["pictures"]),
        f"{queue['ours_per_minute']:.1f}",
        f"{queue['plain_per_minute']:.1f}",
        f"{queue['ratio']:.3f}",
    )
    Console().print(table)
    if idle is not None:
        print(texts.bench_idle(idle))
    return 0


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
