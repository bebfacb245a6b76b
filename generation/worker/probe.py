"""What this machine can do, as one JSON object: ``reroll doctor`` runs it in its own process."""

from __future__ import annotations

import importlib.metadata
import json
import os
import sys
from typing import Any, Final

import torch

LIBRARIES: Final = ("torch", "diffusers", "transformers", "compel", "peft")


def probe() -> dict[str, Any]:
    """Return library versions, devices with their memory in bytes, and the number of cores."""
    devices: list[dict[str, Any]] = []
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            devices.append(
                {"device": "cuda", "name": properties.name, "memory": properties.total_memory}
            )
    if torch.backends.mps.is_available():
        devices.append({"device": "mps", "name": "Apple GPU", "memory": 0})
    return {
        "versions": {name: importlib.metadata.version(name) for name in LIBRARIES},
        "devices": devices,
        "cores": os.cpu_count() or 1,
        "cuda_build": torch.version.cuda,
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(probe()) + "\n")
