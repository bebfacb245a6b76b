from __future__ import annotations

import pytest

from generation.errors import BadValue
from generation.models import MINI, SDXL, Model
from generation.sizes import buckets, size_for

SD1 = Model("sd1", "somewhere", size=(512, 512))


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        ("1:1", (1024, 1024)),
        ("16:9", (1344, 768)),
        ("9:16", (768, 1344)),
        ("3:2", (1216, 832)),
        ("4:3", (1152, 896)),
        ("4:1", (2048, 512)),
        ("1.91:1", (1344, 704)),
    ],
)
def test_formats_get_the_nearest_trained_size(aspect: str, size: tuple[int, int]) -> None:
    assert size_for(aspect, SDXL) == size


@pytest.mark.parametrize("model", [MINI, SDXL, SD1])
def test_sizes_fit_the_model(model: Model) -> None:
    step = 8 if model is MINI else 64
    area = model.size[0] * model.size[1]
    assert model.size in buckets(model.size)
    for width, height in buckets(model.size):
        assert width % step == height % step == 0
        assert 0.7 * area < width * height < 1.3 * area
        assert (height, width) in buckets(model.size)


@pytest.mark.parametrize(
    "aspect", ["", "16", "16:", ":9", "16/9", "0:1", "1:0", "-1:2", "a:b", "9:1", "1:99", "1:2:3"]
)
def test_what_is_no_format_is_refused(aspect: str) -> None:
    with pytest.raises(BadValue) as caught:
        size_for(aspect, SDXL)
    assert (caught.value.field, caught.value.value) == ("ar", aspect)
