"""What ``reroll doctor`` says of the safety filter, without loading it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli.finding import Finding
from bot.cli.weight_checks import safety
from bot.config import load_config
from bot.texts import sentence
from generation.errors import BadClassifier, ModelMissing


def findings(folder: Path, config: str) -> list[Finding]:
    file = folder / "config.toml"
    file.write_text(config)
    return list(safety(load_config(file, {})))


@pytest.fixture
def classifier(tmp_path: Path) -> Path:
    """A folder with all files of a classifier, though with no weights in them."""
    folder = tmp_path / "filter"
    folder.mkdir()
    about = {"id2label": {"1": "nsfw", "0": "normal"}}
    (folder / "config.json").write_text(json.dumps(about))
    (folder / "preprocessor_config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"")
    return folder


def test_the_doctor_says_that_nothing_looks(tmp_path: Path) -> None:
    [finding] = findings(tmp_path, "")
    assert finding.state == "ok"
    assert "No filter looks" in finding.sentence


def test_the_doctor_says_what_looks_and_for_what(tmp_path: Path, classifier: Path) -> None:
    config = "[generation]\nsafety = 'filter'\n[safety]\nlabels = ['NSFW']\nthreshold = 0.7\n"
    [finding] = findings(tmp_path, config)
    assert (finding.state, finding.subject) == ("ok", "safety")
    assert finding.sentence == f"{classifier} looks at every picture: flagged is NSFW from 0.7 on."


def test_the_doctor_knows_labels_that_the_model_lacks(tmp_path: Path, classifier: Path) -> None:
    with pytest.raises(BadClassifier) as refused:
        findings(tmp_path, "[generation]\nsafety = './filter'\n[safety]\nlabels = ['porn']\n")
    assert refused.value.labels == ("normal", "nsfw")
    assert refused.value.detail == "porn"


def test_the_doctor_misses_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as missing:
        findings(tmp_path, "[generation]\nsafety = './nothing'\n")
    assert missing.value.reason == "no folder"
    assert sentence(missing.value).startswith("The safety filter cannot be had from ")
