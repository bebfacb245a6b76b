"""A studio that compiles, with networks as small as they can be: what meets which graph, and LoRAs.

The compiler behind the graphs only carries them out. Which call meets which of them, and what is
compiled again, is torch's own to say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from generation.engine import Preparing
from generation.errors import OutOfMemory
from generation.loras import LoraInfo
from generation.models import Model
from generation.recipe import LoraUse
from generation.settings import GenerationSettings, Levers
from generation.worker.compiled import CompiledUNet
from generation.worker.compiling import Compiler
from generation.worker.loading import Loaded, Report, load_model
from generation.worker.machine import Machine
from generation.worker.merging import MergedAdapters
from generation.worker.studio import Studio
from tests.studio_bench import Witness, difference, paint, sha256
from tests.tiny_networks import tiny_unet, tiny_vae

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LONG = ", ".join(["a red circle on a blue background"] * 14)
ONE, TWO = LoraUse("one", 0.8), LoraUse("two", -0.5)
EACH: dict[str, dict[str, Any]] = {
    "plain": {},
    "wide": {"width": 160, "height": 96},
    "tall": {"width": 64, "height": 224},
    "long": {"prompt": LONG},
    "long and wide": {"prompt": LONG, "width": 160, "height": 96},
    "lora": {"loras": (ONE,)},
    "both": {"loras": (ONE, TWO), "width": 160, "height": 96},
    "both again": {"loras": (TWO, replace(ONE, scale=0.3))},
    "whole times": {"sampler": "ddim"},
    "sigmas": {"sampler": "dpm++2m-karras", "loras": (TWO,)},
}


def load_tiny(model: Model, machine: Machine, report: Report, cache: Path | None = None) -> Loaded:
    """Load the mini model, with a base and a VAE in it that mean nothing, and no refiner."""
    loaded = load_model(model, machine, report, cache)
    unet, vae = tiny_unet(1), tiny_vae(1)
    for pipeline in (loaded.base.text, loaded.base.image, loaded.base.inpaint):
        pipeline.unet, pipeline.vae = unet, vae
    return replace(loaded, refiner=None)


def save_lora(folder: Path, name: str, rank: int, ends: tuple[str, ...]) -> None:
    random = torch.Generator().manual_seed(rank)
    weights: dict[str, torch.Tensor] = {}
    for path, layer in tiny_unet(1).named_modules():
        if path.endswith(ends):
            out, into, *window = layer.weight.shape
            down = torch.randn(rank, into, *window, generator=random) * 0.3
            up = torch.randn(out, rank, *(1 for _ in window), generator=random) * 0.3
            weights |= {f"unet.{path}.lora_A.weight": down, f"unet.{path}.lora_B.weight": up}
    save_file(weights, folder / f"{name}.safetensors")


@pytest.fixture(scope="module")
def loras(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("loras")
    save_lora(folder, "one", 2, ("attn1.to_q", "attn2.to_v", "conv1"))
    save_lora(folder, "two", 5, ("attn2.to_v", "ff.net.2", "proj_in"))
    return folder


def settings(loras: Path) -> GenerationSettings:
    return GenerationSettings(
        threads=1, loras=loras, levers=Levers(prompt_keys="off", trace="off", compile="off")
    )


@pytest.fixture(scope="module")
def told() -> list[Preparing]:
    return []


@pytest.fixture(scope="module")
def compiled(loras: Path, told: list[Preparing]) -> Iterator[Studio]:
    """A studio that has compiled all that it does ahead."""
    studio = Studio(settings(loras), load_tiny, Compiler("eager"))
    studio.load("mini", told.append)
    while studio.prepare(told.append):
        pass
    yield studio
    torch.compiler.reset()


@pytest.fixture(scope="module")
def eager(loras: Path) -> Studio:
    return Studio(settings(loras), load_tiny)


def test_what_is_compiled_ahead_is_told_in_turn(compiled: Studio, told: list[Preparing]) -> None:
    whats = [event.what for event in told if event.phase == "compiling"]
    assert whats == ["mini base 128x128", "mini VAE 128x128", "mini base at other sizes"]


def test_nothing_is_compiled_again_whatever_is_asked_for(compiled: Studio, eager: Studio) -> None:
    names = [*EACH, *reversed(EACH)]
    with torch.compiler.set_stance("fail_on_recompile"):
        found = [sha256(paint(compiled, steps=2, **EACH[name])) for name in names]
    # Each recipe came to its own pixels, and to the same ones after all the others.
    assert found == [*reversed(found)]
    assert len(set(found)) == len(EACH)
    for name in ("long and wide", "both", "both again"):
        apart = difference(
            paint(eager, steps=2, **EACH[name]), paint(compiled, steps=2, **EACH[name])
        )
        assert apart < 0.05, name


def test_a_picture_is_told_that_its_kernels_are_not_there_yet(compiled: Studio) -> None:
    watch = Witness()
    paint(compiled, None, watch, steps=1, guidance=1)
    assert "mini base 128x128" in [each.what for each in watch.prepared]
    again = Witness()
    paint(compiled, None, again, steps=1, guidance=1)
    assert "compiling" not in [each.phase for each in again.prepared]


def test_what_is_compiled_is_part_of_the_environment(compiled: Studio, eager: Studio) -> None:
    easel = eager.easel("mini")
    assert compiled.plans["mini"] == easel.description | {
        "compile": "on",
        "compile_sizes": "128x128",
        "compile_first": "128x128",
        "compile_batches": "1",
    }


def test_memory_that_is_out_while_compiling_is_told_as_that(
    compiled: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run_out(event: Preparing) -> None:
        raise torch.OutOfMemoryError(event.what)

    easel = compiled.easel("mini")
    assert easel.compiled is not None
    monkeypatch.setattr(easel.compiled.base.graphs, "_compiler", Compiler("eager"))
    monkeypatch.setattr(easel.compiled, "_compiler", easel.compiled.base.graphs._compiler)
    for make_ready in (easel.warm_up, easel.prepare):
        with pytest.raises(OutOfMemory) as out:
            make_ready(run_out)
        assert (out.value.width, out.value.height) == (128, 128)


@pytest.mark.parametrize("roomy", [True, False])
def test_loras_do_in_weights_what_they_do_as_layers(
    compiled: Studio, eager: Studio, loras: Path, roomy: bool
) -> None:
    easel, plain = compiled.easel("mini"), eager.easel("mini")
    assert easel.compiled is not None
    unet: CompiledUNet = easel.compiled.base
    adapters = MergedAdapters(easel.loaded.base.text, easel.residence, unet, roomy=roomy)
    one, two = (LoraInfo(name, loras / f"{name}.safetensors") for name in ("one", "two"))
    wanted = [(one, 0.8), (two, -0.5)]
    try:
        before = predicted(unet.bare)
        adapters.use(wanted)
        with_both = predicted(unet.bare)
        plain.adapters.use(wanted)
        assert torch.allclose(with_both, predicted(plain.loaded.base.text.unet), atol=1e-5)
        assert not torch.allclose(with_both, before, atol=1e-2)
        adapters.use([(two, 1.0)])
        assert adapters.size > 0
        adapters.move(torch.device("cpu"))
        assert torch.equal(predicted(unet.bare), before)
        adapters.use(wanted)
        assert torch.equal(predicted(unet.bare), with_both)
    finally:
        adapters.rest()
        plain.adapters.rest()


def test_a_unet_gives_what_it_is_asked_for(compiled: Studio) -> None:
    easel = compiled.easel("mini")
    assert easel.compiled is not None
    unet = easel.compiled.base.bare
    [found] = asked(unet, return_dict=False)
    assert torch.equal(asked(unet).sample, found)
    # What no graph is for goes past them, and comes in the same form.
    [unusual] = asked(unet, return_dict=False, cross_attention_kwargs={})
    assert torch.allclose(asked(unet, cross_attention_kwargs={}).sample, unusual)
    assert torch.allclose(found, unusual, atol=1e-4)


def predicted(unet: Any) -> torch.Tensor:
    found: torch.Tensor = asked(unet, return_dict=False)[0]
    return found


def asked(unet: Any, **options: Any) -> Any:
    random = torch.Generator().manual_seed(3)
    with torch.no_grad():
        return unet(
            torch.randn(2, 4, 16, 16, generator=random),
            torch.tensor(500),
            encoder_hidden_states=torch.randn(2, 77, 160, generator=random),
            added_cond_kwargs={
                "text_embeds": torch.randn(2, 96, generator=random),
                "time_ids": torch.full((2, 6), 128.0),
            },
            **options,
        )
