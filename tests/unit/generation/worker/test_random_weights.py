from __future__ import annotations

import pytest
import torch

from generation.worker.bench.random_weights import birthplace
from generation.worker.machine import Machine

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("device", "total", "dtype", "expected"),
    [
        ("cuda", 6 * GB, torch.float16, "cpu"),
        ("cuda", 12 * GB, torch.float16, "cpu"),
        ("cuda", 16 * GB, torch.float16, "cuda"),
        ("cuda", 24 * GB, torch.float16, "cuda"),
        ("cuda", 24 * GB, torch.float32, "cpu"),
        ("mps", 16 * GB, torch.float16, "mps"),
        ("cpu", 0, torch.float32, "cpu"),
    ],
)
def test_random_weights_are_made_where_there_is_room_for_all_of_them(
    device: str, total: int, dtype: torch.dtype, expected: str
) -> None:
    machine = Machine(torch.device(device), device, total, dtype, threads=1)
    assert birthplace(machine).type == expected
