from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from generation.hub import is_cached, is_hub_id
from generation.hub.cache import cache_folder
from generation.hub.files import components, is_complete, wanted_in, weights
from generation.models import MINI, SDXL

PLAIN = "diffusion_pytorch_model.safetensors"
FP16 = "diffusion_pytorch_model.fp16.safetensors"
SHARDS = [f"model.fp16-0000{number}-of-00002.safetensors" for number in (1, 2)]


@pytest.mark.parametrize(
    ("names", "variant", "chosen"),
    [
        ([PLAIN, FP16], "fp16", [FP16]),
        ([PLAIN, FP16], "", [PLAIN]),
        ([PLAIN], "fp16", [PLAIN]),
        ([FP16], "", [FP16]),
        ([PLAIN, "diffusion_pytorch_model.non_ema.safetensors"], "", [PLAIN]),
        (["diffusion_pytorch_model.non_ema.safetensors"], "", []),
        ([*SHARDS, "model.safetensors"], "fp16", SHARDS),
        ([SHARDS[0], "model.safetensors"], "fp16", ["model.safetensors"]),
        (["diffusion_pytorch_model.bin", "model.onnx", "flax_model.msgpack"], "", []),
        (["sdxl_vae.safetensors", PLAIN], "fp16", [PLAIN]),
    ],
)
def test_one_precision_of_safetensors_is_chosen(
    names: list[str], variant: str, chosen: list[str]
) -> None:
    assert list(weights(names, variant)) == chosen


def test_what_describes_comes_along_and_nothing_of_other_frameworks() -> None:
    names = [
        "config.json", FP16, PLAIN, "diffusion_pytorch_model.fp16.bin", "model.onnx_data",
        "openvino_model.json", "model.safetensors.index.json", "merges.txt", "run.py",
    ]  # fmt: skip
    assert set(wanted_in(names, "fp16")) == {"config.json", "merges.txt", FP16}


def test_shards_bring_their_index() -> None:
    names = [*SHARDS, "model.safetensors.index.fp16.json", "model.safetensors.index.json"]
    assert set(wanted_in(names, "fp16")) == {*SHARDS, "model.safetensors.index.fp16.json"}


def test_what_the_model_replaces_or_shares_is_left_out() -> None:
    index = {
        "_class_name": "X",
        "force_zeros_for_empty_prompt": True,
        "feature_extractor": [None, None],
        "safety_checker": ["a", "b"],
        "scheduler": ["a", "b"],
        "text_encoder_2": ["a", "b"],
        "unet": ["a", "b"],
        "vae": ["a", "b"],
    }
    assert components(index, "base", SDXL) == ("scheduler", "text_encoder_2", "unet")
    assert components(index, "base", replace(SDXL, vae=""))[-1] == "vae"
    assert components(index, "refiner", SDXL) == ("scheduler", "unet")


def test_a_folder_is_complete_only_with_its_weights() -> None:
    assert is_complete("unet", ["config.json", FP16], "fp16")
    assert not is_complete("unet", ["config.json"], "fp16")
    assert not is_complete("unet", [FP16], "fp16")
    assert is_complete("tokenizer_2", ["tokenizer_config.json", "vocab.json", "merges.txt"], "")
    assert not is_complete("tokenizer_2", ["tokenizer_config.json", "vocab.json"], "")


def test_a_hub_id_is_told_from_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_hub_id("stabilityai/stable-diffusion-xl-base-1.0")
    for path in ("models/my.safetensors", "./models/mine", "../mine/x", "/models/x", "mini", ""):
        assert not is_hub_id(path), path
    (tmp_path / "models" / "mine").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert not is_hub_id("models/mine")


def test_the_built_in_model_is_here_and_an_empty_cache_holds_nothing(tmp_path: Path) -> None:
    assert is_cached(MINI, tmp_path)
    assert not is_cached(SDXL, tmp_path)


def test_the_cache_is_where_the_hub_library_keeps_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "huggingface" / "hub"
    monkeypatch.setenv("HF_HOME", "/home/hf")
    assert cache_folder() == Path("/home/hf/hub")
    monkeypatch.setenv("HF_HUB_CACHE", "/cache")
    assert cache_folder() == Path("/cache")
    assert cache_folder(tmp_path) == tmp_path
