"""The drawing of blocks and views."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageChops

from tests.chat_canvas import SCALE, Canvas, Look, few_colours, width_of, wrapped
from tests.slack_server.records import File
from tests.slack_sheet import CODE, LIGHT, MUTED, Sheet, rich_lines, small_span
from tests.slack_views import home, modal

RED = (0xFF, 0, 0)


def picture(side: int) -> dict[str, File]:
    """A red picture that was uploaded."""
    held = io.BytesIO()
    Image.new("RGB", (side, side), RED).save(held, "PNG")
    return {"F1": File("F1", "x.png", 1, "U1", data=held.getvalue())}


def reds(image: Image.Image) -> tuple[int, int, int, int]:
    """Where the red is: left, top, right and bottom, in the client's pixels."""
    apart = ImageChops.difference(image, Image.new("RGB", image.size, RED)).convert("L")
    left, top, right, bottom = apart.point([255] + [0] * 255).getbbox() or (0, 0, 0, 0)
    return left // SCALE, top // SCALE, right // SCALE, bottom // SCALE


def test_a_paragraph_is_read_line_by_line_with_its_styles() -> None:
    elements: list[dict[str, Any]] = [
        {"type": "text", "text": "a fox\n"},
        {"type": "text", "text": "#k7f3q2", "style": {"bold": True}},
        {"type": "text", "text": " · "},
        {"type": "text", "text": "/show", "style": {"code": True}},
    ]
    block = {"elements": [{"type": "rich_text_section", "elements": elements}]}
    assert rich_lines(block) == [
        [("a fox", Look(15))],
        [("#k7f3q2", Look(15, bold=True)), (" · ", Look(15)), ("/show", Look(13, CODE, code=True))],
    ]


def test_small_print_means_something_only_where_it_is_marked_up() -> None:
    assert small_span({"type": "plain_text", "text": "*a* &lt;"}) == ("*a* &lt;", Look(13, MUTED))
    assert small_span({"type": "mrkdwn", "text": "`a &lt;b&gt; &amp;lt;`"}) == (
        "a <b> &lt;",
        Look(12, CODE, code=True),
    )


def test_a_long_line_is_broken_at_blanks_and_nothing_is_lost() -> None:
    look = Look(15)
    line = [("a fox in the snow ", look), ("and one more fox", Look(15, bold=True))]
    rows = list(wrapped(line, 90))
    assert "".join(text for row in rows for text, _ in row) == "a fox in the snow and one more fox"
    assert len(rows) > 2
    for row in rows:
        words = "".join(text for text, _ in row).rstrip()
        assert width_of(words, look) <= 90


def test_a_large_picture_is_made_smaller_and_a_small_one_is_left() -> None:
    block = {"type": "image", "slack_file": {"id": "F1"}}
    for side, shown in ((64, 64), (1024, 360)):
        canvas = Canvas(LIGHT, 500, 500)
        sheet = Sheet(canvas, picture(side), (20, 10), 460)
        sheet.add(block)
        assert reds(canvas.image) == (20, 10, 20 + shown, 10 + shown)
        assert sheet.y == 10 + shown


def test_a_picture_beside_a_text_is_small_and_at_the_right() -> None:
    text = {"type": "plain_text", "text": "a fox\nseed 7"}
    section = {"type": "section", "text": text, "accessory": {"slack_file": {"id": "F1"}}}
    image = home({"blocks": [section]}, picture(256))
    left, top, right, bottom = reds(image)
    assert (right - left, bottom - top) == (88, 88)
    assert right == image.width // SCALE - 24


def test_a_colour_beside_one_of_the_theme_does_not_take_its_place() -> None:
    image = Image.linear_gradient("L").convert("RGB")
    image.paste(LIGHT.background, (0, 0, 100, 100))
    image.paste("#fbfdfe", (0, 100, 100, 256))
    shown = few_colours(image, LIGHT).convert("RGB")
    assert shown.getpixel((0, 0)) == (255, 255, 255)


def test_a_modal_is_as_long_as_its_inputs() -> None:
    words = {
        name: {"type": "plain_text", "text": name} for name in ("title", "close", "submit", "label")
    }
    block = {"type": "input", "label": words["label"], "element": {"type": "plain_text_input"}}
    heights = [
        modal({**words, "blocks": [block] * number}, {}).height // SCALE for number in (1, 2, 3)
    ]
    assert heights[2] - heights[1] == heights[1] - heights[0] > 36
