"""A small reading of Slack's blocks: what is wrong with them, and what they say."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from slack_sdk.models.blocks import Block

MENTION = re.compile(r"<[!@#]")
STYLED = re.compile(r"\*[^*_~`:<>]+\*|`[^`<>]+`")
"""All that a text in Slack's markup is made of here: one thing that stands out, or code."""
ENTITY = re.compile(r"&(?!amp;|lt;|gt;)")
MOST = {"plain_text": 2000, "mrkdwn": 2000, "text": 3000}


def flaws(blocks: Sequence[dict[str, Any]], most: int = 50, characters: int = 12_000) -> list[str]:
    """Return what Slack would refuse, and what would mean something that nobody meant."""
    found = [f"{len(blocks)} blocks"] if len(blocks) > most else []
    total = sum(length(text) for text in readable(list(blocks)))
    found += [f"{total} characters"] if total > characters else []
    for block in blocks:
        found += _refused(block)
        found += [f"{key} twice" for key in ("block_id", "action_id") if _repeats(blocks, key)]
        found += [flaw for node in _nodes(block) for flaw in _flaws_of(node)]
    return found


def said(blocks: Sequence[dict[str, Any]]) -> str:
    """Return what blocks say, in an own short writing, one block after the other."""
    return "\n".join(map(_said, blocks))


def readable(node: Any) -> Iterator[str]:
    """Yield every text that people read."""
    for inner in _nodes(node):
        for key in ("text", "alt_text"):
            if isinstance(inner.get(key), str):
                yield inner[key]


def length(text: str) -> int:
    """Return the length as JavaScript counts."""
    return sum(2 if character > "\uffff" else 1 for character in text)


def _said(block: dict[str, Any]) -> str:
    kind = block["type"]
    if kind == "rich_text":
        return "".join(
            _said_of(part) for section in block["elements"] for part in section["elements"]
        )
    if kind == "context":
        return "-# " + " | ".join(part["text"] for part in block["elements"])
    if kind == "image":
        title = f"{block['title']['text']}: " if "title" in block else ""
        return f"[{block['slack_file']['id']}] {title}{block['alt_text']}"
    return "".join(f"({part['text']['text']})" for part in block["elements"])


def _said_of(part: dict[str, Any]) -> str:
    style = part.get("style", {})
    mark = "**" if style.get("bold") else "`" if style.get("code") else ""
    return f"{mark}{part['text']}{mark}"


def _refused(block: dict[str, Any]) -> list[str]:
    """Return what the library's own models say."""
    try:
        parsed = Block.parse(block)
        if parsed is None:
            return ["an unknown block"]
        parsed.validate_json()
        for element in getattr(parsed, "elements", None) or ():
            element.validate_json()
    except Exception as error:  # noqa: BLE001
        return [str(error)]
    return []


def _repeats(blocks: Sequence[dict[str, Any]], key: str) -> bool:
    values = [node[key] for block in blocks for node in _nodes(block) if key in node]
    return len(set(values)) < len(values)


def _nodes(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for inner in node.values():
            yield from _nodes(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _nodes(inner)


def _flaws_of(node: dict[str, Any]) -> Iterator[str]:
    kind, text = node.get("type"), node.get("text")
    if MENTION.search(json.dumps(node, ensure_ascii=False)):
        yield f"a mention in {node}"
    if node.get("elements") == []:
        yield f"nothing in {node}"
    if isinstance(text, str):
        yield from _flaws_of_text(str(kind), text)
    if kind in ("text", "plain_text", "mrkdwn") and not text:
        yield f"no text in {node}"
    if kind == "plain_text" and node.get("emoji") is not False:
        yield f"emoji in {node}"
    if kind == "mrkdwn" and not (text and STYLED.fullmatch(text) and not ENTITY.search(text)):
        yield f"markup in {node}"
    if kind == "image" and not 1 <= length(node["alt_text"]) <= 2000:
        yield f"no words for {node}"


def _flaws_of_text(kind: str, text: str) -> Iterator[str]:
    if length(text) > MOST[kind]:
        yield f"{kind} of {length(text)} characters"
    if kind != "text" and not text.strip():
        yield f"an empty {kind}"
    if any(unicodedata.category(c) in ("Cc", "Cs") for c in text.replace("\n", "")):
        yield f"a control character in {text!r}"
    if set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067") & set(text):
        yield f"a text that turns what is beside it: {text!r}"
