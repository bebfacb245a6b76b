"""The drawing of messages."""

from __future__ import annotations

import random

from PIL import Image

from tests.chat_canvas import Look, few_colours
from tests.discord_chat import DARK, LINK, MUTED, SMALL, spans


def test_marks_become_looks() -> None:
    assert spans("**#k7f3q2** · seed 7, as `--seed 7`") == [
        ("#k7f3q2", Look(bold=True)),
        (" · seed 7, as ", Look()),
        ("--seed 7", Look(14, code=True)),
    ]


def test_a_small_line_is_small_to_its_end() -> None:
    assert spans("-# from **#k7f3q2**") == [
        ("from ", Look(SMALL, MUTED)),
        ("#k7f3q2", Look(SMALL, MUTED, bold=True)),
    ]


def test_what_is_escaped_is_shown_without_its_backslash() -> None:
    assert spans(r"\*\*five\*\* \<@1\> \-# stars") == [("**five** <@1> -# stars", Look())]


def test_the_colours_of_the_theme_outlast_a_picture_of_many_others() -> None:
    noise = random.Random(7).randbytes(200 * 200 * 3)
    image = Image.frombytes("RGB", (200, 200), noise)
    image.paste(LINK, (0, 0, 2, 1))
    image.paste(DARK.background, (0, 9, 2, 10))
    shown = few_colours(image, DARK).convert("RGB")
    assert shown.getpixel((0, 0)) == (0x00, 0xA8, 0xFC)
    assert shown.getpixel((0, 9)) == (0x31, 0x33, 0x38)
    assert len(shown.getcolors() or []) <= 256
