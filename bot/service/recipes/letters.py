"""Letters as people see them: what a text says, whatever characters it is written with.

Case, accents on European letters, invisible characters, widths and styles are taken away; letters
of other scripts that look like Latin ones, and digits and signs that stand in for letters, keep
what they may be read as.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Final, Literal

NO_GAP: Final = 0
JOINT: Final = 1
"""Between parts of a word that somebody may have taken apart: a dot, a hyphen, a sign."""
BREAK: Final = 2
"""Between words: a blank, a comma, an apostrophe."""
STRETCHED: Final = 3
"""The same letter so often in a row is one that is drawn out."""

Kind = Literal["letter", "digit", "sign", "mark", "joint", "break", "none"]

_JOINTS: Final = frozenset('._-‐−*~^=#%"`()[]{}<>\\·•')
"""Signs, too, are joints, as most of what is not punctuation; an apostrophe is not: ``he'll``."""
_SIGNS: Final = {"$": "s", "@": "a", "€": "e", "£": "l", "¥": "y", "¢": "c"}
_SIGNS_INSIDE: Final = {"!": "i", "¡": "i", "|": "li", "+": "t"}
"""Letters only between letters: at the end of a word they are a call, or a weight."""
_DIGITS: Final = {
    "0": "o", "1": "il", "2": "z", "3": "e", "4": "a",
    "5": "s", "6": "gb", "7": "t", "8": "b", "9": "gq",
}  # fmt: skip
_PAIRED: Final = (
    # Cyrillic. The first reading is the look, others are the sound, where that differs.
    "а=a б=b в=bv г=r д=d е=e ж=x з=ez и=ui к=k л=l м=m н=hn о=o п=n р=pr с=cs т=t у=yu ф=f "
    "х=xh ц=u ч=y ш=w щ=w ъ=b ь=b э=e я=r є=e ѕ=s і=i ј=j ћ=h ѡ=w ѵ=v ғ=f қ=k ү=y һ=h ӏ=li "
    "ԁ=d ԍ=g ԛ=q ԝ=w ҽ=e ҍ=b ӕ=ae "
    # Greek.
    "α=a β=b γ=y δ=d ε=e ζ=z η=nh θ=o ι=i κ=k λ=l μ=um ν=vn ξ=e ο=o π=n ρ=pr σ=osc τ=t "
    "υ=uy φ=o χ=x ψ=w ω=w ϳ=j "
    # Armenian and Cherokee, as far as they look the same.
    "ա=w գ=q զ=q հ=h յ=j ո=n ս=u ց=g օ=o ք=p "
    "ꭰ=d ꭱ=r ꭲ=t ꭺ=a ꭻ=j ꭼ=e ꮃ=w ꮇ=m ꮋ=h ꮐ=g ꮓ=z ꮞ=b ꮟ=b ꮢ=r ꮤ=w ꮥ=s ꮩ=v ꮪ=s ꮮ=l ꮯ=c "
    "ꮲ=p ꮶ=k "
    # Latin letters that are none by their names.
    "æ=ae œ=oe ð=d þ=p ə=e ɛ=e ɩ=i ʌ=va ʊ=u ŋ=n ſ=s ʃ=s ʒ=z ɑ=a ɡ=g ı=i ȷ=j ꞓ=c ℮=e ʙ=b ʀ=r"
)
_LOOK_ALIKES: Final = {pair[0].casefold(): pair[2:] for pair in _PAIRED.split()}
_PAIRS: Final = frozenset("æœӕ")
"""Of these, both readings stand there."""
_LATIN: Final = re.compile(
    r"LATIN (?:SMALL |CAPITAL )?(?:LETTER )?(?:SMALL CAPITAL )?(?:CAPITAL )?"
    r"(?:(?:DOTLESS|TURNED|REVERSED|SCRIPT|OPEN|INSULAR|BARRED|LONG|SIDEWAYS) )?"
    r"(?P<letter>[A-Z])(?: WITH .*)?"
)
_STYLED: Final = re.compile(
    r"(?:(?:NEGATIVE )?(?:CIRCLED|SQUARED) LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER) "
    r"(?P<letter>[A-Z])"
)
_EUROPEAN: Final = ("LATIN", "GREEK", "CYRILLIC", "ARMENIAN")
_IGNORED: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""What shows nothing and is neither a format character nor a variation selector."""
_INSIDE: Final = re.escape("".join(_SIGNS_INSIDE))
_AROUND: Final = rf"[\w{re.escape(''.join(_SIGNS))}{_INSIDE}]"
_OUTSIDE: Final = re.compile(
    rf"(?<!{_AROUND})[{_INSIDE}]++|(?<![{_INSIDE}])[{_INSIDE}]++(?!{_AROUND})"
)


@dataclass(slots=True)
class Letter:
    """One letter of a text: what it may be read as, and what stands before it.

    ``solid`` is a letter in its own right, whatever it is read as; a digit is only its first
    reading. A ``sign`` may be no letter at all. ``stretched`` is one of many in a row.
    ``spelled`` is one that stands alone after another that does, as in ``w o r d``.
    """

    readings: str
    gap: int
    solid: bool = True
    sign: bool = False
    stretched: bool = False
    spelled: bool = False


def letters_of(text: str) -> list[Letter]:
    """Return the letters of a text, in order; of a run, as many as say that it is drawn out."""
    letters: list[Letter] = []
    gap = BREAK
    for kind, readings in _characters(text):
        if kind == "break":
            gap = BREAK
        elif kind == "joint":
            gap = max(gap, JOINT)
        else:
            letters.append(Letter(readings, gap, kind in ("letter", "mark"), kind == "sign"))
            gap = NO_GAP
    _mark_spelled(letters)
    return list(_shortened(letters))


def _mark_spelled(letters: list[Letter]) -> None:
    before = False
    for letter, after in zip_longest(letters, letters[1:]):
        alone = bool(letter.gap) and (after is None or bool(after.gap))
        letter.spelled = alone and before
        before = alone


def _shortened(letters: list[Letter]) -> Iterator[Letter]:
    """Yield letters without what is too much of a run; runs end where words do."""
    run: list[Letter] = []
    for letter in letters:
        parted = letter.gap == BREAK and not letter.spelled
        if run and (parted or letter.readings != run[0].readings):
            yield from run
            run = []
        if len(run) < STRETCHED:
            run.append(letter)
        if len(run) == STRETCHED:
            for each in run:
                each.stretched = True
    yield from run


def _characters(text: str) -> Iterator[tuple[Kind, str]]:
    """Yield what each character of a text is, taken apart."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    plain = _OUTSIDE.sub("*", plain)
    bare = False
    for character in plain:
        kind, readings = _read(character)
        if kind == "mark":
            if not bare:
                yield kind, readings
        elif kind != "none":
            bare = _takes_accents(character)
            yield from (
                [(kind, each) for each in readings] if character in _PAIRS else [(kind, readings)]
            )


