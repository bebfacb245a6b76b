"""Inputs that are nearly right: what is right, with some things changed in its own structure."""

from __future__ import annotations

import json
import random
import struct
import zlib
from collections.abc import Sequence
from typing import Any, Final

from tests.slack_fuzz import text

ODD: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 1, 7, 2**31, 2**32, 2**63, 10**400, -(10**30), 0.5, 1e308, -0.0,
    float("nan"), float("inf"), "", " ", "x", "a" * 5000, "\x00", "\ud800", "null", "nan", "-1",
    "1e9", "0x10", "٣", "../../etc/passwd", "<!channel>", [], {}, [[]], [None], {"": None},
)  # fmt: skip
"""Values that careless code stumbles over."""
DEEP: Final = 3000
"""Levels of lists in lists: more than a recursive reader bears."""
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
BOMB: Final = zlib.compress(b"\0" * 40_000_000, 9)
"""A text of forty megabytes in forty kilobytes."""


def odd(dice: random.Random) -> Any:
    """Return a value that nobody expects."""
    return dice.choice(ODD) if dice.random() < 0.8 else text(dice)[:2000]


def data(value: Any, dice: random.Random, chance: float = 0.15) -> Any:
    """Return plain data like ``value``, but for some parts."""
    if dice.random() < chance / 3:
        return odd(dice)
    if isinstance(value, dict):
        changed = {
            name: data(part, dice, chance)
            for name, part in value.items()
            if dice.random() > chance / 4
        }
        if dice.random() < chance / 2:
            changed[dice.choice((*value, "schema", "x", ""))] = odd(dice)
        return changed
    if isinstance(value, list):
        changed_list = [data(part, dice, chance) for part in value if dice.random() > chance / 4]
        return (
            changed_list * dice.choice((1, 1, 1, 1, 2, 50))
            if dice.random() < chance
            else changed_list
        )
    return odd(dice) if dice.random() < chance else value


def words(value: str, dice: random.Random) -> str:
    """Return a text like ``value``: something cut out, put in, doubled or changed."""
    for _ in range(dice.choice((1, 1, 2, 4, 8))):
        start, end = sorted(dice.randrange(len(value) + 1) for _ in range(2))
        part = dice.choice(("", value[start:end] * 2, text(dice)[:30], chr(dice.randrange(0x3000))))
        value = value[:start] + part + value[min(end, start + dice.randrange(12)) :]
    return value[:20_000]


def octets(value: bytes, dice: random.Random) -> bytes:
    """Return bytes like ``value``, in the same ways."""
    changed = bytearray(value)
    for _ in range(dice.choice((1, 2, 5, 20))):
        at = dice.randrange(len(changed) + 1)
        way = dice.randrange(4)
        if way == 0:
            del changed[at : at + dice.randrange(40)]
        elif way == 1:
            changed[at:at] = dice.randbytes(dice.randrange(20))
        elif way == 2:
            del changed[at:]
        else:
            changed[at : at + 1] = bytes([dice.randrange(256)])
    return bytes(changed)


def json_text(value: Any, dice: random.Random) -> str:
    """Return JSON like that of ``value``, or nearly JSON."""
    way = dice.random()
    if way < 0.02:
        return "[" * DEEP + "]" * DEEP
    changed = data(value, dice, dice.choice((0.02, 0.1, 0.3)))
    raw = json.dumps(changed, ensure_ascii=dice.random() < 0.5)
    return words(raw, dice) if way < 0.3 else raw


def chunks_of(png: bytes) -> list[tuple[bytes, bytes]]:
    """Return the kinds and bodies of the chunks of a PNG file."""
    found, position = [], len(SIGNATURE)
    while position + 8 <= len(png):
        length, kind = struct.unpack_from("!I4s", png, position)
        found.append((kind, png[position + 8 : position + 8 + length]))
        position += 12 + length
    return found


def png(value: bytes, dice: random.Random) -> bytes:
    """Return a file like a PNG file: chunks changed, lost, doubled, moved, of false lengths."""
    chunks = chunks_of(value)
    for _ in range(dice.choice((1, 1, 2, 4))):
        at = dice.randrange(len(chunks) + 1)
        way = dice.randrange(7)
        if way == 0:
            chunks[at:at] = [_chunk(dice)]
        elif way == 1:
            chunks[at : at + 1] = []
        elif way == 2:
            chunks[at:at] = chunks[at : at + 1] * dice.choice((1, 2, 500))
        elif way == 3:
            dice.shuffle(chunks)
        elif at < len(chunks):
            kind, body = chunks[at]
            chunks[at] = (kind, _header(dice) if kind == b"IHDR" else octets(body, dice))
    return _file(chunks, dice)


def _header(dice: random.Random) -> bytes:
    """Return a picture's header, which may claim to be huge."""
    sides = [dice.choice((0, 1, 8, 64, 999, 20_000, 2**31 - 1, 2**32 - 1)) for _ in range(2)]
    depth, colours = dice.choice((0, 1, 2, 4, 8, 16, 99)), dice.randrange(8)
    return struct.pack("!IIBBBBB", *sides, depth, colours, dice.randrange(2), 0, dice.randrange(3))


def _chunk(dice: random.Random) -> tuple[bytes, bytes]:
    key = dice.choice((b"reroll", b"parameters", b"reroll:job", b"Software", b"", b"x" * 200))
    packed = dice.choice((BOMB, zlib.compress(text(dice).encode(errors="replace")), b"", b"x\x9c"))
    plain = text(dice).encode(dice.choice(("utf-8", "utf-16", "latin-1")), errors="replace")
    return dice.choice((
        (b"tEXt", key + b"\0" + plain),
        (b"zTXt", key + b"\0\0" + packed),
        (b"iTXt", key + b"\0\1\0en\0\0" + packed),
        (b"iTXt", key + b"\0\0\0\0\0" + plain),
        (b"iTXt", key + dice.randbytes(dice.randrange(6))),
        (b"eXIf", dice.randbytes(dice.randrange(60))),
        (b"iCCP", b"x\0\0" + packed),
        (b"IDAT", packed),
        (b"acTL", struct.pack("!II", dice.choice((0, 1, 2**31)), 0)),
        (dice.randbytes(4), dice.randbytes(dice.randrange(60))),
    ))  # fmt: skip


def _file(chunks: Sequence[tuple[bytes, bytes]], dice: random.Random) -> bytes:
    lies, parts = dice.random() < 0.2, [SIGNATURE]
    for kind, body in chunks:
        length = len(body)
        if lies and dice.random() < 0.3:
            length = dice.choice((0, 1, length + 1, length + 4, 2**31 - 1, 2**32 - 1))
        check = zlib.crc32(kind + body) if dice.random() < 0.95 else dice.randrange(2**32)
        parts += [struct.pack("!I4s", length, kind), body, struct.pack("!I", check)]
    whole = b"".join(parts)
    return octets(whole, dice) if dice.random() < 0.2 else whole
