"""LoRAs act by scale and leave no trace; a seed decides the pixels."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from peft import get_peft_model_state_dict
from safetensors import safe_open

from generation.worker.training.evaluation import single_prompts, single_text
from generation.worker.training.judge import difference, sharpness
from generation.worker.training.studio import Studio

INK = [
    "inkstyle, a big red circle on a white background",
    "inkstyle, a big blue square on a white background",
    "inkstyle, a big green triangle on a white background",
]
SEEDS = range(3)


def test_a_style_grows_with_its_scale_and_leaves_no_trace(studio: Studio) -> None:
    plain = studio.paint(INK, SEEDS)
    changes = []
    for scale in (0.0, 0.25, 0.5, 0.75, 1.0):
        studio.load_lora("inkstyle", scale)
        painted = studio.paint(INK, SEEDS)
        changes.append(mean(difference(a, b) for a, b in zip(plain, painted, strict=True)))
    assert changes[0] == 0
    assert all(later > earlier for earlier, later in pairwise(changes)), changes
    assert changes[-1] > 10
    studio.unload_loras()
    assert studio.paint(INK, SEEDS) == plain


def test_wrong_spoils_as_prompt_and_clears_as_negative(studio: Studio) -> None:
    prompts = [single_text(*prompt) for prompt in single_prompts(10)]
    plain = studio.paint(prompts, range(10))
    studio.load_lora("wrong", 1.0)
    avoided = studio.paint(prompts, range(10), "wrong")
    wanted = studio.paint([f"wrong, {prompt}" for prompt in prompts], range(10))
    assert mean(map(sharpness, wanted)) < 0.75 * mean(map(sharpness, plain))
    assert mean(map(sharpness, avoided)) > mean(map(sharpness, plain))


@pytest.mark.parametrize("name", ["inkstyle", "wrong"])
def test_every_weight_of_a_lora_is_loaded(studio: Studio, shipped: Path, name: str) -> None:
    with safe_open(shipped / "loras" / f"{name}.safetensors", "pt") as file:
        kept = len(list(file.keys()))
    studio.load_lora(name, 1.0)
    assert len(get_peft_model_state_dict(studio.base.unet, adapter_name=name)) == kept > 100


@pytest.mark.parametrize("name", ["inkstyle", "wrong"])
def test_a_lora_says_what_it_is_for(shipped: Path, name: str) -> None:
    told = tomllib.loads((shipped / "loras" / f"{name}.toml").read_text())
    assert set(told) == {"title", "trigger", "scale", "base"}
    assert (told["trigger"], told["base"]) == (name, "mini")


def test_a_seed_decides_the_pixels(studio: Studio) -> None:
    first, again, other = (studio.paint(["a star"], [seed])[0] for seed in (7, 7, 8))
    assert first == again
    assert difference(first, other) > 5
