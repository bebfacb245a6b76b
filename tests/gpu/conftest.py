"""What needs a CUDA device is not even collected where there is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

DEVICES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")


def has_cuda() -> bool:
    """Say whether torch has such a device; it is not loaded where none can be."""
    if not any(Path(each).exists() for each in DEVICES):
        return False
    import torch

    return torch.cuda.is_available()


collect_ignore_glob = [] if has_cuda() else ["test_*.py"]


@pytest.fixture
def capped() -> Callable[[int], AbstractContextManager[None]]:
    """Return what lets torch have no more than so many bytes of the device."""
    import torch

    @contextmanager
    def cap(most: int) -> Iterator[None]:
        total = torch.cuda.get_device_properties(0).total_memory
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        torch.cuda.set_per_process_memory_fraction(min(1.0, most / total))
        try:
            yield
        finally:
            torch.cuda.set_per_process_memory_fraction(1.0)
            torch.cuda.empty_cache()

    return cap
