"""How fast this machine paints, beside plain diffusers: measured in a process of its own."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from generation.settings import GenerationSettings


def measure(settings: GenerationSettings, model: str, steps: int, repeats: int) -> dict[str, Any]:
    """Return seconds a picture of both ways, medians of ``repeats``, and their ratio.

    ``steps`` 0 means the model's own. Raises what loading and painting raise.
    """
    # As the worker has it; a new process reads it when torch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_measure, settings, model, steps, repeats).result()


def _measure(settings: GenerationSettings, model: str, steps: int, repeats: int) -> dict[str, Any]:
    from generation.worker.bench import run

    return run(settings, model, steps, repeats)
