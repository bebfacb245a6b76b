"""Pictures of unusual kinds, and small files that would unpack to much."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import pytest
from PIL import Image, PngImagePlugin

from generation.errors import BadImage
from generation.images import read_input
from tests.unit.generation.test_images import chunk, encoded, halves, opened, pixel

MOST = 2_000_000


def animated(kind: str) -> bytes:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (40, 20), colour) for colour in ("red", "blue"))
    first.save(out, kind, save_all=True, append_images=[second], duration=100, lossless=True)
    return out.getvalue()


def png_with(*chunks: bytes, bits: int = 8, colour: int = 2, row: bytes = bytes(3)) -> bytes:
    """Return a PNG of one pixel with further chunks."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, bits, colour, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(b"\0" + row))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(chunks) + pixels + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_is_taken(kind: str) -> None:
    read = read_input(animated(kind), "moving", MOST)
    assert (read.width, read.height) == (40, 20)
    assert pixel(read, 5, 5)[:3] == (255, 0, 0)
    assert getattr(opened(read), "n_frames", 1) == 1


def test_the_colours_of_print_become_those_of_screens() -> None:
    read = read_input(encoded(halves().convert("CMYK"), "JPEG", quality=95), "print.jpg", MOST)
    assert opened(read).mode == "RGB"
    red, _, blue = pixel(read, 5, 5)
    assert red > 200 > 60 > blue


def test_palettes_greys_and_bits_become_plain() -> None:
    for mode in ("P", "L", "1", "LA"):
        read = read_input(encoded(halves().convert("L").convert(mode)), mode, MOST)
        assert opened(read).mode == ("RGBA" if mode == "LA" else "RGB")
    palette = halves().quantize(4)
    clear = read_input(encoded(palette, transparency=0), "clear.png", MOST)
    assert opened(clear).mode == "RGBA"


def test_sixteen_bits_of_each_colour_become_eight() -> None:
    deep = png_with(bits=16, row=struct.pack(">HHH", 0x9C40, 0x0000, 0xFFFF))
    assert pixel(read_input(deep, "deep.png", MOST), 0, 0) == (0x9C, 0, 255)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_no_rider_is_kept(kind: str) -> None:
    exif = Image.Exif()
    exif[0x010F] = "a maker"
    exif.get_ifd(0x8825)[1] = "N"
    riders: dict[str, object] = {"exif": exif, "icc_profile": b"a profile" * 20}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("parameters", "a secret prompt")
        riders["pnginfo"] = info
    else:
        riders["xmp"] = b"<x:xmpmeta>a secret</x:xmpmeta>"
    read = read_input(encoded(halves(), kind, **riders), "photo", MOST)
    for rider in (b"maker", b"profile", b"secret", b"eXIf", b"iCCP", b"tEXt", b"iTXt"):
        assert rider not in read.png
    assert set(opened(read).info) == set()


def webp_that_claims(width: int, height: int) -> bytes:
    size = (width - 1) | (height - 1) << 14
    body = b"VP8L" + struct.pack("<IBI", 5, 0x2F, size) + b"\0"
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def jpeg_that_claims(width: int, height: int) -> bytes:
    whole = encoded(Image.new("RGB", (8, 8)), "JPEG")
    at = whole.index(b"\xff\xc0") + 5
    return whole[:at] + struct.pack(">HH", height, width) + whole[at + 4 :]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (webp_that_claims(16_383, 16_383), "too many pixels"),
        (jpeg_that_claims(65_000, 65_000), "too many pixels"),
        (jpeg_that_claims(9_000, 9_000), "too many pixels"),
        (png_with(chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000)))), "truncated"),
        (png_with(chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(50_000_000)))), "truncated"),
        (png_with()[:-26], "truncated"),
        (animated("WEBP")[:-30], "truncated"),
        (b"\x89PNG\r\n\x1a\n", "truncated"),
        (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(13)), "truncated"),
        (b"\xff\xd8\xff", "truncated"),
    ],
    ids=["webp", "jpeg", "jpeg 81 MP", "text", "profile", "cut png", "cut webp", "no header",
         "no size", "no jpeg"],
)  # fmt: skip
def test_little_is_unpacked_of_what_claims_to_be_much(data: bytes, reason: str) -> None:
    assert len(data) < 100_000
    tracemalloc.start()
    try:
        with pytest.raises(BadImage) as refused:
            read_input(data, "bomb", MOST)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert refused.value.reason in (reason, "format")
    assert peak < 20_000_000
