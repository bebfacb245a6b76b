"""The mini model compiled for a CUDA device: nothing twice, and every recipe its own pixels."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from generation.recipe import LoraUse, Refiner
from generation.settings import Levers
from generation.worker.kernels import kept_bytes
from generation.worker.studio import Studio
from tests.studio_bench import difference, new_studio, paint, sha256

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

LONG = ", ".join(["a red circle on a blue background"] * 14)
EACH: dict[str, dict[str, Any]] = {
    "plain": {},
    "refined": {"refiner": Refiner(0.5)},
    "wide": {"width": 160, "height": 96},
    "wide and long": {"width": 160, "height": 96, "prompt": LONG},
    "tall": {"width": 96, "height": 224, "sampler": "ddim"},
    "lora": {"loras": (LoraUse("inkstyle", 0.8),)},
    "both": {"loras": (LoraUse("inkstyle", 0.5), LoraUse("wrong", -1.0)), "sampler": "unipc"},
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="module")
def compiled(folder: Path) -> Iterator[Studio]:
    studio = new_studio(levers=Levers(compile="on"), compiled=folder)
    studio.load("mini")
    while studio.prepare(lambda event: None):
        pass
    yield studio
    torch.compiler.reset()


def test_nothing_is_compiled_again_and_every_recipe_has_its_pixels(compiled: Studio) -> None:
    names = [*EACH, *reversed(EACH)]
    with torch.compiler.set_stance("fail_on_recompile"):
        found = [sha256(paint(compiled, **EACH[name])) for name in names]
    assert found == [*reversed(found)]
    assert len(set(found)) == len(EACH)


def test_compiled_pictures_look_like_the_others(compiled: Studio) -> None:
    plain = new_studio(levers=Levers(compile="off"))
    for name, changes in EACH.items():
        assert difference(paint(plain, **changes), paint(compiled, **changes)) < 3, name
    assert plain.machine["compile"] == "off"
    assert compiled.plans["mini"]["compile"] == "on"


def test_sides_that_cannot_be_halved_have_graphs_too(compiled: Studio) -> None:
    odd: tuple[dict[str, Any], ...] = ({"width": 136, "height": 128}, {"width": 128, "height": 136})
    first = [sha256(paint(compiled, **size)) for size in odd]
    with torch.compiler.set_stance("fail_on_recompile"):
        assert paint(compiled, width=152, height=96)
        assert [sha256(paint(compiled, **size)) for size in odd] == first


def test_kernels_are_kept_for_the_next_start(compiled: Studio, folder: Path) -> None:
    assert paint(compiled)
    assert kept_bytes(folder) > 0
