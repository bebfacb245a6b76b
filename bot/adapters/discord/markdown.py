"""Lines as Discord's markdown. No character of a person's text means anything there.

Code spans take their text as it is; everywhere else what Discord would read is escaped.
"""

from __future__ import annotations

import re
from itertools import groupby
from typing import Final

from bot.characters import apart, cleaned, isolated, paragraphs
from bot.reply import Line, Span, Style

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
        parts = paragraphs(spans[0].text)
        return _unblocked("\n".join(_escaped(isolated(part)) for part in parts))
    merged = groupby(spans, key=_marks)
    text = _unblocked("".join(_marked(marks, list(group)) for marks, group in merged))
    return f"-# {text.lstrip()}" if spans and spans[0].style == "faint" and text.strip() else text


def plain(line: Line) -> str:
    """Return a line as text for where Discord reads no markdown, on one line."""
    return "".join(cleaned(span.text) for span in line)


def _marks(span: Span) -> Style:
    return span.style if span.style in ("strong", "code") else "plain"


def _marked(style: Style, spans: list[Span]) -> str:
    if style == "code":
        text = "".join(cleaned(span.text) for span in spans)
        # What turns is kept outside the backticks, so that the text can be copied as it is.
        return apart(text, _code(text))
    # Escaped together: two harmless spans may make a mention between them.
    text = _escaped("".join(isolated(span.text) for span in spans))
    return f"**{text}**" if style == "strong" and text.strip() else text


def _code(text: str) -> str:
    """Return text between backticks; with too many in it, it has to stand without."""
    if not text.strip() or "``" in text or text.startswith("`") or text.endswith("`"):
        return _escaped(text)
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"


def _escaped(text: str) -> str:
    """Take the meaning from what Discord reads anywhere in a line."""
    # Kept apart, since what reads mentions on the way may not know of backslashes.
    return _EVERYBODY.sub("@\u200b", _MEANT.sub(r"\\\g<0>", text))


def _unblocked(text: str) -> str:
    """Take the meaning from what Discord reads at the start of a line: headings and lists."""
    return _NUMBERED.sub(r"\1\\", _BLOCK.sub(r"\1\\", text))
