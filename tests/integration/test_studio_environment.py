"""What is written down with each picture of what decided its pixels beside the recipe."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

from generation.engine import EngineStatus
from generation.libraries import DECIDING
from generation.loras import LoraCatalogue
from generation.models import MINI_FOLDER, Model
from generation.recipe import LoraUse, Refiner
from generation.settings import Levers
from generation.surroundings import Surroundings
from generation.worker.studio import Studio
from tests.studio_bench import RECIPE, difference, new_studio, paint, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

INKSTYLE = (LoraUse("inkstyle", 1.0),)
UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


def own_studio(folder: Path) -> tuple[Studio, Path]:
    """A studio with a copy of the built-in model that a test may change."""
    base = Path(shutil.copytree(MINI_FOLDER / "base", folder / "base"))
    return new_studio(models=(Model("own", str(base)),), hashes=folder / "hashes.json"), base


def brighten(base: Path) -> None:
    path = base / "vae" / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["decoder.conv_out.bias"] += 0.5
    save_file(weights, path)


def test_the_environment_names_what_decided_the_pixels(studio: Studio) -> None:
    environment = paint(studio, loras=INKSTYLE).environment
    assert set(environment["weights"]) == {"base", "lora inkstyle"}
    assert set(environment["configs"]) == {"base"}
    for digests in (environment["weights"], environment["configs"]):
        assert all(len(digest) == 64 for digest in digests.values())
    assert set(environment["versions"]) == set(DECIDING)
    expected = {"device": "cpu", "dtype": "float32", "vae_dtype": "float32", "threads": 1}
    expected |= {"offload": "resident", "vae_tiles": False, "compile": "off", "attention": "sdpa"}
    assert expected.items() <= environment.items()
    assert environment["deterministic"] == {"algorithms": True, "cudnn": True, "benchmark": False}
    assert environment["cpu"].split()[1]
    assert environment["processor"]


def test_the_levers_that_decide_pixels_are_named(studio: Studio) -> None:
    levers = Levers(channels_last="on", attention="math", prompt_keys="off", trace="off")
    other = new_studio(levers=levers)
    before, after = paint(studio), paint(other)
    changed = {
        key: value for key, value in after.environment.items() if before.environment[key] != value
    }
    assert changed == {"memory_format": "channels_last", "attention": "math"}
    assert sha256(after) != sha256(before)
    assert difference(after, before) < 1
    assert sha256(paint(other)) == sha256(after)


def test_the_refiner_decides_only_where_it_takes_part(studio: Studio) -> None:
    refined = paint(studio, refiner=Refiner(0.5)).environment
    assert set(refined["weights"]) == set(refined["configs"]) == {"base", "refiner"}
    # So weak, it is left no step.
    assert set(paint(studio, refiner=Refiner(0.9, "img2img")).environment["weights"]) == {"base"}


def test_an_environment_is_plain_data_without_a_path(studio: Studio, tmp_path: Path) -> None:
    own, _ = own_studio(tmp_path)
    text = json.dumps(dict(paint(own, model="own", loras=INKSTYLE).environment))
    assert str(tmp_path) not in text
    assert str(MINI_FOLDER) not in text
    here = paint(studio, loras=INKSTYLE).environment
    assert json.loads(text) == here


def test_the_worker_tells_the_same_before_any_picture_as_with_one(studio: Studio) -> None:
    environment = paint(studio).environment
    assert studio.machine.items() <= environment.items()
    assert studio.plans["mini"].items() <= environment.items()
    assert set(environment) == {*studio.machine, *studio.plans["mini"], "weights", "configs"}


def test_a_model_whose_files_change_is_loaded_anew(tmp_path: Path) -> None:
    own, base = own_studio(tmp_path)
    before = paint(own, model="own")
    brighten(base)
    after = paint(own, model="own")
    assert sha256(after) != sha256(before)
    assert after.environment["weights"] != before.environment["weights"]
    assert after.environment["configs"] == before.environment["configs"]
    assert sha256(paint(new_studio(models=(Model("own", str(base)),)), model="own")) == sha256(
        after
    )


def test_another_noise_schedule_is_another_config(tmp_path: Path) -> None:
    own, base = own_studio(tmp_path)
    before = paint(own, model="own", sampler="ddim")
    path = base / "scheduler" / "scheduler_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps(config | {"beta_end": config["beta_end"] / 2}))
    after = paint(own, model="own", sampler="ddim")
    assert sha256(after) != sha256(before)
    assert after.environment["configs"] != before.environment["configs"]
    assert after.environment["weights"] == before.environment["weights"]


def test_weights_that_changed_while_they_were_used_are_not_named(tmp_path: Path) -> None:
    own, base = own_studio(tmp_path)
    painted = paint(own, model="own")
    own._hashes._known.clear()
    (tmp_path / "hashes.json").unlink()
    (base / UNET).write_bytes(b"something else")
    # What was in memory is no longer anywhere to be hashed: nothing is said rather than a lie.
    assert painted.environment["weights"] == {}


def test_hashes_are_kept_beside_the_data(tmp_path: Path) -> None:
    own, base = own_studio(tmp_path)
    known = paint(own, model="own").environment["weights"]
    kept = json.loads((tmp_path / "hashes.json").read_text())["files"]
    assert str((base / UNET).resolve()) in kept
    again = new_studio(models=own._settings.models, hashes=tmp_path / "hashes.json")
    assert paint(again, model="own").environment["weights"] == known


def test_the_bot_knows_beforehand_what_a_picture_will_say(studio: Studio) -> None:
    changes: dict[str, Any] = {"loras": INKSTYLE, "refiner": Refiner(0.5)}
    told = paint(studio, **changes).environment
    loras = LoraCatalogue(())
    loras.refresh()
    surroundings = Surroundings(studio._settings, loras)
    status = EngineStatus("idle", machine=studio.machine, plans=studio.plans)
    assert surroundings.now(RECIPE.changed(**changes), status, 60) == told
