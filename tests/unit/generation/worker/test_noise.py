from __future__ import annotations

import diffusers.schedulers.scheduling_euler_ancestral_discrete as ancestral
import pytest
import torch
from diffusers import EulerAncestralDiscreteScheduler

from generation.worker.noise import draw, float32_noise, generator_for

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
