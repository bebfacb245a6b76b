"""SDXL with its refiner on cards of every size: what a plan takes is there, by counted tensors."""

from __future__ import annotations

import pytest
import torch

from generation.worker.keeping import (
    BYTES_A_PIXEL,
    BYTES_A_PIXEL_MORE,
    PLAIN_PIXELS,
)
from generation.worker.memory import (
    CONTEXT_BYTES,
    MOVING_BYTES,
    RESIDENT_BYTES,
    STREAMED_BYTES,
    UPCAST_BYTES,
    Offload,
)
from tests.memory_ladder import (
    HALF,
    RUNGS,
    Taken,
    largest_layer,
    peak,
    plan_on,
    total_of,
    unet_call,
    vae_call,
)

WHOLE = torch.float32
GB = 1_000_000_000
LADDER: dict[int, tuple[Offload, float]] = {
    141: ("resident", 14.5),
    24: ("resident", 14.5),
    16: ("resident", 14.5),
    12: ("model-offload", 6.5),
    8: ("model-offload", 6.5),
    6: ("group-offload", 3.0),
    4: ("sequential-offload", 3.0),
}
"""By the card's gigabytes: the plan in half precision, and the most that it may take."""


@pytest.mark.parametrize("dtype", [HALF, WHOLE])
@pytest.mark.parametrize("gigabytes", RUNGS)
def test_every_card_holds_what_its_plan_takes(gigabytes: int, dtype: torch.dtype) -> None:
    taken = Taken(dtype)
    plan = plan_on(gigabytes, taken)
    assert peak(plan, taken) <= total_of(gigabytes)
    if dtype == HALF:
        offload, most = LADDER[gigabytes]
        assert plan.offload == offload
        assert peak(plan, taken) <= most * GB


@pytest.mark.parametrize("dtype", [HALF, WHOLE])
def test_no_card_of_any_size_is_given_more_than_it_has(dtype: torch.dtype) -> None:
    taken = Taken(dtype)
    for tenths in range(30, 250):
        plan = plan_on(tenths / 10, taken)
        assert peak(plan, taken) <= total_of(tenths / 10), f"{tenths / 10} GB: {plan}"


def test_four_pictures_in_one_pass_fit_on_24_gigabytes() -> None:
    for dtype in (HALF, WHOLE):
        taken = Taken(dtype)
        assert peak(plan_on(24, taken), taken, pictures=4) <= total_of(24)
    more = (unet_call("refiner", 8) - unet_call("refiner", 2)) / 3
    assert more <= PLAIN_PIXELS * BYTES_A_PIXEL_MORE


def test_what_plans_reckon_with_is_what_was_counted_and_little_more() -> None:
    calls, upcast = Taken(HALF).calls(tiles=False), Taken(WHOLE).calls(tiles=False)
    decoding = max(calls.values())
    assert decoding == calls["vae"]
    assert 0 < RESIDENT_BYTES - (CONTEXT_BYTES + decoding) < GB / 2
    more = upcast["vae"] - RESIDENT_BYTES + CONTEXT_BYTES
    assert 0 < UPCAST_BYTES - more < GB / 20
    assert 0 <= MOVING_BYTES - (CONTEXT_BYTES + calls["base"]) < GB / 10
    assert 2 * largest_layer() + CONTEXT_BYTES + calls["refiner"] < STREAMED_BYTES
    larger = vae_call("decode", WHOLE, tiles=False, pixels=2 * PLAIN_PIXELS)
    assert larger - upcast["vae"] <= PLAIN_PIXELS * BYTES_A_PIXEL
