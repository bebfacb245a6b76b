"""The sizes that a model was trained on, and the nearest of them to a format like 3:2."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Final

from generation.errors import BadValue
from generation.models import Model

SDXL_BUCKETS: Final = (
    (512, 2048), (512, 1920), (576, 1792), (576, 1664), (640, 1536), (640, 1600), (704, 1408),
    (704, 1344), (768, 1344), (768, 1280), (832, 1216), (832, 1152), (896, 1152), (896, 1088),
    (960, 1088), (960, 1024), (1024, 1024),
)  # fmt: skip
"""Width and height of the upright formats of SDXL's training (arXiv 2307.01952, appendix I)."""

_RATIO: Final = re.compile(r"(\d{1,5}(?:\.\d{1,3})?):(\d{1,5}(?:\.\d{1,3})?)")
_WIDEST: Final = 8.0
"""A format beyond this is a slip: nothing near it was trained."""


@lru_cache(maxsize=32)
def buckets(size: tuple[int, int]) -> tuple[tuple[int, int], ...]:
    """Return the trained sizes of a model that is best at ``size``, scaled from SDXL's by area.

    Sides are multiples of 64 where pictures are large, and of 8 where they are small.
    """
    scale = math.sqrt(size[0] * size[1]) / 1024
    step = 64 if scale >= 0.5 else 8
    found = set()
    for width, height in SDXL_BUCKETS:
        side = (_rounded(width * scale, step), _rounded(height * scale, step))
        found |= {side, side[::-1]}
    return tuple(sorted(found))


def _rounded(side: float, step: int) -> int:
    return max(step, round(side / step) * step)


def size_for(aspect: str, model: Model) -> tuple[int, int]:
    """Return the trained size whose format is nearest to ``aspect``, compared as logarithms.

    Raises ``BadValue`` for what is no format.
    """
    match = _RATIO.fullmatch(aspect)
    width, height = (float(side) for side in match.groups()) if match else (0.0, 0.0)
    if not width or not height or not 1 / _WIDEST <= width / height <= _WIDEST:
        allowed = f"two numbers like 3:2, at most {_WIDEST:g} to 1"
        raise BadValue("ar", aspect[:60], allowed)
    return _nearest(width / height, model)


def nearest_size(size: tuple[int, int], model: Model) -> tuple[int, int]:
    """Return the trained size whose format is nearest to that of a picture of any size."""
    return _nearest(size[0] / size[1], model)


def _nearest(ratio: float, model: Model) -> tuple[int, int]:
    wanted = math.log(ratio)
    return min(buckets(model.size), key=lambda size: abs(math.log(size[0] / size[1]) - wanted))
