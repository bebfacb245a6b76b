"""Models as people have them: folders, variants, single files, other VAEs; and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from generation.engine import Preparing
from generation.errors import BadWeights, DeviceMissing, ModelMissing, OutOfMemory, UserError
from generation.models import MINI, MINI_FOLDER, Model
from generation.recipe import Refiner
from generation.settings import GenerationSettings, Levers
from generation.worker.loading import Loaded, load_model
from generation.worker.machine import devices_present
from generation.worker.studio import Studio
from generation.worker.tracing import WORTH
from tests.original_layout import write_single_file
from tests.studio_bench import Witness, difference, new_studio, paint, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

BASE = MINI_FOLDER / "base"
ROOM = 40_000_000
"""Bytes for one model like mini, and not for two."""


def model(
    name: str = "own", base: Path = BASE, refiner: str = "", vae: str = "", variant: str = ""
) -> Model:
    return Model(name, str(base), refiner, vae, variant=variant, size=(128, 128))


def studio_with(*models: Model) -> Studio:
    return new_studio(models=(MINI, *models))


def copied(tmp_path: Path) -> Path:
    return Path(shutil.copytree(BASE, tmp_path / "base"))


@pytest.fixture(scope="module")
def expected() -> str:
    return sha256(paint(new_studio()))


def test_a_folder_paints_as_the_built_in_model(tmp_path: Path, expected: str) -> None:
    studio = studio_with(model(base=copied(tmp_path)))
    assert sha256(paint(studio, model="own")) == expected


def test_files_of_the_variant_are_read(tmp_path: Path, expected: str) -> None:
    folder = copied(tmp_path)
    for path in folder.rglob("*.safetensors"):
        path.rename(path.with_suffix(".fp16.safetensors"))
    studio = studio_with(model("asked", folder, variant="fp16"), model("found", folder))
    for name in ("asked", "found"):
        painting = paint(studio, model=name)
        assert sha256(painting) == expected
        assert painting.environment["dtype"] == "float32"


def test_a_single_file_paints_as_its_folder(tmp_path: Path, expected: str) -> None:
    file = tmp_path / "mini.safetensors"
    write_single_file(BASE, file)
    shutil.copytree(BASE, tmp_path / "mini", ignore=shutil.ignore_patterns("*.safetensors"))
    studio = studio_with(
        model("file", file, refiner=str(MINI_FOLDER / "refiner")),
    )
    assert sha256(paint(studio, model="file")) == expected
    witness = Witness()
    paint(studio, watch=witness, model="file", refiner=Refiner(0.5))
    assert "refiner" in {stage for stage, _, _ in witness.steps}


def test_a_single_file_without_configuration_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mini.safetensors"
    write_single_file(BASE, file)
    studio = new_studio(models=(model("file", file),), cache=tmp_path / "hub")
    with pytest.raises(ModelMissing) as caught:
        studio.load("file")
    assert caught.value.where == "stabilityai/stable-diffusion-xl-base-1.0"
    assert caught.value.reason == "no configuration"


def test_base_and_refiner_share_networks_but_no_scheduler() -> None:
    studio = new_studio()
    paint(studio, refiner=Refiner(0.5))
    loaded = studio.easel("mini").loaded
    base, refiner = loaded.base.text, loaded.refiner
    assert refiner is not None
    assert base.vae is refiner.vae
    assert base.text_encoder_2 is refiner.text_encoder_2
    assert base.unet is loaded.base.inpaint.unet
    assert base.unet is not refiner.unet
    assert base.scheduler is not refiner.scheduler
    assert base.watermark is None
    assert refiner.watermark is None


def test_another_vae_takes_the_place_of_the_models_own(tmp_path: Path, expected: str) -> None:
    folder = Path(shutil.copytree(BASE / "vae", tmp_path / "vae"))
    path = folder / "diffusion_pytorch_model.safetensors"
    weights = load_file(path)
    weights["decoder.conv_out.bias"] += 0.5
    save_file(weights, path)
    studio = studio_with(model(vae=str(folder), refiner=str(MINI_FOLDER / "refiner")))
    painting = paint(studio, model="own")
    assert sha256(painting) != expected
    assert "vae" in painting.environment["weights"]
    loaded = studio.easel("own").loaded
    assert loaded.refiner is not None
    assert loaded.refiner.vae is loaded.vae


def refused(source: Path) -> UserError:
    studio = studio_with(model(base=source))
    with pytest.raises(UserError) as caught:
        paint(studio, model="own")
    assert studio.models == ()
    return caught.value


def test_pickles_are_refused_by_name(tmp_path: Path) -> None:
    for name in ("model.ckpt", "model.pt", "model.bin"):
        file = tmp_path / name
        torch.save({"a": torch.ones(1)}, file)
        error = refused(file)
        assert isinstance(error, BadWeights)
        assert (error.reason, error.path) == ("pickle", str(file))


def test_a_folder_of_pickles_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    for path in folder.rglob("*.safetensors"):
        torch.save(load_file(path), path.with_suffix(".bin"))
        path.unlink()
    error = refused(folder)
    assert isinstance(error, BadWeights)
    assert error.reason == "pickle"


def test_one_pickle_among_good_files_is_not_read_instead(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    torch.save(load_file(path), path.with_suffix(".bin"))
    path.unlink()
    error = refused(folder)
    assert isinstance(error, BadWeights)
    assert (error.reason, error.path) == ("pickle", str(path.with_suffix(".bin")))


def test_a_truncated_file_is_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    error = refused(folder)
    assert isinstance(error, BadWeights)
    assert (error.reason, error.path) == ("truncated", str(path))


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    shutil.copy(
        MINI_FOLDER / "refiner/unet/diffusion_pytorch_model.safetensors",
        folder / "unet/diffusion_pytorch_model.safetensors",
    )
    error = refused(folder)
    assert isinstance(error, BadWeights)
    assert error.reason == "cannot be loaded"


def test_other_kinds_of_models_are_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    index = folder / "model_index.json"
    index.write_text(index.read_text().replace("StableDiffusionXLPipeline", "FluxPipeline"))
    error = refused(folder)
    assert isinstance(error, BadWeights)
    assert (error.reason, error.detail) == ("other kind", "FluxPipeline")
    index.unlink()
    error = refused(folder)
    assert isinstance(error, BadWeights)
    assert error.reason == "no index"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path / "gone" / "model")
    assert isinstance(error, ModelMissing)
    assert error.reason == "no folder"


def test_a_device_that_is_not_there_is_named() -> None:
    missing = next(device for device in ("cuda", "mps") if device not in devices_present())
    with pytest.raises(DeviceMissing) as caught:
        new_studio(device=missing)
    assert "cpu" in caught.value.present


def test_models_that_were_used_longest_ago_leave_when_there_is_no_room_for_all(
    tmp_path: Path,
) -> None:
    folder = copied(tmp_path)
    models = (MINI, model("second", folder), model("third", folder))
    studio = new_studio(models=models, keep_bytes=ROOM)
    for name in ("mini", "second", "mini"):
        studio.load(name)
    assert studio.models == ("second", "mini")
    studio.load("third")
    assert studio.models == ("mini", "third")
    assert ROOM / 2 < studio.easel("mini").size < ROOM


def test_a_model_that_waited_off_the_device_comes_back_and_paints_the_same(expected: str) -> None:
    studio = new_studio()
    paint(studio, steps=WORTH + 1, width=64, height=64)
    [recorded, *_] = studio.easel("mini").eager.traced
    assert recorded.recordings == 1
    studio.easel("mini").withdraw()
    assert recorded.recordings == 0, "recordings hold on to weights where they lay"
    witness = Witness()
    assert sha256(paint(studio, watch=witness)) == expected
    assert Preparing("loading", "mini") in witness.prepared
    again = Witness()
    paint(studio, watch=again)
    assert "loading" not in {event.phase for event in again.prepared}


def test_memory_that_is_out_while_a_model_is_loaded_is_that_of_those_that_wait(
    tmp_path: Path,
) -> None:
    models = (MINI, model("second", copied(tmp_path)))
    failures: list[Exception] = []

    def load(*given: Any) -> Loaded:
        if failures:
            raise failures.pop()
        return load_model(*given)

    studio = Studio(GenerationSettings(models=models, threads=1), load)
    studio.load("mini")
    failures.append(MemoryError())
    studio.load("second")
    assert studio.models == ("second",)
    failures += [torch.OutOfMemoryError("no"), RuntimeError("can't allocate memory")]
    with pytest.raises(OutOfMemory):
        studio.load("mini")
    assert not failures
    assert not studio.models


def test_half_precision_paints_nearly_the_same() -> None:
    whole, half = new_studio(), new_studio(dtype="bfloat16")
    one, other = paint(whole, sampler="euler-a"), paint(half, sampler="euler-a")
    assert other.environment["dtype"] == "bfloat16"
    assert abs(one.pixels.astype(float) - other.pixels.astype(float)).mean() < 2


def test_the_vae_works_in_the_dtype_that_it_is_given() -> None:
    studio = new_studio(levers=Levers(vae_dtype="bfloat16"))
    painting, whole = paint(studio), paint(new_studio())
    assert (painting.environment["vae_dtype"], painting.environment["dtype"]) == (
        "bfloat16",
        "float32",
    )
    assert studio.easel("mini").loaded.base.text.unet.dtype == torch.float32
    assert 0 < difference(painting, whole) < 2
