"""The measurement compares like with like. What it measures is no test."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import AttnProcessor
from PIL import Image

from generation.bench.__main__ import main
from generation.bench.plan import PLAINLY, Plan, bench_recipe, queue_of
from generation.bench.plot import check_writable
from generation.bench.queue import measure_queue
from generation.settings import GenerationSettings
from generation.worker.bench.plain import twin
from generation.worker.bench.rivals import Rivals
from generation.worker.bench.side_by_side import Contest
from generation.worker.precision import lower_precision
from tests.integration.test_studio_residence import lying, moved_to
from tests.studio_bench import Witness

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SETTINGS = GenerationSettings(threads=1)
PLAN = Plan("mini", steps=3, size=(64, 64), repeats=2)


@pytest.fixture(scope="module")
def rivals() -> Rivals:
    return Rivals(SETTINGS)


def test_both_ways_come_to_the_same_pixels() -> None:
    said: list[str] = []
    found = Contest(SETTINGS, PLAN, said.append).all()
    assert found["same_pixels"]
    assert found["device"] == "cpu"
    for way in ("picture", "base"):
        figures = found[way]
        assert figures["ratio"] == pytest.approx(figures["plain_s"] / figures["ours_s"], abs=0.01)
    assert found["base"]["steps"] == 3
    assert found["overhead_ms_p50"] > 0
    assert set(found["step_ms"]) == {"base"}, "the refiner's one step has no next one"
    assert found["mfu"] > 0
    assert "a picture, 2 of 2" in said
    assert "recompiles" not in found, "nothing is compiled here"


async def test_a_queue_is_measured_with_both_ways_in_one_worker(tmp_path: Path) -> None:
    settings = GenerationSettings(threads=1, incoming=tmp_path / "mine")
    plan = Plan("mini", steps=4, size=(64, 64), repeats=1, pictures=3)
    result = await measure_queue(settings, plan, tmp_path / "own", lambda what: None)
    queue = result["queue"]
    assert queue["pictures"] == 3
    assert queue["ratio"] == pytest.approx(
        queue["ours_per_minute"] / queue["plain_per_minute"], rel=0.01
    )
    assert result["idle_ms_p50"] >= 0
    assert result["first_preview_ms_p50"] > 0
    assert result["device"] == "cpu"
    assert json.loads(json.dumps(result))["environment"]["threads"] == 1
    assert not (tmp_path / "mine").exists(), "what is measured is no picture of the owner's"


def test_a_queue_has_no_prompt_and_no_seed_twice() -> None:
    queue = queue_of(bench_recipe(SETTINGS, PLAN), 20)
    assert len({each.prompt for each in queue}) == len({each.seed for each in queue}) == 20


def test_the_plain_way_paints_as_many_pictures_as_it_is_asked_for(rivals: Rivals) -> None:
    recipe, witness = bench_recipe(SETTINGS, PLAN), Witness()
    plain = rivals.paint(recipe.changed(negative=f"{PLAINLY}3"), {}, witness)
    assert len(witness.prepared) == 3
    last = queue_of(recipe, 3)[-1]
    assert np.array_equal(plain.pixels, rivals.paint(last, {}, Witness()).pixels)


def test_the_plain_way_has_one_network_on_the_device_where_ours_has(rivals: Rivals) -> None:
    moving = Rivals(SETTINGS)
    moved_to(moving, "model-offload")
    networks = moving.easel("mini").loaded.networks
    home = [lying(network) for network in networks]
    away: list[int] = []

    def look(*call: Any) -> None:
        away.append(
            sum(lying(network) != here for network, here in zip(networks, home, strict=True))
        )

    hooks = [network.register_forward_hook(look) for network in networks]
    hooks.append(moving.easel("mini").loaded.vae.decoder.register_forward_hook(look))
    recipe = bench_recipe(SETTINGS, PLAN)
    assert np.array_equal(moving.plain("mini").paint(recipe), rivals.plain("mini").paint(recipe))
    for hook in hooks:
        hook.remove()
    assert len(away) > PLAN.steps + 2
    assert max(away) == 1
    assert [lying(network) for network in networks] == home


def test_the_plain_way_shares_our_tensors_and_none_of_our_ways(rivals: Rivals) -> None:
    unet: Any = rivals.easel("mini").loaded.base.text.unet
    kept = unet.attn_processors
    plain = twin(unet, torch.float32)
    unet.set_attn_processor(AttnProcessor())
    unet.conv_in.to(memory_format=torch.channels_last)
    other = twin(unet, torch.float32)
    try:
        assert not any(isinstance(each, AttnProcessor) for each in plain.attn_processors.values())
        assert plain.conv_out.weight.data_ptr() == unet.conv_out.weight.data_ptr()
        assert other.conv_in.weight.is_contiguous(), "as the library would have it"
        assert not unet.conv_in.weight.is_contiguous()
    finally:
        unet.set_attn_processor(kept)
        unet.conv_in.to(memory_format=torch.contiguous_format)


def test_the_plain_way_has_whole_weights_where_ours_take_a_byte() -> None:
    with torch.random.fork_rng():
        unet = UNet2DConditionModel(block_out_channels=(32, 64), cross_attention_dim=16,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"))  # fmt: skip
    whole = unet.state_dict()
    lower_precision([unet], "fp8")
    plain = twin(unet, torch.float32)
    assert set(plain.state_dict()) == set(whole) != set(unet.state_dict())
    name = "mid_block.resnets.0.conv1.weight"
    assert torch.allclose(plain.state_dict()[name], whole[name], rtol=0.07, atol=0.01)


def test_torch_is_set_up_for_exact_pictures_again_after_a_plain_one(rivals: Rivals) -> None:
    recipe = bench_recipe(SETTINGS, PLAN).changed(steps=1, refiner=None)
    rivals.plain("mini").paint(recipe)
    assert torch.are_deterministic_algorithms_enabled()
    assert torch.backends.cudnn.deterministic


# By itself ----------------------------------------------------------------------------------------

MISSING = """
import sys
from importlib.machinery import PathFinder

