"""The memory that a process has taken at most."""

from __future__ import annotations

import sys
from typing import Any

import torch


class Footprint:
    """Reads what torch and the system keep count of."""

    def __init__(self, device: torch.device) -> None:
        self._cuda = device.type == "cuda"

    def peaks(self, way: str) -> dict[str, Any]:
        """Return bytes at most since the last look, named by the way that took them.

        Of the device, where that keeps count, and of the process, of which only the first look is
        free of whatever came before. What a machine does not tell is left out.
        """
        found: dict[str, Any] = {}
        if self._cuda:
            found[f"{way}_device_bytes"] = torch.cuda.max_memory_allocated()
            torch.cuda.reset_peak_memory_stats()
        process = process_peak()
        if process is not None:
            found[f"{way}_process_bytes"] = process
        return found


def process_peak() -> int | None:
    """Return the bytes of memory that this process had at most; none where that is not told."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Bytes on macOS, kilobytes elsewhere.
    return peak if sys.platform == "darwin" else peak * 1024
