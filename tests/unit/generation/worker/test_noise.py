from __future__ import annotations

import diffusers.schedulers.scheduling_euler_ancestral_discrete as ancestral
import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler

from generation.recipe import Variation
from generation.worker.noise import draw, float32_noise, generator_for, slerp

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("shape", [(1, 4, 16, 16), (1, 4, 9, 7)])
def test_a_seed_means_the_same_noise_in_every_precision(
    dtype: torch.dtype, shape: tuple[int, ...]
) -> None:
    whole = draw(shape, generator_for(5))
    assert torch.equal(draw(shape, generator_for(5), dtype=dtype), whole.to(dtype))
    assert not torch.equal(draw(shape, generator_for(6)), whole)


def test_the_library_draws_that_noise_for_a_while() -> None:
    scheduler = EulerAncestralDiscreteScheduler()
    before = ancestral.__dict__["randn_tensor"]
    with float32_noise(scheduler):
        assert ancestral.__dict__["randn_tensor"] is draw
    assert ancestral.__dict__["randn_tensor"] is before


def test_the_library_has_its_own_noise_back_after_a_picture_that_broke_off() -> None:
    scheduler = EulerAncestralDiscreteScheduler()
    before = ancestral.__dict__["randn_tensor"]

    def break_off() -> None:
        with float32_noise(scheduler):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        break_off()
    assert ancestral.__dict__["randn_tensor"] is before


SHAPE = (1, 4, 16, 16)


def noise(seed: int) -> torch.Tensor:
    return draw(SHAPE, generator_for(seed))


def varied(seed: int, *towards: tuple[int, float]) -> torch.Tensor:
    return draw(SHAPE, generator_for(seed, [Variation(*each) for each in towards]))


def angle(one: torch.Tensor, other: torch.Tensor) -> float:
    cosine = torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), dim=0)
    return float(torch.acos(cosine))


def test_noise_goes_along_the_arc_to_that_of_the_other_seed() -> None:
    one, other = noise(5), noise(6)
    whole = angle(one, other)
    for amount in (0.1, 0.5, 0.8):
        there = varied(5, (6, amount))
        assert angle(one, there) == pytest.approx(amount * whole, abs=0.03)
        assert angle(there, other) == pytest.approx((1 - amount) * whole, abs=0.03)


def test_varied_noise_is_as_strong_as_any() -> None:
    for amount in (0.1, 0.3, 0.5, 0.7, 0.9):
        assert float(varied(5, (6, amount)).std()) == pytest.approx(1, abs=0.06)


def test_all_the_way_is_the_noise_of_the_other_seed_to_the_bit() -> None:
    assert torch.equal(varied(5, (6, 1)), noise(6))
    assert torch.equal(varied(5, (9, 0.3), (6, 1)), noise(6))
    assert torch.equal(varied(5, (5, 1)), noise(5))


def test_variations_follow_one_another() -> None:
    first = slerp(noise(5), noise(6), 0.3)
    assert torch.equal(varied(5, (6, 0.3)), first)
    assert torch.equal(varied(5, (6, 0.3), (7, 0.2)), slerp(first, noise(7), 0.2))
    assert not torch.equal(varied(5, (7, 0.2), (6, 0.3)), varied(5, (6, 0.3), (7, 0.2)))


def test_every_seed_goes_on_with_its_own_numbers() -> None:
    """What is drawn later, by an ancestral sampler for one, is varied as the first noise is."""
    shapes = (SHAPE, (1, 4, 3, 5), SHAPE)
    both = generator_for(5, [Variation(6, 0.4)])
    one, other = generator_for(5), generator_for(6)
    for shape in shapes:
        expected = slerp(draw(shape, one), draw(shape, other), 0.4)
        assert torch.equal(draw(shape, both), expected)


def test_noise_without_a_direction_of_its_own_is_mixed_on_the_line() -> None:
    one = noise(5)
    assert torch.allclose(slerp(one, one, 0.3), one)
    assert torch.allclose(slerp(one, -one, 0.25), one / 2)
    nothing = torch.zeros(SHAPE)
    assert torch.equal(slerp(nothing, one, 1.0), one)
    assert torch.isfinite(slerp(nothing, nothing, 0.5)).all()