NAMES = {
    "aiohttp", "alembic", "bot", "discord", "pydantic", "pydantic_settings", "prometheus_client",
    "prompt_toolkit", "rich", "scipy", "slack_bolt", "slack_sdk", "sqlalchemy", "storage",
    "textual_image", "typer",
}

class Bare(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] not in NAMES:
            return PathFinder.find_spec(name, path, target)

    @classmethod
    def find_distributions(cls, context):
        return () if context.name in NAMES else PathFinder.find_distributions(context)

sys.meta_path[sys.meta_path.index(PathFinder)] = Bare
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """What makes new processes miss what a bare machine has not: neither chats nor a network."""
    (tmp_path / "sitecustomize.py").write_text(MISSING)
    path = os.pathsep.join([str(tmp_path), str(Path.cwd())])
    return {**os.environ, "PYTHONPATH": path, "HF_HUB_OFFLINE": "1", "COLUMNS": "100"}


def begun(environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "generation.bench", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell lets what it starts in the background ignore Ctrl-C, and that is inherited.
        preexec_fn=_heeds_ctrl_c,
    )


def _heeds_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_bench_needs_no_chat_library_and_no_database(
    environment: dict[str, str], tmp_path: Path
) -> None:
    plot = tmp_path / "plot.png"
    given = ("--only", "picture", "--size", "64x64", "--steps", "1", "--repeats", "1", "--json")
    process = begun(environment, *given, "--plot", str(plot))
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    found = json.loads(out)
    assert found["picture"]["ratio"] > 0
    assert "scipy" not in found["environment"]["versions"]
    assert "a picture, 1 of 1" in errors
    with Image.open(plot) as image:
        assert image.format == "PNG"


def test_ctrl_c_ends_a_bench_and_the_process_that_measures(environment: dict[str, str]) -> None:
    process = begun(environment, "--only", "picture")
    assert process.stderr is not None
    # The last line before the model is there: the process that says it runs by then.
    while "loading the model" not in (line := process.stderr.readline()):
        assert line, "it ended by itself"
    children = psutil.Process(process.pid).children()
    assert children
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "Stopped" in errors
    assert "Traceback" not in errors
    _, alive = psutil.wait_procs(children, timeout=120)
    assert not alive


def test_a_file_that_cannot_be_written_is_said_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(("--only", "picture", "--plot", str(tmp_path / "no" / "plot.png"))) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "plot.png cannot be written" in said
    file = tmp_path / "plot.png"
    check_writable(file)
    assert not file.exists()


@pytest.mark.parametrize(
    ("typed", "named"),
    [
        (("--lever", "compile=maybe"), "auto, on, off"),
        (("--lever", "speed=on"), "prompt_keys"),
        (("--random-weights", "flux"), "sdxl"),
        (("--model", "dall-e"), "model cannot be dall-e: give one of mini, sdxl."),
        (("--size", "100x100"), "multiples of 8"),
        (("--only", "everything"), "queue"),
        (("--repeats", "0"), "1 …"),
    ],
)
def test_what_cannot_be_measured_is_said_in_one_sentence(
    typed: tuple[str, ...], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(typed) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert named in said.err
    assert said.err.count("\n") == 1
