"""Modals and home tabs drawn from their payloads, as Slack's client shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from PIL import Image

from tests.chat_canvas import SCALE, Canvas, Look, width_of
from tests.slack_chat import BOT, HEIGHT_MOST
from tests.slack_server.records import File, Payload
from tests.slack_sheet import (
    BRAND,
    EDGE,
    GREEN,
    LIGHT,
    LINE,
    MUTED,
    NORMAL,
    OUTLINE,
    SMALL,
    SMALL_LINE,
    STRONG,
    Sheet,
)

MODAL_WIDTH: Final = 520
HOME_WIDTH: Final = 640
MARGIN: Final = 24
GAP: Final = 16
ROW: Final = 36
"""The height of an input of one line."""
ROWS: Final = 68
"""The height of an input of several lines."""
PLACEHOLDER: Final = Look(15, "#868686")
BIG: Final = Look(18, bold=True)
ANYTHING: Final = {
    "static_select": "Select an option",
    "external_select": "Select an option",
    "multi_static_select": "Select options",
    "multi_external_select": "Select options",
    "conversations_select": "Select a conversation",
}
"""What stands in a select that has no placeholder of its own."""


def modal(view: Payload, files: Mapping[str, File]) -> Image.Image:
    """Return a modal, all of it: people see a part and scroll."""
    canvas = Canvas(LIGHT, MODAL_WIDTH, HEIGHT_MOST)
    canvas.avatar(MARGIN, 18, 32, BOT, BRAND, radius=8)
    canvas.text(MARGIN + 42, 41, view["title"]["text"], BIG)
    _cross(canvas, MODAL_WIDTH - MARGIN - 12, 28)
    canvas.box((0, 67, MODAL_WIDTH, 1), EDGE)
    sheet = _filled(canvas, files, view["blocks"], 84)
    canvas.box((0, sheet.y + GAP, MODAL_WIDTH, 1), EDGE)
    sheet.y += 2 * GAP
    _footer(canvas, sheet.y, view["close"]["text"], view["submit"]["text"])
    return canvas.cut(sheet.y + ROW + GAP)


def home(view: Payload, files: Mapping[str, File]) -> Image.Image:
    """Return a home tab."""
    canvas = Canvas(LIGHT, HOME_WIDTH, HEIGHT_MOST)
    canvas.avatar(MARGIN, 14, 32, BOT, BRAND, radius=8)
    canvas.text(MARGIN + 42, 36, BOT, BIG)
    x = float(MARGIN)
    for tab in ("Home", "Messages", "About"):
        look = Look(13, "" if tab == "Home" else MUTED, bold=True)
        end = canvas.text(x, 72, tab, look)
        if tab == "Home":
            canvas.box((x, 80, end - x, 2), BRAND)
        x = end + 20
    canvas.box((0, 82, HOME_WIDTH, 1), EDGE)
    return canvas.cut(_filled(canvas, files, view["blocks"], 98).y + 24)


def side_by_side(images: Iterable[Image.Image], gap: int = 24) -> Image.Image:
    """Return pictures on one, each with an edge around it."""
    shown = list(images)
    width = sum(each.width for each in shown) + (len(shown) + 1) * gap * SCALE
    height = max(each.height for each in shown) + 2 * gap * SCALE
    whole = Image.new("RGB", (width, height), LIGHT.hollow)
    x = gap * SCALE
    for each in shown:
        edge = (x - SCALE, gap * SCALE - SCALE, x + each.width + SCALE, gap * SCALE + each.height)
        whole.paste(EDGE, (*edge[:3], edge[3] + SCALE))
        whole.paste(each, (x, gap * SCALE))
        x += each.width + gap * SCALE
    return whole


def _filled(
    canvas: Canvas, files: Mapping[str, File], blocks: Iterable[Payload], top: float
) -> Sheet:
    """Draw the blocks of a view and return the sheet they are on."""
    sheet = Sheet(canvas, files, (MARGIN, top), canvas.image.width / SCALE - 2 * MARGIN)
    for number, block in enumerate(blocks):
        sheet.y += GAP if number else 0
        if block["type"] == "input":
            _input(sheet, block)
        else:
            sheet.add(block)
    return sheet


def _cross(canvas: Canvas, x: float, y: float) -> None:
    for left, right in ((x, x + 12), (x + 12, x)):
        step = 1.5 if left < right else -1.5
        points = ((left, y), (left + step, y), (right, y + 12), (right - step, y + 12))
        canvas.shape(points, MUTED)


def _footer(canvas: Canvas, y: float, close: str, send: str) -> None:
    right = float(MODAL_WIDTH - MARGIN)
    for label, colour, edge, fill in (
        (send, "white", GREEN, GREEN),
        (close, "", OUTLINE, LIGHT.background),
    ):
        look = Look(15, colour, bold=True)
        width = width_of(label, look) + 28
        canvas.frame((right - width, y, width, ROW), edge, fill, radius=8)
        canvas.text(right - width + 14, y + 23, label, look)
        right -= width + 12


def _input(sheet: Sheet, block: Payload) -> None:
    label = [(block["label"]["text"], STRONG)]
    if block.get("optional"):
        label.append((" (optional)", Look(15, MUTED)))
    sheet.lines(label)
    sheet.y += 4
    element = block["element"]
    draw: dict[str, Callable[[Sheet, Payload], None]] = {
        "checkboxes": _checkboxes,
        "file_input": _file_input,
    }
    draw.get(element["type"], _field)(sheet, element)
    if hint := block.get("hint"):
        sheet.y += 4
        sheet.line(hint["text"], SMALL, SMALL_LINE)


def _field(sheet: Sheet, element: Payload) -> None:
    """Draw a box that something is typed into or chosen from, with what it begins with."""
    height = ROWS if element.get("multiline") else ROW
    sheet.canvas.frame((sheet.x, sheet.y, sheet.width, height), OUTLINE, LIGHT.background, 8)
    placeholder = element.get("placeholder", {}).get("text", ANYTHING.get(element["type"], ""))
    text, look = _begun(element), NORMAL
    if not text:
        text, look = placeholder, PLACEHOLDER
    sheet.canvas.text(sheet.x + 12, sheet.y + 23, text, look)
    if element["type"] in ANYTHING:
        sheet.caret(sheet.x + sheet.width - 22, sheet.y + 16)
    sheet.y += height


def _begun(element: Payload) -> str:
    if option := element.get("initial_option"):
        return str(option["text"]["text"])
    chosen = [option["text"]["text"] for option in element.get("initial_options", ())]
    return ", ".join(chosen) or str(element.get("initial_value", ""))


def _checkboxes(sheet: Sheet, element: Payload) -> None:
    for option in element["options"]:
        sheet.canvas.frame((sheet.x, sheet.y + 3, 16, 16), OUTLINE, LIGHT.background, 3)
        sheet.canvas.text(sheet.x + 26, sheet.y + 16, option["text"]["text"], NORMAL)
        sheet.y += LINE


def _file_input(sheet: Sheet, _element: Payload) -> None:
    sheet.button(sheet.x, "Choose from files")
    sheet.y += 28
