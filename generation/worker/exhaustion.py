"""Memory that is out: told to people in one way, and given back as far as it goes."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from generation.errors import OutOfMemory


@contextmanager
def out_of_memory_at(device: torch.device, width: int, height: int) -> Iterator[None]:
    """Turn every way in which torch says that memory is out into the one for people."""
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError):
        pass
    except RuntimeError as error:
        if not any(words in str(error) for words in ("out of memory", "can't allocate memory")):
            raise
    else:
        return
    # Raised out here, where the error before no longer holds on to every tensor of the picture.
    raise OutOfMemory(device.type, width, height)


def free_memory(device: torch.device) -> None:
    """Let go of what nobody holds, and give memory that torch keeps back to the device."""
    gc.collect()
    empty_cache(device)


def empty_cache(device: torch.device) -> None:
    """Give memory that torch keeps back to the device."""
    if device.type == "cuda":
        torch.cuda.empty_cache()
    elif device.type == "mps":
        torch.mps.empty_cache()
