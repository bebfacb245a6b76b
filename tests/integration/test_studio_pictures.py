"""Pictures of the mini model: stages, samplers, LoRAs, cancelling, exactness."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
import torch

from generation.errors import NotANumber, OutOfMemory, UnknownName
from generation.recipe import LoraUse, Refiner
from generation.samplers import SAMPLERS
from generation.worker.painter import Stopped
from generation.worker.schedulers import build_scheduler
from generation.worker.studio import Studio
from tests.studio_bench import RECIPE, Witness, difference, new_studio, paint, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

INKSTYLE = (LoraUse("inkstyle", 1.0),)


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio()


def test_a_recipe_gives_the_same_pixels_in_any_order(studio: Studio) -> None:
    first = paint(studio)
    paint(studio, seed=8, refiner=Refiner(0.5))
    paint(studio, loras=INKSTYLE)
    assert sha256(paint(studio)) == sha256(first)
    assert sha256(paint(studio, seed=8)) != sha256(first)


def test_another_process_paints_the_same_pixels_with_the_same_environment(studio: Studio) -> None:
    loras = (LoraUse("inkstyle", 0.7),)
    here = paint(studio, refiner=Refiner(0.6), loras=loras)
    code = (
        "import json, sys; from generation.recipe_reading import read_recipe;"
        "from tests.studio_bench import Witness, new_studio, sha256;"
        "painting = new_studio().paint(read_recipe(sys.argv[1]), {}, Witness());"
        "print(json.dumps([sha256(painting), dict(painting.environment)]))"
    )
    recipe = RECIPE.changed(refiner=Refiner(0.6), loras=loras)
    done = subprocess.run(
        [sys.executable, "-c", code, recipe.to_json()],
        env={"PYTHONPATH": ":".join(filter(None, sys.path)), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == [sha256(here), dict(here.environment)]


def test_a_lora_acts_by_its_scale_and_leaves_nothing_behind(studio: Studio) -> None:
    plain = paint(studio)
    changes = [
        difference(plain, paint(studio, loras=(LoraUse("inkstyle", scale),)))
        for scale in (0.0, 0.5, 1.0)
    ]
    assert changes[0] == 0
    assert 0 < changes[1] < changes[2]
    assert sha256(paint(studio)) == sha256(plain)


def test_the_refiner_changes_the_picture_in_both_of_its_modes(studio: Studio) -> None:
    alone = paint(studio, steps=6)
    split = paint(studio, steps=6, refiner=Refiner(0.6))
    again = paint(studio, steps=6, refiner=Refiner(0.6, "img2img"))
    assert len({sha256(alone), sha256(split), sha256(again)}) == 3
    assert 0 < difference(alone, split) < 60
    assert 0 < difference(alone, again) < 60


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("refiner", [None, Refiner(0.6), Refiner(0.6, "img2img")])
def test_every_sampler_takes_exactly_the_steps_that_it_announces(
    studio: Studio, sampler: str, refiner: Refiner | None
) -> None:
    witness = Witness()
    painting = paint(studio, watch=witness, sampler=sampler, refiner=refiner, steps=6)
    *steps, last = witness.steps
    total = steps[0][2]
    assert [step for _, step, _ in steps] == list(range(1, total + 1))
    assert last == ("decode", total, total)
    assert ("refiner" in {stage for stage, _, _ in steps}) == (refiner is not None)
    assert painting.pixels.shape == (128, 128, 3)
    assert painting.pixels.std() > 15


def test_samplers_agree_on_what_they_paint(studio: Studio) -> None:
    """All solve the same equation: with enough steps no deterministic one is far from Euler."""
    reference = paint(studio, steps=24)
    for sampler in ("ddim", "lms", "dpm++2m", "dpm++2m-karras", "unipc", "heun"):
        assert difference(reference, paint(studio, steps=24, sampler=sampler)) < 25, sampler


def test_pixels_are_those_of_the_plain_pipeline(studio: Studio) -> None:
    ours = paint(studio)
    pipeline = studio.easel("mini").loaded.base.text
    pipeline.scheduler = build_scheduler("euler", pipeline.scheduler.config)
    plain = pipeline(
        RECIPE.prompt,
        width=128,
        height=128,
        num_inference_steps=4,
        guidance_scale=5.0,
        generator=torch.Generator().manual_seed(7),
        output_type="pil",
    ).images[0]
    assert np.array_equal(ours.pixels, np.asarray(plain))


def test_width_and_height_are_not_mixed_up(studio: Studio) -> None:
    assert paint(studio, width=160, height=96).pixels.shape == (96, 160, 3)


def test_previews_look_like_the_picture_at_the_end(studio: Studio) -> None:
    witness = Witness()
    painting = paint(studio, watch=witness, steps=8)
    last = witness.previews[-1]
    assert (last.width, last.height, len(last.rgb)) == (16, 16, 16 * 16 * 3)
    small = np.frombuffer(last.rgb, np.uint8).reshape(16, 16, 3).astype(float)
    shrunk = painting.pixels.reshape(16, 8, 16, 8, 3).mean(axis=(1, 3))
    # Linear in colours that the VAE is not linear in: the places are right, the tones near.
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.6
    assert np.abs(small - shrunk).mean() < 45


def test_a_cancelled_picture_leaves_the_next_one_right(studio: Studio) -> None:
    expected = sha256(paint(studio, refiner=Refiner(0.5)))
    for step in (1, 3):
        with pytest.raises(Stopped):
            paint(
                studio, watch=Witness(stop_at=step), refiner=Refiner(0.5), loras=INKSTYLE, seed=99
            )
        assert sha256(paint(studio, refiner=Refiner(0.5))) == expected


def test_running_out_of_memory_fails_that_picture_alone(studio: Studio) -> None:
    expected = sha256(paint(studio))
    for error in (torch.OutOfMemoryError("no"), RuntimeError("can't allocate memory: 9 bytes")):
        with pytest.raises(OutOfMemory) as caught:
            paint(studio, watch=Witness(stop_at=2, fail=error))
        assert (caught.value.device, caught.value.width) == ("cpu", 128)
        assert sha256(paint(studio)) == expected


def test_numbers_out_of_range_are_told_from_a_picture(studio: Studio) -> None:
    studio.load("mini")
    unet = studio.easel("mini").loaded.base.text.unet
    kept = unet.conv_out.bias.data.clone()
    try:
        unet.conv_out.bias.data[0] = float("nan")
        with pytest.raises(NotANumber) as caught:
            paint(studio)
    finally:
        unet.conv_out.bias.data.copy_(kept)
    assert (caught.value.dtype, caught.value.part) == ("float32", "model")


def test_a_vae_out_of_range_is_told_as_the_vae(studio: Studio) -> None:
    studio.load("mini")
    autoencoder = studio.easel("mini").autoencoder
    vae, pixels = autoencoder.vae, np.zeros((64, 64, 3), np.uint8)
    latents = autoencoder.encode(pixels, None)
    for layer, fails in (
        (vae.decoder.conv_out, lambda: autoencoder.decode(latents)),
        (vae.encoder.conv_in, lambda: autoencoder.encode(pixels, None)),
    ):
        kept = layer.bias.data.clone()
        layer.bias.data[0] = float("nan")
        with torch.no_grad(), pytest.raises(NotANumber) as caught:
            fails()
        layer.bias.data.copy_(kept)
        assert (caught.value.dtype, caught.value.part) == ("float32", "vae")


def test_unknown_models_and_loras_name_the_nearest(studio: Studio) -> None:
    with pytest.raises(UnknownName) as caught:
        paint(studio, model="minni")
    assert caught.value.near == ("mini",)
    with pytest.raises(UnknownName) as caught:
        paint(studio, loras=(LoraUse("inkstile"),))
    assert caught.value.near == ("inkstyle",)
