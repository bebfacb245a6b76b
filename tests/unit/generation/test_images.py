from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from generation.errors import BadImage
from generation.images import InputPicture, read_input

MOST = 2_000_000


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def halves() -> Image.Image:
    """Red on the left, blue on the right; wider than high."""
    picture = Image.new("RGB", (40, 20), (255, 0, 0))
    picture.paste((0, 0, 255), (20, 0, 40, 20))
    return picture


def opened(read: InputPicture) -> Image.Image:
    return Image.open(io.BytesIO(read.png))


def pixel(read: InputPicture, x: int, y: int) -> tuple[int, ...]:
    value = opened(read).getpixel((x, y))
    assert isinstance(value, tuple)
    return value


def chunk(kind: bytes, data: bytes) -> bytes:
    crc = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)


def png_that_claims(width: int, height: int) -> bytes:
    """Return a small file whose header promises a huge picture of one colour."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1_000_000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_the_three_formats_are_read_whatever_the_name_says(kind: str) -> None:
    read = read_input(encoded(halves(), kind), "holiday.txt", MOST)
    assert (read.width, read.height) == (40, 20)
    assert opened(read).format == "PNG"


def test_a_turned_photo_is_set_upright_and_loses_its_riders() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "a camera's maker"
    read = read_input(encoded(halves(), "JPEG", exif=exif, quality=95), "photo.jpg", MOST)
    upright = opened(read)
    assert (read.width, read.height) == upright.size == (20, 40)
    assert pixel(read, 10, 5)[0] > 200
    assert pixel(read, 10, 35)[2] > 200
    assert not upright.getexif()
    assert b"maker" not in read.png


def test_transparency_is_kept() -> None:
    picture = halves().convert("RGBA")
    picture.putpixel((0, 0), (0, 0, 0, 0))
    assert pixel(read_input(encoded(picture), "a.png", MOST), 0, 0)[3] == 0


def test_sixteen_bits_become_eight() -> None:
    deep = Image.new("I;16", (8, 8), 40_000)
    assert pixel(read_input(encoded(deep), "deep.png", MOST), 0, 0) == (156,) * 3


def test_equal_pixels_give_equal_bytes() -> None:
    one = read_input(encoded(halves(), "PNG"), "a.png", MOST)
    other = read_input(encoded(halves(), "WEBP", lossless=True), "b.webp", MOST)
    assert one.png == other.png


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "format"),
        (b"just some text", "format"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>', "format"),
        (encoded(halves(), "GIF"), "format"),
        (encoded(halves())[:60], "truncated"),
        (encoded(halves(), "JPEG")[:200], "truncated"),
        (png_that_claims(50_000, 50_000), "too many pixels"),
        (png_that_claims(60_000, 2_000), "too many pixels"),
        (bytes(MOST + 1), "too many bytes"),
    ],
    ids=["empty", "text", "svg", "gif", "cut png", "cut jpeg", "50,000", "long", "bytes"],
)
def test_what_is_no_usable_picture_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        read_input(data, "sent.png", MOST)
    assert (caught.value.reason, caught.value.name) == (reason, "sent.png")


def test_files_are_looked_at_before_they_are_read(tmp_path: Path) -> None:
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(50_000_000_000)
    for path, reason in (
        (large, "too many bytes"),
        (tmp_path / "gone.png", "missing"),
        (tmp_path, "missing"),
        (tmp_path / ("x" * 400), "unreadable"),
    ):
        with pytest.raises(BadImage) as caught:
            read_input(path, "sent.png", MOST)
        assert caught.value.reason == reason


def test_a_broken_rider_is_left_behind_without_a_word() -> None:
    right = encoded(halves())
    frames = struct.pack("!II", 0, 0)
    chunk = struct.pack("!I", len(frames)) + b"acTL" + frames
    chunk += struct.pack("!I", zlib.crc32(b"acTL" + frames))
    end_of_header = 8 + 12 + 13
    animated = right[:end_of_header] + chunk + right[end_of_header:]
    assert opened(read_input(animated, "x.png", MOST)).tobytes() == halves().tobytes()
