"""Downloads from a stand-in for the hub, over a real connection."""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from generation.engine import Cancelled, Failed, Finished, Preparing
from generation.errors import CannotWrite, DownloadTooLarge, ModelMissing, UnknownName
from generation.hub import download, fetch, is_cached, size_of
from generation.models import MINI, Model
from tests.engine_bench import begin, engine_in, events_of, of, order, until
from tests.hub_server import COMMIT, Hub, serving

WEIGHTS = bytes(range(256)) * 4096  # 1 MiB
UNET = "unet/diffusion_pytorch_model.fp16.safetensors"
INDEX = {
    "_class_name": "StableDiffusionXLPipeline",
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
}
FILES = {
    "model_index.json": json.dumps(INDEX).encode(),
    "README.md": b"hello",
    "scheduler/scheduler_config.json": b"{}",
    "tokenizer/tokenizer_config.json": b"{}",
    "tokenizer/vocab.json": b"{}",
    "tokenizer/merges.txt": b"",
    "unet/config.json": b"{}",
    "unet/diffusion_pytorch_model.bin": b"a pickle",
    "unet/diffusion_pytorch_model.safetensors": WEIGHTS * 2,
    UNET: WEIGHTS,
    "safety_checker/model.safetensors": WEIGHTS,
}
BIG = Model("big", base="someone/big", variant="fp16")
NEEDED = sum(
    len(FILES[name])
    for name in FILES
    if name.startswith(("model_index", "scheduler/", "tokenizer/", "unet/config")) or name == UNET
)


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with serving(Hub(repositories={"someone/big": dict(FILES)})) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


PART = f"{hashlib.sha256(WEIGHTS).hexdigest()}.part"
"""What is there of the weights; other files that were on their way may have begun ones, too."""


@contextmanager
def broken_off(hub: Hub) -> Iterator[None]:
    """Let the connection break for good after 700,000 bytes of weights."""
    hub.breaks, hub.refusal_after_break = [700_000], (403, "")
    with pytest.raises(ModelMissing):
        yield
    hub.refusal = None


def silent(event: Preparing) -> None:
    """Take no note."""


def test_a_model_comes_with_its_bytes_counted_and_is_then_here(hub: Hub, tmp_path: Path) -> None:
    told: list[Preparing] = []
    assert not is_cached(BIG)
    assert size_of(BIG) == NEEDED
    download(BIG, told.append)

    assert is_cached(BIG)
    assert size_of(BIG) == 0
    assert told[-1] == Preparing("downloading", "big", NEEDED, NEEDED)
    assert [event.done for event in told] == sorted(event.done for event in told)
    folder = fetch("someone/big", BIG, silent)
    assert folder == tmp_path / "cache" / "models--someone--big" / "snapshots" / COMMIT
    here = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert here == {
        "model_index.json", "scheduler/scheduler_config.json", "tokenizer/tokenizer_config.json",
        "tokenizer/vocab.json", "tokenizer/merges.txt", "unet/config.json", UNET,
    }  # fmt: skip
    assert (folder / UNET).read_bytes() == WEIGHTS


def test_the_hub_library_finds_in_the_cache_what_came(hub: Hub, tmp_path: Path) -> None:
    from huggingface_hub import try_to_load_from_cache

    download(BIG, silent)
    found = try_to_load_from_cache("someone/big", UNET, cache_dir=tmp_path / "cache")
    assert isinstance(found, str)
    assert Path(found).read_bytes() == WEIGHTS


def test_a_model_that_is_here_needs_no_network(hub: Hub) -> None:
    download(BIG, silent)
    asked = len(hub.requests)
    download(BIG, silent)
    fetch("someone/big", BIG, silent)
    assert len(hub.requests) == asked


def test_a_broken_connection_goes_on_where_it_broke(hub: Hub) -> None:
    hub.breaks = [300_000, 200_000]
    download(BIG, silent)
    ranges = hub.downloads(UNET)
    assert ranges[0] == ""
    assert [int(each.removeprefix("bytes=").rstrip("-")) for each in ranges[1:]] == [
        300_000,
        500_000,
    ]
    assert (fetch("someone/big", BIG, silent) / UNET).read_bytes() == WEIGHTS


def test_a_hub_that_is_overloaded_gets_another_try(hub: Hub) -> None:
    hub.busy = 2
    download(BIG, silent)
    assert is_cached(BIG)


def test_a_later_run_takes_up_what_an_earlier_one_left(hub: Hub, tmp_path: Path) -> None:
    with broken_off(hub):
        download(BIG, silent)
    assert not is_cached(BIG)
    [part] = (tmp_path / "cache").rglob(PART)
    here = part.stat().st_size
    assert 0 < here <= 700_000
    assert size_of(BIG) <= NEEDED - here

    hub.requests.clear()
    download(BIG, silent)
    assert hub.downloads(UNET) == [f"bytes={here}-"]
    assert (fetch("someone/big", BIG, silent) / UNET).read_bytes() == WEIGHTS


def test_spoiled_bytes_are_noticed_and_fetched_anew(hub: Hub, tmp_path: Path) -> None:
    with broken_off(hub):
        download(BIG, silent)
    [part] = (tmp_path / "cache").rglob(PART)
    part.write_bytes(b"x" * part.stat().st_size)
    with pytest.raises(ModelMissing) as caught:
        download(BIG, silent)
    assert (caught.value.reason, caught.value.detail) == ("checksum", UNET)
    download(BIG, silent)
    assert (fetch("someone/big", BIG, silent) / UNET).read_bytes() == WEIGHTS


