"""What lies in the package: small, whole, and nothing twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from transformers import CLIPTokenizer

from generation.worker.training.vocabulary import words


def test_the_model_stays_small(shipped: Path) -> None:
    assert sum(p.stat().st_size for p in shipped.rglob("*") if p.is_file()) < 15_000_000


def test_the_refiner_repeats_nothing_of_the_base(shipped: Path) -> None:
    found = {path.name for path in (shipped / "refiner").iterdir()}
    assert found == {"model_index.json", "scheduler", "unet"}


def test_no_file_tells_where_it_was_made(shipped: Path) -> None:
    for path in shipped.rglob("*.json"):
        assert "_name_or_path" not in json.loads(path.read_text())


@pytest.mark.parametrize("name", ["tokenizer", "tokenizer_2"])
def test_every_word_of_the_model_is_one_token(shipped: Path, name: str) -> None:
    tokenizer = CLIPTokenizer.from_pretrained(shipped / "base" / name)
    assert [word for word in words() if len(tokenizer(word).input_ids) != 3] == []
