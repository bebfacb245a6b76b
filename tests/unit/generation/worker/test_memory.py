from __future__ import annotations

import pytest

from generation.worker.memory import (
    LORA_BYTES,
    MemoryPlan,
    Offload,
    beside_second_unet,
    plan_memory,
)

SDXL, SDXL_UNET = 11_500_000_000, 5_135_000_000
SD1, SD1_UNET = 2_100_000_000, 1_720_000_000
GB = 1024**3


@pytest.mark.parametrize(
    ("gigabytes", "offload", "tiles"),
    [
        (141, "resident", False),
        (24, "resident", False),
        (16, "resident", False),
        (12, "model-offload", False),
        (8, "model-offload", False),
        (6, "group-offload", True),
        (4, "sequential-offload", True),
    ],
)
def test_sdxl_with_its_refiner_climbs_down_the_ladder(
    gigabytes: int, offload: Offload, tiles: bool
) -> None:
    # Cards report a little less than their name says.
    total = int(gigabytes * GB * 0.985)
    assert plan_memory(total, "cuda", SDXL, SDXL_UNET) == MemoryPlan(offload, tiles)


def test_a_smaller_model_stays_where_a_larger_one_has_to_move() -> None:
    assert plan_memory(6 * GB, "cuda", SD1, SD1_UNET).offload == "resident"
    assert plan_memory(12 * GB, "cuda", 7_000_000_000, SDXL_UNET).offload == "resident"


def test_full_precision_moves_where_half_stays() -> None:
    assert plan_memory(24 * GB, "cuda", 2 * SDXL, 2 * SDXL_UNET).offload == "model-offload"


def test_what_the_owner_wants_is_done() -> None:
    plan = plan_memory(80 * GB, "cuda", SDXL, SDXL_UNET, "sequential-offload")
    assert plan == MemoryPlan("sequential-offload", False)


@pytest.mark.parametrize("device", ["cpu", "mps"])
def test_one_memory_leaves_nothing_to_move(device: str) -> None:
    for wanted in ("auto", "model-offload"):
        assert plan_memory(16 * GB, device, SDXL, SDXL_UNET, wanted).offload == "resident"
    assert plan_memory(8 * GB, device, SDXL, SDXL_UNET).vae_tiles == (device == "mps")


def test_a_second_unet_leaves_the_rest_to_loras() -> None:
    spare = 5_700_000_000
    plan = MemoryPlan("resident", vae_tiles=False, spare_bytes=spare, lora_bytes=LORA_BYTES)
    for second, left in ((4_700_000_000, 1_000_000_000), (2_000_000_000, LORA_BYTES)):
        beside = beside_second_unet(plan, second)
        assert beside is not None
        assert beside.spare_bytes == spare - second
        assert beside.lora_bytes == left
    # Its LoRAs would have no room beside it.
    assert beside_second_unet(plan, 5_500_000_000) is None
    uncounted = MemoryPlan("resident", vae_tiles=False)
    assert beside_second_unet(uncounted, 5_500_000_000) == uncounted
