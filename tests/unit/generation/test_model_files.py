from __future__ import annotations

from pathlib import Path

from generation.model_files import PartFiles, look_at, variant_of
from generation.models import MINI, MINI_FOLDER, Model

NETWORKS = ("unet", "vae", "text_encoder", "text_encoder_2")


def model_in(folder: Path, *suffixes: str) -> Path:
    """Lay out a model with empty files; of each network's weights one for every suffix."""
    (folder / "model_index.json").write_text("{}")
    for name in NETWORKS:
        (folder / name).mkdir()
        (folder / name / "config.json").write_text("{}")
        for suffix in suffixes:
            stem = "model" if name.startswith("text") else "diffusion_pytorch_model"
            (folder / name / f"{stem}{suffix}.safetensors").write_bytes(b"")
    for name in ("scheduler", "tokenizer", "tokenizer_2", "safety_checker"):
        (folder / name).mkdir()
        (folder / name / "any.json").write_text("{}")
    return folder


def names(files: PartFiles, folder: Path, *, configs: bool = False) -> set[str]:
    chosen = files.configs if configs else files.weights
    return {str(Path(each.path).relative_to(folder)) for each in chosen}


def test_all_networks_of_a_base_and_what_describes_them_decide() -> None:
    base = MINI_FOLDER / "base"
    files = look_at(base, "base", MINI)
    assert {name.split("/")[0] for name in names(files, base)} == set(NETWORKS)
    assert {name.split("/")[0] for name in names(files, base, configs=True)} == {
        *NETWORKS, "scheduler", "tokenizer", "tokenizer_2", "model_index.json",
    }  # fmt: skip


def test_of_a_refiner_only_what_it_does_not_share_decides(tmp_path: Path) -> None:
    files = look_at(model_in(tmp_path, ""), "refiner", MINI)
    assert names(files, tmp_path) == {"unet/diffusion_pytorch_model.safetensors"}
    assert names(files, tmp_path, configs=True) == {
        "unet/config.json", "scheduler/any.json", "model_index.json",
    }  # fmt: skip


def test_another_vae_takes_the_place_of_the_bases_own(tmp_path: Path) -> None:
    base = model_in(tmp_path, "")
    model = Model("own", str(base), vae=str(base / "vae"))
    found = names(look_at(base, "base", model), base)
    assert not any(name.startswith("vae/") for name in found)
    vae = look_at(base / "vae", "vae", model)
    assert names(vae, base) == {"vae/diffusion_pytorch_model.safetensors"}
    assert names(vae, base, configs=True) == {"vae/config.json"}


def test_only_the_variant_that_is_read_decides(tmp_path: Path) -> None:
    base = model_in(tmp_path, "", ".fp16")
    for variant, marked in (("fp16", True), ("", False)):
        files = look_at(base, "base", Model("own", str(base), variant=variant))
        assert [".fp16." in name for name in names(files, base)] == [marked] * 4
    assert variant_of(base, "fp16") == "fp16"
    assert variant_of(base, "bf16") is None


def test_weights_with_names_of_their_own_all_decide(tmp_path: Path) -> None:
    (tmp_path / "unet").mkdir()
    for name in ("one", "two"):
        (tmp_path / "unet" / f"{name}.safetensors").write_bytes(b"")
    files = look_at(tmp_path, "base", MINI)
    assert names(files, tmp_path) == {"unet/one.safetensors", "unet/two.safetensors"}


def test_a_single_file_decides_with_the_folder_beside_it(tmp_path: Path) -> None:
    beside = tmp_path / "painter"
    beside.mkdir()
    model_in(beside, "")
    file = tmp_path / "painter.safetensors"
    file.write_bytes(b"")
    files = look_at(file, "base", MINI)
    assert names(files, tmp_path) == {"painter.safetensors"}
    assert "painter/scheduler/any.json" in names(files, tmp_path, configs=True)


def test_another_content_is_seen_and_a_file_that_is_gone_is_not(tmp_path: Path) -> None:
    base = model_in(tmp_path, "")
    for name in ("unet/diffusion_pytorch_model.safetensors", "scheduler/any.json"):
        before = look_at(base, "base", MINI)
        seen = [before.are_the_same]
        (base / name).write_bytes(b"other")
        seen.append(before.are_the_same)
        (base / name).unlink()
        seen.append(before.are_the_same)
        assert seen == [True, False, True]
