"""The engine with the real model: what the stand-in painters of the other tests cannot show."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generation.engine import Cancelled, Finished, PictureReady, Progress
from generation.local.engine import STUDIO
from generation.recipe import Refiner
from tests.engine_bench import begin, engine_in, events_of, hashes, of, order, until

SIZE: dict[str, Any] = {"width": 128, "height": 128, "steps": 3}


async def test_a_killed_worker_costs_no_picture_and_no_pixel(tmp_path: Path) -> None:
    async with engine_in(tmp_path, STUDIO) as engine:
        undisturbed = await events_of(engine, order(count=2, **SIZE))
        events, task = begin(engine, order(job="bbbbbb", count=2, **SIZE))
        await until(lambda: of(Progress, events))
        pid = engine.status().pid
        assert pid
        os.kill(pid, signal.SIGKILL)
        await task
        assert engine.status().pid != pid
    assert isinstance(events[-1], Finished)
    assert hashes(events) == hashes(undisturbed)
    for picture in of(PictureReady, events):
        with Image.open(picture.path) as image:
            assert np.asarray(image).shape == (128, 128, 3)


async def test_an_order_cancelled_in_mid_picture_leaves_the_next_one_its_pixels(
    tmp_path: Path,
) -> None:
    recipe: dict[str, Any] = {**SIZE, "refiner": Refiner(0.6)}
    async with engine_in(tmp_path, STUDIO) as engine:
        before = await events_of(engine, order(**recipe))
        events, task = begin(engine, order(job="bbbbbb", **{**recipe, "steps": 500}))
        await until(lambda: of(Progress, events))
        await engine.cancel("bbbbbb")
        await task
        assert events[-1] == Cancelled()
        after = await events_of(engine, order(job="cccccc", **recipe))
        assert engine.status().models == ("mini",)
    assert hashes(before) == hashes(after) != []
    assert {step.stage for step in of(Progress, after)} >= {"base"}


PARENT = """
import asyncio, sys
from pathlib import Path
from generation import engine, hub, metadata, models, prompt, recipe, settings
from generation.engine import Finished
from generation.local.engine import STUDIO
from tests.engine_bench import engine_in, events_of, order

async def main():
    async with engine_in(Path(sys.argv[1]), STUDIO) as engine:
        events = await events_of(engine, order(width=64, height=64, steps=1))
        assert isinstance(events[-1], Finished), events

asyncio.run(main())
heavy = {"torch", "diffusers", "transformers", "compel", "peft", "huggingface_hub"}
print(sorted(heavy & set(sys.modules)))
"""


def test_the_engine_runs_without_torch_in_its_own_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PARENT, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout == "[]\n"