@lru_cache(maxsize=8192)
def _takes_accents(character: str) -> bool:
    """Whether marks on a character are accents, which say nothing here, or letters of their own."""
    return not character.isalpha() or unicodedata.name(character, "").startswith(_EUROPEAN)


@lru_cache(maxsize=8192)
def _read(character: str) -> tuple[Kind, str]:
    """Return what a character is, and what it may be read as, first what it is itself."""
    if character.isascii() and character.isalpha():
        return "letter", character
    if sign := _SIGNS.get(character) or _SIGNS_INSIDE.get(character):
        return "sign", sign
    category = unicodedata.category(character)
    if (category in ("Cf", "Cc") and not character.isspace()) or character in _IGNORED:
        return "none", ""
    if category.startswith("M"):
        return "mark", character
    return _read_other(character, category)


def _read_other(character: str, category: str) -> tuple[Kind, str]:
    digit = unicodedata.digit(character, None)
    if digit is not None:
        return "digit", f"{digit}{_DIGITS[str(digit)]}"
    if look := _LOOK_ALIKES.get(character):
        return "letter", look
    name = unicodedata.name(character, "")
    if match := _LATIN.fullmatch(name) or _STYLED.fullmatch(name):
        return "letter", match["letter"].lower()
    if character.isalnum():
        return "letter", character
    joins = character in _JOINTS or category in ("So", "Sk", "Sm", "Lm")
    return ("joint" if joins else "break"), ""
