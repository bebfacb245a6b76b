"""Recipes for tests: a plain one with what a test changes of it, and one as data."""

from __future__ import annotations

from typing import Any

from generation.recipe import InputImage, LoraUse, Recipe, Refiner


def recipe(**values: Any) -> Recipe:
    usual: dict[str, Any] = {
        "prompt": "a red circle",
        "seed": 7,
        "width": 128,
        "height": 128,
        "steps": 20,
        "guidance": 5.0,
        "model": "mini",
    }
    return Recipe(**{**usual, **values})


def data(**values: Any) -> dict[str, Any]:
    full = recipe(
        refiner=Refiner(0.8), loras=(LoraUse("ink", 0.5),), image=InputImage("ab" * 32, 0.5)
    )
    return {**full.to_dict(), **values}
