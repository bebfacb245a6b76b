from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from generation.cutouts import clear_mask, cut_out, grey_mask
from generation.errors import BadImage
from generation.images import InputPicture


def sent(picture: Image.Image) -> InputPicture:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return InputPicture(out.getvalue(), *picture.size)


def pixels(picture: InputPicture | None) -> np.ndarray:
    assert picture is not None
    return np.asarray(Image.open(io.BytesIO(picture.png)))


def gradient(width: int, height: int) -> Image.Image:
    rows, columns = np.mgrid[:height, :width]
    return Image.fromarray(np.stack([rows, columns, rows], -1).astype(np.uint8))


def see_through(opacities: np.ndarray) -> InputPicture:
    picture = gradient(*opacities.shape[::-1])
    picture.putalpha(Image.fromarray(opacities.astype(np.uint8)))
    return sent(picture)


def test_what_is_transparent_is_the_mask() -> None:
    opacities = np.full((16, 24), 255)
    opacities[4:8, 4:20] = 0
    opacities[3, 4:20] = 100
    mask = pixels(clear_mask(see_through(opacities)))
    assert mask.ndim == 2
    assert np.array_equal(mask, 255 - opacities)


def test_opacities_that_are_nearly_all_or_nothing_are_that() -> None:
    opacities = np.full((16, 16), 250)
    opacities[:8] = 5
    mask = pixels(clear_mask(see_through(opacities)))
    assert set(np.unique(mask)) == {0, 255}


@pytest.mark.parametrize("opacity", [255, 128])
def test_a_picture_that_is_the_same_everywhere_has_no_mask(opacity: int) -> None:
    assert clear_mask(see_through(np.full((16, 16), opacity))) is None


def test_a_picture_that_is_transparent_everywhere_is_refused_by_its_name() -> None:
    with pytest.raises(BadImage) as caught:
        clear_mask(see_through(np.full((16, 16), 5)), "layer.png")
    assert (caught.value.reason, caught.value.name) == ("all clear", "layer.png")


def test_a_shadow_alone_is_no_hole() -> None:
    opacities = np.full((16, 16), 255)
    opacities[:8] = 128
    assert clear_mask(see_through(opacities)) is None


def test_a_picture_without_transparency_has_no_mask() -> None:
    assert clear_mask(sent(gradient(16, 16))) is None


def test_a_picture_and_its_mask_are_cut_alike_and_not_scaled() -> None:
    picture, mask = gradient(27, 18), gradient(27, 18).getchannel("G")
    cut = cut_out(sent(picture), sent(mask))
    assert cut.picture.size == (24, 16)
    assert np.array_equal(pixels(cut.picture), np.asarray(picture)[1:17, 1:25])
    assert np.array_equal(pixels(cut.mask), np.asarray(mask)[1:17, 1:25])


def test_a_picture_in_whole_latents_stays_byte_for_byte() -> None:
    picture, mask = sent(gradient(24, 16)), sent(gradient(5, 5))
    assert cut_out(picture, mask) == (picture, mask)


def test_what_is_transparent_in_a_mask_is_not_to_be_painted() -> None:
    mask = Image.new("RGBA", (16, 16), (255, 255, 255, 0))
    mask.paste((255, 255, 255, 255), (0, 0, 8, 16))
    painted = pixels(grey_mask(sent(mask), "mask.png"))
    assert (painted[:, :8] == 255).all()
    assert (painted[:, 8:] == 0).all()


def test_a_mask_without_any_white_is_refused_by_its_name() -> None:
    with pytest.raises(BadImage) as caught:
        grey_mask(sent(Image.new("L", (16, 16))), "mask.png")
    assert (caught.value.reason, caught.value.name) == ("empty mask", "mask.png")


def test_what_squeezing_left_around_a_mask_is_not_to_be_painted() -> None:
    drawn = Image.new("L", (256, 256))
    ImageDraw.Draw(drawn).ellipse((60, 60, 190, 190), fill=255)
    squeezed = io.BytesIO()
    drawn.save(squeezed, "JPEG", quality=95)
    mask = pixels(grey_mask(sent(Image.open(squeezed)), "mask.jpg"))
    assert np.array_equal(mask, np.asarray(drawn))


def test_the_greys_of_a_mask_stay() -> None:
    greys = Image.linear_gradient("L").resize((16, 256))
    mask = pixels(grey_mask(sent(greys), "mask.png"))[:, 0]
    assert np.array_equal(mask[16:240], np.arange(16, 240))
    assert (mask[:16].max(), mask[240:].min()) == (0, 255)
