"""The patterns of the prompt grammar, and what its weights come to."""

from __future__ import annotations

import re
from typing import Final

from generation.recipe import Bounds

WEIGHTS: Final = Bounds(0, 5)
"""What words may weigh in the end; see ``generation.prompt``."""

DEPTH_MAX: Final = 20
"""How many brackets may be open at once."""

WEAKENED_MAX: Final = 64
"""How many passages may weigh less than 1: for each, the encoders read the whole text again."""

PARTS_MAX: Final = 8
"""How many prompts may be joined; ``.and()`` makes 77 tokens of each."""

SQUARE: Final = 0.9091
"""A1111's 1 / 1.1 for square brackets, to the four places that are written out."""

_PLUS: Final = 1.1
_MINUS: Final = 0.9
_SIGNS_MAX: Final = 1000

CLOSING: Final = {"(": ")", "[": "]", '"': '"', "“": "”"}
ESCAPABLE: Final = frozenset('()[]"')

_SYNTAX: Final = r'\s()\[\]"“”,.+\-='
SIGNED: Final = re.compile(
    rf'(?P<word>(?:\\[()\[\]"]|[-+](?![{_SYNTAX}]|\Z)|[^{_SYNTAX}])++)(?P<signs>\++|-+)'
)
"""A word with its weight. As in compel, a sign is part of the word if that goes on behind it."""

PROSE: Final = re.compile(rf"[^{_SYNTAX}\\:;]+")
"""Characters that begin nothing: no escape, no smiley, no brackets."""

SUFFIX: Final = re.compile(
    r"""(?P<number> [+-]?+(?:\d++(?:\.\d*+)?+|\.\d++)[eE][+-]?+\d++(?!\w)
                  | [+-]?+\d*+\.\d++
                  | [+-]?+\d++(?!\w) )
      | (?P<signs> \++ | -+ )""",
    re.VERBOSE,
)
"""The weight behind brackets; ``(a)3d`` has none, for the 3 belongs to the next word.

All repetitions are possessive, so that no text takes more than linear time.
"""

COLON: Final = re.compile(
    r":\s*+(?P<number>[+-]?(?:(?:\d++(?:[.,]\d*+)?+|[.,]\d++)(?:e[+-]?\d++)?|nan|inf|infinity))\s*+\Z",
    re.IGNORECASE,
)
"""The weight at the end inside brackets."""

CLOCK: Final = re.compile(r"(?<!\S)\d++:\d++\s*+\Z")
"""``16:9`` or ``10:30`` at the end inside brackets, which is no weight."""

EDITING: Final = re.compile(r"\||:\s*+[\d.]++\s*+\Z")
"""A1111's ``[from:to:0.5]`` and ``[one|other]``, which change the prompt between steps."""

SMILEY: Final = re.compile(r"[:;=]['’]?-?[()](?=[\s,.!?\"”)\]]|\Z)")
LIST_MARK: Final = re.compile(r"(?:(?:\A|\s)\d{1,2}|(?:\A|\n)[A-Za-z])\Z")
"""What stands before the bracket of a list: a number, or a letter that starts the line."""


def signs_weight(signs: str) -> float:
    """Return what a run of plus or minus signs comes to: 1.1 and 0.9 for each, as in compel."""
    base = _PLUS if signs[0] == "+" else _MINUS
    return float(base ** min(len(signs), _SIGNS_MAX))


def colon_weight(number: str) -> float:
    """Return a weight as A1111 writes it, to four places; a decimal comma is understood."""
    return round(float(number.replace(",", ".")), 4)


def written(weight: float) -> str:
    """Write a weight so that compel reads the same number."""
    return f"{weight:.4f}".rstrip("0").rstrip(".")


def unescaped(text: str) -> str:
    """Take the backslash from before every bracket and quotation mark."""
    return re.sub(r'\\([()\[\]"])', r"\1", text)
