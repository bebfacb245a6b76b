"""Upscalers: found and loaded as the library knows them, and applied tile by tile."""

from __future__ import annotations

import gc
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from generation.engine import Preparing, Preview, Stage
from generation.errors import BadWeights, LibraryMissing
from generation.hashes import Hashes
from generation.recipe import InputImage, Recipe, Upscale
from generation.settings import GenerationSettings
from generation.upscalers import UpscalerInfo, Upscalers, upscaler_part
from generation.worker.enlarging import Enlarging
from generation.worker.painter import Stopped
from generation.worker.studio import Studio
from generation.worker.upscaler import TILE, Upscaler, load_upscaler, upscale

CPU = torch.device("cpu")
RANDOM = np.random.default_rng(4)


class Descriptor:
    """Makes each pixel a square, and a picture of a second file its negative."""

    def __init__(
        self,
        scale: int,
        input_channels: int = 3,
        output_channels: int = 3,
        *,
        turned: bool = False,
    ) -> None:
        self.scale = scale
        self.input_channels = input_channels
        self.output_channels = output_channels
        self.model = torch.nn.Identity()
        self.seen: list[tuple[int, ...]] = []
        self._turned = turned

    def __call__(self, picture: torch.Tensor) -> torch.Tensor:
        self.seen.append(tuple(picture.shape))
        larger = picture.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)
        return 1 - larger if self._turned else larger


class Loader:
    """Takes weights whose one tensor says what they are of: scale, channels, and what comes out.

    That is 0 for the picture, 1 for its negative, and 2 for greys.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def load_from_state_dict(self, weights: dict[str, torch.Tensor]) -> Descriptor:
        if "about" not in weights:
            raise RuntimeError("no such architecture\nand more")
        scale, channels, comes_out = (int(value) for value in weights["about"][:3])
        return Descriptor(scale, channels, 1 if comes_out == 2 else 3, turned=comes_out == 1)


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the library, which is the owner's to install."""
    module: Any = ModuleType("spandrel")
    module.ImageModelDescriptor = Descriptor
    module.ModelLoader = Loader
    monkeypatch.setitem(sys.modules, "spandrel", module)


def write(folder: Path, name: str = "sharp", *about: float) -> UpscalerInfo:
    path = folder / f"{name}.safetensors"
    values = {"about": np.array(about, np.float32)} if about else {"other": np.ones(3, np.float32)}
    save_file(values, path)
    return UpscalerInfo(name, path)


def noise(width: int, height: int) -> np.ndarray[Any, Any]:
    return RANDOM.integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_a_large_picture_goes_through_in_tiles_and_comes_out_whole() -> None:
    network, told = Descriptor(2), []
    pixels = noise(TILE * 2 + 40, TILE - 30)
    larger = upscale(Upscaler(network, 2, CPU), pixels, lambda *at: told.append(at))
    assert np.array_equal(larger, pixels.repeat(2, axis=0).repeat(2, axis=1))
    assert max(max(shape[2:]) for shape in network.seen) == TILE
    assert told == [(done, len(network.seen)) for done in range(len(network.seen))]


@pytest.mark.usefixtures("library")
def test_weights_that_are_no_upscaler_of_colours_are_refused(tmp_path: Path) -> None:
    assert load_upscaler(write(tmp_path, "sharp", 4, 3, 0), CPU).scale == 4
    for info in (
        write(tmp_path, "other"),
        write(tmp_path, "of_grey", 2, 1, 0),
        write(tmp_path, "to_grey", 2, 3, 2),
    ):
        with pytest.raises(BadWeights) as caught:
            load_upscaler(info, CPU)
        assert caught.value.reason == "no upscaler"


def test_an_upscaler_that_gives_no_numbers_is_named() -> None:
    def broken(picture: torch.Tensor) -> torch.Tensor:
        return picture * torch.nan

    with pytest.raises(BadWeights) as caught:
        upscale(Upscaler(broken, 1, CPU, "sharp.safetensors"), noise(32, 32), lambda *at: None)
    assert (caught.value.path, caught.value.reason) == ("sharp.safetensors", "no numbers")


