"""Lines as Discord's markdown. No character of a person's text means anything there.

Code spans take their text as it is; everywhere else what Discord would read is escaped.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from typing import Final

from bot.reply import Line, Span, Style

ELLIPSIS: Final = "…"

_BREAKS: Final = re.compile(r"[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
_BLANKS: Final = re.compile(r"[ \t\x1f]+")
_PLANE_ENDS: Final = "".join(f"\\U{plane:04x}fffe-\\U{plane:04x}ffff" for plane in range(17))
_DROPPED: Final = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # control characters
    "\ud800-\udfff"  # halves of pairs, which cannot be sent
    rf"\ufdd0-\ufdef{_PLANE_ENDS}"  # no characters
    "\u202a-\u202e\u2066-\u2069]"  # what turns all that follows: embeddings, overrides, isolates
)
_ISOLATE, _RELEASE = "\u2068", "\u2069"
_PARAGRAPHS_MOST: Final = 12

_MEANT: Final = re.compile(
    r"""[\\*_~|`<>\[\]]                             # styles, mentions, emoji, times, links
    | :(?=/)                                        # an address, which would unfurl
    | :(?=[^\s:]+:)                                 # an emoji by its name
    | (?<=\.gg)/ | (?<=\.gd)/ | (?<=\.com)/ | (?<=\.gift)/ | (?<=\.new)/  # an invitation""",
    re.VERBOSE | re.IGNORECASE,
)
_EVERYBODY: Final = re.compile(r"@(?=everyone|here)", re.IGNORECASE)
_BLOCK: Final = re.compile(r"^(\s*)(?=(?:\#{1,3}|-\#?|\+)(?:\s|$))", re.MULTILINE)
_NUMBERED: Final = re.compile(r"^(\s*\d+)(?=[.)](?:\s|$))", re.MULTILINE)


def markdown(line: Line) -> str:
    """Return a line as Discord takes it; what a person wrote may be of several paragraphs.

    A line that begins with a faint span is small altogether: Discord has no smaller part of it.
    """
    spans = [span for span in line if cleaned(span.text)]
    if len(spans) == 1 and spans[0].style == "user":
        paragraphs = _BREAKS.split(spans[0].text.strip())
        kept = [*paragraphs[: _PARAGRAPHS_MOST - 1], " ".join(paragraphs[_PARAGRAPHS_MOST - 1 :])]
        return _unblocked(
            "\n".join(_escaped(_isolated(text)) for text in kept if cleaned(text).strip())
        )
    merged = groupby(spans, key=_marks)
    text = _unblocked("".join(_marked(marks, list(group)) for marks, group in merged))
    return f"-# {text.lstrip()}" if spans and spans[0].style == "faint" and text.strip() else text


def plain(line: Line) -> str:
    """Return a line as text for where Discord reads no markdown, on one line."""
    return "".join(cleaned(span.text) for span in line)


def cleaned(text: str) -> str:
    """Return text on one line, without what cannot be sent or would steer what comes after it."""
    return _DROPPED.sub("", _BLANKS.sub(" ", _BREAKS.sub(" ", text)))


def units(text: str) -> int:
    """Return the length in UTF-16 units, the strictest way that Discord may count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def clipped(text: str, most: int) -> str:
    """Return at most so many characters; where that cuts, an ellipsis is the last of them."""
    if len(text) <= most:
        return text
    return text[: place_to_cut(text, most - 1)].rstrip() + ELLIPSIS if most else ""


def place_to_cut(text: str, most: int) -> int:
    """Return where to cut so that what people see as one character stays whole.

    One that is made of absurdly many characters is cut all the same.
    """
    for place in range(most, max(0, most - 16), -1):
        if place < len(text) and not _joined(text, place):
            return place
    return most


def _joined(text: str, cut: int) -> bool:
    """Whether a cut would part what people see as one character."""
    before, after = text[cut - 1], text[cut]
    if before == "\u200d" or after == "\u200d" or unicodedata.category(after)[0] == "M":
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True
    return _is_flag_half(after) and _flag_halves_before(text, cut) % 2 == 1


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _flag_halves_before(text: str, cut: int) -> int:
    start = cut
    while start > 0 and _is_flag_half(text[start - 1]):
        start -= 1
    return cut - start


def _marks(span: Span) -> Style:
    return span.style if span.style in ("strong", "code") else "plain"


def _marked(style: Style, spans: list[Span]) -> str:
    if style == "code":
        text = "".join(cleaned(span.text) for span in spans)
        # What turns is kept outside the backticks, so that the text can be copied as it is.
        return _apart(text, _code(text))
    # Escaped together: two harmless spans may make a mention between them.
    text = _escaped("".join(_isolated(span.text) for span in spans))
    return f"**{text}**" if style == "strong" and text.strip() else text


def _code(text: str) -> str:
    """Return text between backticks; with too many in it, it has to stand without."""
    if not text.strip() or "``" in text or text.startswith("`") or text.endswith("`"):
        return _escaped(text)
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def _isolated(text: str) -> str:
    """Return clean text that turns nothing beside it."""
    clean = cleaned(text)
    return _apart(clean, clean)


def _apart(text: str, written: str) -> str:
    """Keep a text, as it is written, from turning what is beside it: some runs the other way."""
    if not text.isascii() and any(map(_from_right_to_left, text)):
        return f"{_ISOLATE}{written}{_RELEASE}"
    return written


def _from_right_to_left(character: str) -> bool:
    return unicodedata.bidirectional(character) in ("R", "AL", "AN")


def _escaped(text: str) -> str:
    """Take the meaning from what Discord reads anywhere in a line."""
    # Kept apart, since what reads mentions on the way may not know of backslashes.
    return _EVERYBODY.sub("@\u200b", _MEANT.sub(r"\\\g<0>", text))


def _unblocked(text: str) -> str:
    """Take the meaning from what Discord reads at the start of a line: headings and lists."""
    return _NUMBERED.sub(r"\1\\", _BLOCK.sub(r"\1\\", text))
