"""The samplers by the names that people type; their schedulers are built in the worker."""

from __future__ import annotations

from typing import Final

SAMPLERS: Final = (
    "euler",
    "euler-a",
    "ddim",
    "pndm",
    "lms",
    "dpm++2m",
    "dpm++2m-karras",
    "unipc",
    "heun",
    "lcm",
    "lightning",
    "turbo",
)
DEFAULT_SAMPLER: Final = "euler"

FEW_STEPS: Final = frozenset(("lcm", "lightning", "turbo"))
"""Those of models that were trained to need few steps, and take no refiner unless asked.

``lcm`` is that of Latent Consistency Models (arXiv 2310.04378) and their LoRAs: 4 to 8 steps, no
guidance or at most 2. ``lightning`` is Euler's method with trailing timesteps, as the model card of
SDXL-Lightning has it: 2, 4 or 8 steps, whichever the weights are for, no guidance. ``turbo`` is
Euler's ancestral method with trailing timesteps, as SDXL-Turbo was published with: 1 to 4 steps, no
guidance. Other programs call trailing timesteps ``sgm_uniform``.
"""

STEPS_MOST: Final[dict[str, int]] = dict.fromkeys(FEW_STEPS, 50)
"""The most steps of samplers that have a bound: an LCM knows the timesteps of no more."""

A1111_NAMES: Final[dict[str, str]] = {
    "euler": "Euler",
    "euler-a": "Euler a",
    "ddim": "DDIM",
    "pndm": "PLMS",
    "lms": "LMS",
    "dpm++2m": "DPM++ 2M",
    "dpm++2m-karras": "DPM++ 2M Karras",
    "unipc": "UniPC",
    "heun": "Heun",
    "lcm": "LCM",
    "lightning": "Euler",
    "turbo": "Euler a",
}
"""What the A1111 web interface calls each, for the ``parameters`` text of a PNG file."""

A1111_SCHEDULES: Final[dict[str, str]] = {"lightning": "SGM Uniform", "turbo": "SGM Uniform"}
"""What it calls how their timesteps are spaced, where it does not go without saying."""
