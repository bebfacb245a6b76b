"""Pictures painted in one pass by the mini model, beside the same ones painted alone."""

from __future__ import annotations

import numpy as np
import pytest

from generation.recipe import LoraUse, Recipe, Refiner, Variation
from generation.settings import Levers
from generation.worker.keeping import extra_bytes
from generation.worker.memory import MemoryPlan, Offload
from generation.worker.passes import most_in_one_pass
from generation.worker.studio import Painting, Studio
from tests.studio_bench import RECIPE, Witness, new_studio

# A library hands tensors to numpy in a way of old.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

LONG = "a red circle on a blue background " * 14
PROMPTS = ("a red circle", "a blue star++ on green", "(an apple)1.3")


@pytest.fixture(scope="module")
def studio() -> Studio:
    return new_studio(levers=Levers(batching="throughput", batch=3))


def three(**changes: object) -> list[Recipe]:
    """Three recipes with nothing in common but their way through the networks."""
    recipes = [
        RECIPE.changed(prompt=prompt, seed=seed, steps=3, width=64, height=64, **changes)
        for seed, prompt in enumerate(PROMPTS)
    ]
    return [*recipes[:2], recipes[2].changed(variations=(Variation(9, 0.4),), negative="grey")]


def farthest(one: Painting | None, other: Painting) -> int:
    assert one is not None
    return int(np.abs(one.pixels.astype(int) - other.pixels.astype(int)).max())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"sampler": "euler-a", "refiner": Refiner(0.5)},
        {"sampler": "heun", "refiner": Refiner(0.5, "img2img")},
        {"loras": (LoraUse("wrong", 0.8),), "guidance": 1.0},
    ],
)
def test_a_picture_in_company_is_that_of_its_own_seed_and_words_but_for_the_last_bits(
    studio: Studio, changes: dict[str, object]
) -> None:
    recipes, witnesses = three(**changes), [Witness() for _ in PROMPTS]
    assert studio.fitting(recipes, lambda event: None) == (0, 1, 2)
    together = studio.paint_together(recipes, witnesses)
    alone = [studio.paint(recipe, {}, Witness()) for recipe in recipes]
    assert [farthest(*both) for both in zip(together, alone, strict=True)] <= [2, 2, 2]
    assert farthest(together[0], alone[1]) > 50
    assert len({preview.rgb for each in witnesses for preview in each.previews[-1:]}) == 3
    assert [each.steps for each in witnesses] == [witnesses[0].steps] * 3
    assert [each.environment["batch"] for each in (together[2], alone[2]) if each] == [3, 1]


def test_who_has_enough_gets_no_picture_and_the_others_theirs(studio: Studio) -> None:
    together = studio.paint_together(three(), [Witness(), Witness(stop_at=2), Witness()])
    assert [each is None for each in together] == [False, True, False]


def test_each_picture_has_its_own_warnings(studio: Studio) -> None:
    recipes = [recipe.changed(negative="") for recipe in three(guidance=1.0)]
    recipes[1] = recipes[1].changed(negative="grey")
    together = studio.paint_together(recipes, [Witness() for _ in recipes])
    assert [each.warnings for each in together if each] == [(), ("unguided",), ()]


def test_prompts_of_other_lengths_and_faulty_ones_are_left_out_of_a_pass(studio: Studio) -> None:
    one, other, third = three()
    mixed = [one, other.changed(prompt=LONG), third.changed(prompt="a (red"), third, other]
    assert studio.fitting(mixed, lambda event: None) == (0, 3, 4)
    assert studio.fitting([mixed[1], *mixed], lambda event: None) == (0, 2)
    assert studio.fitting([mixed[2], *mixed], lambda event: None) == (0,)


def test_no_more_go_together_than_are_wanted(studio: Studio) -> None:
    assert studio.fitting([*three(), *three()], lambda event: None) == (0, 1, 2)
    exact = new_studio()
    assert exact.fitting(three(), lambda event: None) == (0,)
    [picture] = exact.paint_together(three()[:1], [Witness()])
    assert picture is not None
    assert "batch" not in picture.environment


@pytest.mark.parametrize(
    ("offload", "loras", "expected"),
    [
        ("resident", 0, 3),
        ("resident", 1, 2),
        ("resident", 2, 1),
        ("model-offload", 2, 1),
        ("group-offload", 2, 3),
    ],
)
def test_what_is_kept_for_loras_is_no_room_for_pictures(
    studio: Studio,
    monkeypatch: pytest.MonkeyPatch,
    offload: Offload,
    loras: int,
    expected: int,
) -> None:
    easel, another = studio.easel("mini"), extra_bytes(64 * 64, 2)
    plan = MemoryPlan(offload, vae_tiles=False, lora_bytes=loras * another)
    monkeypatch.setattr(easel.residence, "plan", plan)
    monkeypatch.setattr(easel, "spare_bytes", 2 * another)
    assert most_in_one_pass(easel, 64, 64) == expected
