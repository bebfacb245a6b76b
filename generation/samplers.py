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
)
DEFAULT_SAMPLER: Final = "euler"

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
}
"""What the A1111 web interface calls each, for the ``parameters`` text of a PNG file."""
