"""The bench, as far as ``generation.bench.words`` does not speak for itself."""

from __future__ import annotations

from typing import Final

CLI_BENCH: Final = "Measure the speed of this machine beside plain diffusers."
CLI_BENCH_MODEL: Final = "The model to measure; left out: the configured one."
CLI_BENCH_RANDOM: Final = "Networks as published with random weights, no download: sdxl."
CLI_BENCH_STEPS: Final = "Denoising steps of each picture; 0: as the model has them."
CLI_BENCH_SIZE: Final = "WxH of each picture; left out: as the model has it."
CLI_BENCH_REPEATS: Final = "Turns of each kind, whose median counts; 5, or 3 with --quick."
CLI_BENCH_PICTURES: Final = "Jobs of the queue that is measured; 20, or 6 with --quick."
CLI_BENCH_ONLY: Final = "A comma list of what to measure: picture, queue, together, starts."
CLI_BENCH_QUICK: Final = "Pictures and a queue only, fewer turns of each."
CLI_BENCH_WITH: Final = (
    "Measure all with a lever of [generation] moved, like compile=on; sizes: WxH+WxH."
)
CLI_BENCH_LEVER: Final = "Measure what a lever does beside the rest, like compile=on."
CLI_BENCH_PLOT: Final = "Draw the figures into this PNG file."
CLI_BENCH_HISTORY: Final = "Measure the history's speed with many rows."
CLI_BENCH_ROWS: Final = "How many jobs to make up."


def bench_plotted(file: str) -> str:
    """Say where the figures were drawn."""
    return f"Drawn into {file}."


def bench_history_title(rows: int) -> str:
    """Head the table of the history's speeds."""
    return f"{rows:,} jobs, milliseconds, 99th percentile"
