"""What the mini model draws is what it was asked for; a spoiled weight or text path fails here."""

from __future__ import annotations

from statistics import mean

import pytest

from generation.worker.training.evaluation import pair_prompts, single_prompts, single_text
from generation.worker.training.judge import Verdict, judge
from generation.worker.training.studio import Studio
from generation.worker.training.vae import fidelity

Prompt = tuple[str, str, str]


@pytest.fixture(scope="module")
def singles(loaded: Studio) -> list[tuple[Prompt, Verdict]]:
    prompts = single_prompts(36)
    pictures = loaded.paint([single_text(*p) for p in prompts], range(36))
    return list(zip(prompts, map(judge, pictures), strict=True))


def test_a_thing_has_the_colour_it_was_given(singles: list[tuple[Prompt, Verdict]]) -> None:
    assert mean(verdict.colour == colour for (colour, _, _), verdict in singles) >= 0.94


def test_a_thing_has_the_shape_it_was_given(singles: list[tuple[Prompt, Verdict]]) -> None:
    assert mean(verdict.shape == shape for (_, shape, _), verdict in singles) >= 0.85


def test_the_background_is_as_told(singles: list[tuple[Prompt, Verdict]]) -> None:
    assert mean(verdict.background == ground for (_, _, ground), verdict in singles) >= 0.94


def test_left_and_right_are_as_told(studio: Studio) -> None:
    prompts = pair_prompts(20)
    pictures = studio.paint([prompt for prompt, _, _ in prompts], range(20))
    right = []
    for (_, left_colour, right_colour), picture in zip(prompts, pictures, strict=True):
        verdict = judge(picture)
        first, second = verdict.find(left_colour), verdict.find(right_colour)
        right.append(first is not None and second is not None and first.x < second.x)
    assert mean(right) >= 0.85


def test_crisp_pictures_survive_the_vae(studio: Studio) -> None:
    assert fidelity(studio.base.vae) >= 32.0
