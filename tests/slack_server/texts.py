"""Texts as Slack writes and reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.slack_server.records import Payload

ADDRESS = re.compile(r"https?://[^\s<>|]+")
BARE_HOST = re.compile(r"(?<![\w@./-])(?:[a-z0-9-]+\.)+(?:com|org|net|io|dev)\b(?:/[^\s<>|]*)?")
MENTION = re.compile(r"<[!@#][^>]*>")

PLAIN, MARKED, LINK = "plain_text", "mrkdwn", "link"


def escaped(text: str) -> str:
    """A text without markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(text: str) -> str:
    """What a person typed, as events give it: escaped, with its addresses made links."""
    parts = []
    end = 0
    for found in re.finditer(f"{ADDRESS.pattern}|{BARE_HOST.pattern}", text):
        parts.append(escaped(text[end : found.start()]))
        address = found[0]
        if address.startswith("http"):
            parts.append(f"<{escaped(address)}>")
        else:
            parts.append(f"<http://{escaped(address)}|{escaped(address)}>")
        end = found.end()
    return "".join([*parts, escaped(text[end:])])


class Text(NamedTuple):
    """Something to read in a block: how it is written, and what it says."""

    kind: str
    words: str


def texts_of(node: Any) -> Iterator[Text]:
    """All that can be read in blocks or a view, the addresses of its links included."""
    if isinstance(node, list):
        for inner in node:
            yield from texts_of(inner)
    elif isinstance(node, dict):
        yield from _own_texts(node)
        for inner in node.values():
            if isinstance(inner, (dict, list)):
                yield from texts_of(inner)


def _own_texts(node: Payload) -> Iterator[Text]:
    kind = node.get("type")
    if isinstance(text := node.get("text"), str):
        yield Text(MARKED if kind in ("mrkdwn", "markdown") else PLAIN, text)
    if kind == "link":
        yield Text(LINK, str(node.get("url")))
    if isinstance(alt_text := node.get("alt_text"), str):
        yield Text(PLAIN, alt_text)