def test_of_two_that_differ_in_case_each_is_found(tmp_path: Path) -> None:
    for name in ("Sharp", "sharp", "Soft"):
        write(tmp_path, name)
    found = [Upscalers(tmp_path).find(name).name for name in ("Sharp", "sharp", "SOFT")]
    assert found == ["Sharp", "sharp", "Soft"]


class Clue:
    """Something that only the collector can take away, as it holds on to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.usefixtures("library")
def test_what_is_broken_off_leaves_nothing_behind(tmp_path: Path) -> None:
    write(tmp_path, "sharp", 2, 3, 0)
    asked, inputs = recipe(tmp_path, "sharp", 2)
    left: list[weakref.ref[Clue]] = []

    class Stopping(Watch):
        def step(self, *told: Any) -> None:
            left.append(weakref.ref(Clue()))
            raise Stopped

    gc.disable()
    try:
        with pytest.raises(Stopped):
            Studio(GenerationSettings(models=(), upscalers=tmp_path)).paint(
                asked, inputs, Stopping()
            )
        assert left[0]() is None
    finally:
        gc.enable()


def test_without_the_library_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    with pytest.raises(LibraryMissing) as caught:
        load_upscaler(write(tmp_path, "sharp", 4, 3, 0), CPU)
    assert (caught.value.library, caught.value.extra) == ("spandrel", "upscalers")


class Watch:
    def __init__(self) -> None:
        self.steps: list[tuple[Stage, int, int]] = []
        self.prepared: list[Preparing] = []

    def step(self, stage: Stage, step: int, total: int, preview: Callable[[], Preview]) -> None:
        self.steps.append((stage, step, total))
        assert max(preview().width, preview().height) <= 128

    def preparing(self, event: Preparing) -> None:
        self.prepared.append(event)


def recipe(folder: Path, name: str, scale: int) -> tuple[Recipe, dict[str, Path]]:
    path = folder / "input.png"
    Image.fromarray(np.full((64, 96, 3), (200, 40, 90), np.uint8)).save(path)
    image = InputImage("a" * 64)
    how = Upscale(scale, "model", name)
    wanted = Recipe(
        prompt="a",
        seed=1,
        width=96 * scale,
        height=64 * scale,
        steps=4,
        guidance=1,
        model="none",
        image=image,
        upscale=how,
    )
    return wanted, {"a" * 64: path}


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(("own", "wanted"), [(4, 2), (2, 4), (1, 2), (2, 2)])
def test_any_scale_of_its_own_is_brought_to_the_one_that_is_wanted(
    tmp_path: Path, own: int, wanted: int
) -> None:
    write(tmp_path, "sharp", own, 3, 0)
    enlarging, watch = Enlarging(tmp_path, CPU, Hashes()), Watch()
    asked, inputs = recipe(tmp_path, "sharp", wanted)
    pixels = enlarging.paint(asked, inputs, watch)
    assert pixels.shape == (64 * wanted, 96 * wanted, 3)
    assert (pixels == (200, 40, 90)).all()


@pytest.mark.usefixtures("library")
def test_a_file_that_changed_is_loaded_again_and_written_down(tmp_path: Path) -> None:
    enlarging, watch = Enlarging(tmp_path, CPU, Hashes()), Watch()
    asked, inputs = recipe(tmp_path, "sharp", 2)
    found: list[tuple[int, str]] = []
    for turned in (0, 0, 1):
        if len(found) != 1:
            write(tmp_path, "sharp", 2, 3, turned, *range(len(found) + 1))
        pixels = enlarging.paint(asked, inputs, watch)
        about = enlarging.description(asked, {"versions": {"torch": "2"}, "device": "cpu"})()
        found.append((int(pixels[0, 0, 0]), about["weights"][upscaler_part("sharp")]))
        assert set(about["versions"]) == {"torch", "spandrel"}
    assert [shade for shade, _ in found] == [200, 200, 55]
    assert found[0][1] == found[1][1] != found[2][1]
    assert [event.phase for event in watch.prepared] == ["loading", "loading"]
