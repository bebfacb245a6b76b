"""What would decide the pixels now, told without loading anything."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generation.engine import EngineStatus
from generation.libraries import library_versions
from generation.loras import BUILT_IN, LoraCatalogue
from generation.models import MINI, MINI_FOLDER, Model
from generation.recipe import InputImage, LoraUse, Recipe, Refiner, Upscale
from generation.settings import GenerationSettings
from generation.surroundings import GONE, Surroundings
from generation.upscalers import library_version

RECIPE = Recipe(prompt="a", seed=1, width=64, height=64, steps=1, guidance=1, model="mini")
SILENT = EngineStatus("stopped")
LONG = 60.0


def surroundings(folder: Path, *models: Model) -> Surroundings:
    settings = GenerationSettings(
        models=(MINI, *models), loras=folder / "loras", upscalers=folder / "upscalers",
        hashes=folder / "hashes.json", cache=folder / "hub",
    )  # fmt: skip
    loras = LoraCatalogue((settings.loras,))
    loras.refresh()
    return Surroundings(settings, loras)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_versions_and_weights_are_known_without_a_worker(tmp_path: Path) -> None:
    now = surroundings(tmp_path).now(RECIPE, SILENT, LONG)
    assert set(now) == {"versions", "painting", "weights", "configs"}
    assert now["versions"] == library_versions()
    assert set(now["weights"]) == set(now["configs"]) == {"base"}
    refined = surroundings(tmp_path).now(RECIPE.changed(refiner=Refiner()), SILENT, LONG)
    unet = MINI_FOLDER / "refiner" / "unet" / "diffusion_pytorch_model.safetensors"
    assert refined["weights"]["refiner"] == sha256(unet)


def test_what_the_worker_has_told_wins(tmp_path: Path) -> None:
    status = EngineStatus(
        "idle",
        machine={"device": "NVIDIA H200", "versions": {"torch": "1"}},
        plans={"mini": {"offload": "resident"}, "sdxl": {"offload": "model-offload"}},
    )
    now = surroundings(tmp_path).now(RECIPE, status, LONG)
    assert (now["device"], now["offload"]) == ("NVIDIA H200", "resident")
    assert now["versions"] == {"torch": "1"}


def test_of_what_is_only_enlarged_it_is_the_upscaler_that_counts(tmp_path: Path) -> None:
    file = tmp_path / "upscalers" / "sharp.safetensors"
    file.parent.mkdir()
    shutil.copy(BUILT_IN / "inkstyle.safetensors", file)
    look = surroundings(tmp_path)
    plain = RECIPE.changed(image=InputImage("0" * 64), upscale=Upscale(2, "plain"))
    assert "weights" not in look.now(plain, SILENT, LONG)
    by_model = plain.changed(upscale=Upscale(2, "model", "Sharp"))
    now = look.now(by_model, SILENT, LONG)
    assert now["weights"] == {"upscaler Sharp": sha256(file)}
    assert now["versions"] == {**library_versions(), "spandrel": library_version() or GONE}
    file.unlink()
    assert look.now(by_model, SILENT, LONG)["weights"] == {"upscaler Sharp": GONE}


def test_a_lora_is_looked_at_each_time(tmp_path: Path) -> None:
    file = tmp_path / "loras" / "ink.safetensors"
    file.parent.mkdir()
    shutil.copy(BUILT_IN / "inkstyle.safetensors", file)
    look = surroundings(tmp_path)
    recipe = RECIPE.changed(loras=(LoraUse("ink"), LoraUse("never")))
    first = look.now(recipe, SILENT, LONG)["weights"]
    assert (first["lora ink"], first["lora never"]) == (sha256(file), GONE)
    shutil.copy(BUILT_IN / "wrong.safetensors", file)
    assert (
        look.now(recipe, SILENT, LONG)["weights"]["lora ink"] == sha256(file) != first["lora ink"]
    )
    file.unlink()
    assert look.now(recipe, SILENT, LONG)["weights"]["lora ink"] == GONE


def test_models_that_are_gone_are_told_from_those_that_are_here(tmp_path: Path) -> None:
    base = Path(shutil.copytree(MINI_FOLDER / "base", tmp_path / "base"))
    look = surroundings(tmp_path, Model("own", str(base)), Model("far", "owner/name"))
    own = RECIPE.changed(model="own")
    assert len(look.now(own, SILENT, LONG)["weights"]["base"]) == 64
    for path in base.rglob("*.safetensors"):
        path.unlink()
    assert look.now(own, SILENT, LONG)["weights"]["base"] == GONE
    shutil.rmtree(base)
    assert look.now(own, SILENT, LONG)["weights"]["base"] == GONE
    for name in ("far", "unknown"):
        assert look.now(RECIPE.changed(model=name), SILENT, LONG)["weights"] == {"base": GONE}


def test_what_takes_too_long_is_left_out_and_known_the_next_time(tmp_path: Path) -> None:
    look = surroundings(tmp_path)
    # Nothing is hashed yet, and nobody waits: only what is gone can be told.
    now = look.now(RECIPE.changed(loras=(LoraUse("never"),)), SILENT, 0.0)
    assert now["weights"].get("lora never") == GONE
    assert len(look.now(RECIPE, SILENT, LONG)["weights"]["base"]) == 64
    assert len(look.now(RECIPE, SILENT, 0.0)["weights"]["base"]) == 64


@pytest.mark.parametrize("module", ["generation.surroundings", "bot.service.showing.changes"])
def test_nothing_heavy_is_loaded_for_it(module: str) -> None:
    heavy = {"torch", "diffusers", "transformers", "huggingface_hub"}
    code = f"import sys, {module}; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