def test_too_little_disk_is_said_before_anything_is_fetched(hub: Hub) -> None:
    hub.sizes[UNET] = 10**16
    with pytest.raises(DownloadTooLarge) as caught:
        download(BIG, silent)
    assert caught.value.needed > 10**16
    assert 0 < caught.value.free < 10**16
    assert hub.downloads(UNET) == []


@pytest.mark.parametrize(
    ("refusal", "reason"),
    [
        ((401, "GatedRepo"), "gated"),
        ((403, "GatedRepo"), "gated"),
        ((401, "RepoNotFound"), "not found or private"),
        ((404, "RepoNotFound"), "not found"),
        ((403, ""), "unauthorized"),
        ((500, ""), "hub error"),
    ],
)
def test_the_hubs_refusals_are_told(hub: Hub, refusal: tuple[int, str], reason: str) -> None:
    hub.refusal = refusal
    with pytest.raises(ModelMissing) as caught:
        download(BIG, silent)
    assert caught.value.values() | {"detail": ""} == {
        "model": "big",
        "where": "someone/big",
        "reason": reason,
        "detail": "",
    }


def test_the_token_of_the_environment_opens_a_gated_model(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.refusal, hub.token = (401, "GatedRepo"), "hf_secret"
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    download(BIG, silent)
    assert is_cached(BIG)


def test_a_hub_out_of_reach_is_told(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:1")
    with pytest.raises(ModelMissing) as caught:
        download(BIG, silent)
    assert caught.value.reason == "no network"


def test_a_repository_with_nothing_but_pickles_is_refused(hub: Hub) -> None:
    files = hub.repositories["someone/big"]
    for name in [name for name in files if name.endswith(".safetensors")]:
        del files[name]
    with pytest.raises(ModelMissing) as caught:
        download(BIG, silent)
    assert caught.value.reason == "no safetensors"


def test_a_folder_that_is_not_there_is_told(hub: Hub) -> None:
    with pytest.raises(ModelMissing) as caught:
        download(Model("mine", base="/no/such/folder"), silent)
    assert (caught.value.where, caught.value.reason) == ("/no/such/folder", "no folder")


def test_a_cache_that_cannot_be_written_is_told(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite):
        download(BIG, silent, tmp_path / "file" / "cache")


# Through the engine -------------------------------------------------------------------------------


async def test_an_order_waits_for_its_model_while_others_run(hub: Hub, tmp_path: Path) -> None:
    hub.gate = threading.Event()
    async with engine_in(tmp_path, models=(MINI, BIG)) as engine:
        waiting, waiting_task = begin(engine, order(job="aaaaaa", model="big"))
        also, also_task = begin(engine, order(job="bbbbbb", model="big"))
        await until(lambda: [each for each in of(Preparing, waiting) if each.done > 500_000])
        assert isinstance((await events_of(engine, order()))[-1], Finished)
        assert of(Preparing, waiting)[-1].phase == "downloading"
        hub.gate.set()
        await waiting_task
        await also_task
    assert isinstance(waiting[-1], Finished)
    assert isinstance(also[-1], Finished)
    assert hub.downloads(UNET) == [""], "both orders share one download"


async def test_cancel_ends_a_download_that_nobody_else_waits_for(hub: Hub, tmp_path: Path) -> None:
    hub.gate = threading.Event()
    async with engine_in(tmp_path, models=(MINI, BIG)) as engine:
        events, task = begin(engine, order(model="big"))
        await until(lambda: [each for each in of(Preparing, events) if each.done > 500_000])
        await engine.cancel("k7f3q2")
        await task
        assert events[-1] == Cancelled()
        hub.gate.set()
        assert isinstance((await events_of(engine, order(model="big")))[-1], Finished)
    first, second = hub.downloads(UNET)
    assert first == ""
    came = int(second.removeprefix("bytes=").rstrip("-"))
    assert 0 < came <= len(WEIGHTS) // 2, "the second download goes on where the first was ended"


async def test_a_model_that_cannot_be_had_fails_its_order(hub: Hub, tmp_path: Path) -> None:
    other = replace(BIG, name="other", base="someone/else")
    async with engine_in(tmp_path, models=(MINI, other)) as engine:
        [*_, last] = await events_of(engine, order(model="other"))
        assert isinstance(last, Failed)
        assert isinstance(last.error, ModelMissing)
        assert last.error.reason == "not found"
        assert isinstance((await events_of(engine, order()))[-1], Finished)


async def test_a_model_that_is_fetched_beforehand_is_fetched_once(hub: Hub, tmp_path: Path) -> None:
    hub.gate = threading.Event()
    async with engine_in(tmp_path, models=(MINI, BIG)) as engine:
        told: list[Preparing] = []

        async def fetch_beforehand() -> None:
            async for event in engine.fetch("big"):
                told.append(event)

        beforehand = asyncio.create_task(fetch_beforehand())
        events, task = begin(engine, order(model="big"))
        await until(lambda: told and told[-1].done > 500_000)
        hub.gate.set()
        await beforehand
        await task
    assert isinstance(events[-1], Finished)
    assert hub.downloads(UNET) == [""]
    assert told[-1].total == NEEDED


async def test_a_model_that_nobody_knows_cannot_be_fetched(hub: Hub, tmp_path: Path) -> None:
    async with engine_in(tmp_path, models=(MINI, BIG)) as engine:
        with pytest.raises(UnknownName):
            [event async for event in engine.fetch("bigg")]


async def test_a_default_that_is_not_here_holds_nobody_up(hub: Hub, tmp_path: Path) -> None:
    painter = "tests.painters:Bookkeeper"
    async with engine_in(tmp_path, painter, models=(MINI, BIG), preload="big") as engine:
        assert isinstance((await events_of(engine, order()))[-1], Finished)
    assert (tmp_path / "loads").read_text() == "mini\n"
