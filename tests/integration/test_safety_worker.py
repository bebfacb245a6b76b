"""The classifier in the worker: nothing goes out that it has not looked at."""

from __future__ import annotations

import json
import logging
import queue
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import load_file, save_file

from bot import texts
from generation.engine import Event, Failed, Finished, PictureReady, Preparing
from generation.errors import BadClassifier, ModelMissing, UserError
from generation.local.engine import STUDIO
from generation.settings import GenerationSettings
from generation.worker.output import Task, Writer
from generation.worker.safety import Classifier
from tests.classifiers import save_classifier
from tests.engine_bench import engine_in, events_of, expected_hash, hashes, of, order, recipe
from tests.hub_server import Hub, serving
from tests.painters import sketch

SIZE: dict[str, Any] = {"width": 128, "height": 128, "steps": 12}
RED, BLUE = (220, 30, 30), (30, 30, 220)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_classifier(tmp_path_factory.mktemp("classifier"))


def copied(folder: Path, to: Path) -> Path:
    to.mkdir()
    for path in folder.iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def flat(colour: tuple[int, int, int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.full((48, 64, 3), colour, dtype=np.uint8)


def error_of(folder: Path | str, *labels: str) -> BadClassifier:
    """Return why a classifier cannot be loaded."""
    settings = GenerationSettings(safety=str(folder), safety_labels=labels or ("nsfw",))
    with pytest.raises(BadClassifier) as refused:
        Classifier(settings).load()
    assert texts.sentence(refused.value).endswith(".")
    return refused.value


async def test_pictures_come_with_their_score_and_with_the_same_pixels(
    tmp_path: Path, folder: Path
) -> None:
    prompts = ("a red circle on a red background", "a blue circle on a blue background")
    # Of the first there are two: while one is looked at, the other is painted.
    orders = [order(prompt, f"aaaaa{n}", 2 - n, **SIZE) for n, prompt in enumerate(prompts)]
    async with engine_in(tmp_path / "without", STUDIO) as engine:
        plain = [await events_of(engine, each) for each in orders]
    given: dict[str, Any] = {"safety": str(folder), "safety_labels": ("nsfw",)}
    async with engine_in(tmp_path / "with", STUDIO, **given) as engine:
        judged = [await events_of(engine, each) for each in orders]
    assert [hashes(events) for events in judged] == [hashes(events) for events in plain]
    assert {ready.flagged for events in plain for ready in of(PictureReady, events)} == {None}
    classifier = Classifier(GenerationSettings(**given))
    classifier.load()
    means = []
    for ready in (ready for events in judged for ready in of(PictureReady, events)):
        with Image.open(ready.path) as image:
            pixels = np.asarray(image.convert("RGB"))
        assert ready.flagged is not None
        assert ready.flagged == pytest.approx(classifier.score(pixels))
        redder = pixels[..., 0].mean() > pixels[..., 2].mean()
        assert (ready.flagged > 0.5) is bool(redder)
        means.append(redder)
    assert means == [True, True, False]


@pytest.mark.parametrize("each_alone", [False, True])
def test_the_score_is_that_of_the_unwanted_labels(tmp_path: Path, *, each_alone: bool) -> None:
    source = str(save_classifier(tmp_path, each_alone=each_alone))

    def score(colour: tuple[int, int, int], *labels: str) -> float:
        classifier = Classifier(GenerationSettings(safety=source, safety_labels=labels))
        classifier.load()
        return classifier.score(flat(colour))

    assert score(RED, "nsfw") > 0.99
    assert score(BLUE, "Nsfw") < 0.01
    assert score(BLUE, "FINE") > 0.99
    assert score(RED, "nsfw", "drawing") == pytest.approx(score(RED, "nsfw"), abs=1e-6)
    together = score(RED, "nsfw", "fine")
    assert together == pytest.approx(score(RED, "nsfw") if each_alone else 1.0)


async def test_a_label_that_the_model_lacks_is_told_with_those_that_it_has(
    tmp_path: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    given: dict[str, Any] = {"safety": str(folder), "safety_labels": ("nsfw", "gore")}
    with caplog.at_level(logging.ERROR):
        async with engine_in(tmp_path, **given) as engine:
            events = await events_of(engine, order(count=2))
    assert of(PictureReady, events) == []
    assert list((tmp_path / "incoming").glob("*.png")) == []
    last = events[-1]
    assert isinstance(last, Failed)
    assert texts.sentence(last.error) == (
        f"The safety filter {folder} has no label gore: set [safety] labels to fine, NSFW or "
        "drawing."
    )
    assert last.error.exit_code == 2
    assert "the worker cannot start" in caplog.text


def test_without_a_label_there_is_nothing_to_look_for(folder: Path) -> None:
    with pytest.raises(BadClassifier) as refused:
        Classifier(GenerationSettings(safety=str(folder))).load()
    assert "needs a label" in texts.sentence(refused.value)


def test_what_is_no_classifier_in_safetensors_is_refused(tmp_path: Path, folder: Path) -> None:
    pickled = copied(folder, tmp_path / "pickled")
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    assert error_of(pickled).reason == "no safetensors"
    bare = copied(folder, tmp_path / "bare")
    (bare / "preprocessor_config.json").unlink()
    error = error_of(bare)
    assert (error.reason, error.detail) == ("incomplete", "preprocessor_config.json")
    nameless = copied(folder, tmp_path / "nameless")
    (nameless / "config.json").write_text('{"model_type": "vit"}')
    assert error_of(nameless).reason == "no labels"
    (nameless / "config.json").write_text("[]")
    assert error_of(nameless).reason == "incomplete"


def test_weights_that_are_lacking_are_not_made_up(tmp_path: Path, folder: Path) -> None:
    lacking = copied(folder, tmp_path / "lacking")
    weights = load_file(lacking / "model.safetensors")
    del weights["classifier.weight"]
    save_file(weights, lacking / "model.safetensors", {"format": "pt"})
    error = error_of(lacking)
    assert (error.reason, error.detail) == ("weights", "classifier.weight")
    (lacking / "model.safetensors").write_bytes(b"cut short")
    assert error_of(lacking).reason == "cannot be loaded"


def test_code_that_comes_with_a_classifier_is_not_run(tmp_path: Path, folder: Path) -> None:
    remote = copied(folder, tmp_path / "remote")
    config = json.loads((remote / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoConfig": "mine.Mine"}}
    (remote / "config.json").write_text(json.dumps(config))
    (remote / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    assert error_of(remote).reason == "cannot be loaded"
    assert not (tmp_path / "ran").exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    settings = GenerationSettings(safety=str(tmp_path / "nothing"), safety_labels=("nsfw",))
    with pytest.raises(ModelMissing) as missing:
        Classifier(settings).load()
    assert "check [generation] safety in config.toml" in texts.sentence(missing.value)


def test_a_picture_without_a_score_fails_its_order_alone(tmp_path: Path, folder: Path) -> None:
    odd = copied(folder, tmp_path / "odd")
    weights = load_file(odd / "model.safetensors")
    weights["classifier.bias"] = np.full_like(weights["classifier.bias"], np.nan)
    save_file(weights, odd / "model.safetensors", {"format": "pt"})
    classifier = Classifier(GenerationSettings(safety=str(odd), safety_labels=("nsfw",)))
    classifier.load()
    told: queue.SimpleQueue[tuple[int, Event]] = queue.SimpleQueue()
    incoming = tmp_path / "incoming"

    def writer(score: Callable[[Any], float]) -> Writer:
        def faulty(job: str, error: Exception) -> UserError:
            raise AssertionError(job) from error

        return Writer(
            incoming, "launch", lambda *event: told.put(event), lambda run: False, faulty, score
        )

    broken, sound = writer(classifier.score), writer(lambda pixels: 0.25)
    for run, each in enumerate((broken, sound)):
        each.put(Task(run, "k7f3q2", 1, recipe(), sketch(recipe()), 0.1))
        each.end(run, Finished(0.1))
    events = [told.get(timeout=60) for _ in range(3)]
    [failed] = [event for run, event in events if run == 0]
    assert isinstance(failed, Failed)
    assert isinstance(failed.error, BadClassifier)
    assert failed.error.reason == "no number"
    ready, finished = (event for run, event in events if run == 1)
    assert isinstance(ready, PictureReady)
    assert ready.flagged == 0.25
    assert isinstance(finished, Finished)
    assert list(incoming.iterdir()) == [ready.path]


@pytest.fixture
def hub(tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files |= {"pytorch_model.bin": b"a pickle", "README.md": b"hello"}
    with serving(Hub(repositories={"someone/filter": files})) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


async def test_a_classifier_of_the_hub_comes_before_the_first_order(
    hub: Hub, tmp_path: Path
) -> None:
    given: dict[str, Any] = {"safety": "someone/filter", "safety_labels": ("nsfw",)}
    async with engine_in(tmp_path, **given) as engine:
        events = await events_of(engine, order())
        assert {event.what for event in of(Preparing, events) if event.phase == "downloading"} == {
            "safety filter"
        }
        assert isinstance(events[-1], Finished)
        [ready] = of(PictureReady, events)
        assert ready.flagged is not None
        assert ready.pixels_sha256 == expected_hash(recipe())
        asked = len(hub.requests)
        assert isinstance((await events_of(engine, order(job="bbbbbb")))[-1], Finished)
    assert len(hub.requests) == asked
    assert hub.downloads("pytorch_model.bin") == []


async def test_a_classifier_that_cannot_be_had_fails_its_orders(hub: Hub, tmp_path: Path) -> None:
    given: dict[str, Any] = {"safety": "someone/else", "safety_labels": ("nsfw",)}
    async with engine_in(tmp_path, **given) as engine:
        events = await events_of(engine, order())
    assert of(PictureReady, events) == []
    last = events[-1]
    assert isinstance(last, Failed)
    assert isinstance(last.error, ModelMissing)
    assert (last.error.model, last.error.reason) == ("safety filter", "not found")
    assert "check [generation] safety in config.toml" in texts.sentence(last.error)
