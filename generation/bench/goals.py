"""What is aimed at, for what it is aimed at: a data-centre card with SDXL, or a CPU with mini."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

SDXL_STEP_TFLOP: Final = 6.76
"""Of one sample and step of SDXL's base at 1024x1024, by which its figures are known."""

# What a figure is called here, and its bound: at least for ratios, at most for everything else.
_ON_A_CARD: Final[Mapping[str, str]] = {
    "base": ">= 1.35",
    "base mfu": ">= 50%",
    "first preview": "<= 300",
    "previews": "<= 2%",
    "idle": "<= 15",
    "overhead": "<= 50",
    "recompiles": "0",
}
_ON_AN_H200: Final[Mapping[str, str]] = {
    "base seconds": "<= 1.05 s",
    "picture seconds": "<= 1.42 s",
    "together": "<= 0.88 s",
    "warm start": "<= 30",
}
_ON_A_CPU: Final[Mapping[str, str]] = {
    "picture": ">= 1",
    "queue": ">= 1.15",
    "previews": "<= 2%",
    "idle": "<= 15",
}


def goals(found: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the goals that these figures can be held against, by the figure's name."""
    if found.get("device") == "cpu":
        return _ON_A_CPU if found.get("model") == "mini" else {}
    step = found.get("tflop", {}).get("base_step", 0)
    if found.get("device") != "cuda" or abs(step - SDXL_STEP_TFLOP) > 0.01:
        return {}
    return {**_ON_A_CARD, **(_ON_AN_H200 if "H200" in found.get("machine", "") else {})}
