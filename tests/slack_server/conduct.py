"""What Slack lets through, but a bot that shows strangers' words should never send."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.slack_server.records import Message, Payload
from tests.slack_server.rich_text_rules import calling_elements
from tests.slack_server.texts import ADDRESS, LINK, MARKED, MENTION, Text, texts_of

FALSE = (False, "false", "0", 0)


def misconduct(args: Payload, *, may_unfurl: bool) -> Iterator[str]:
    """What is wrong with a message; what is seen by all unfurls unless that is forbidden."""
    texts = [Text(MARKED, str(args.get("text") or "")), *texts_of(args.get("blocks"))]
    texts += texts_of(args.get("view"))
    texts += [Text(MARKED, json.dumps(args["attachments"]))] if args.get("attachments") else []
    yield from _mentions(texts)
    for kind in sorted(calling_elements([args.get("blocks"), args.get("view")])):
        yield f"rich text calls: {kind}"
    if args.get("link_names") not in (None, *FALSE):
        yield "link_names is set"
    if may_unfurl and args.get("unfurl_links") not in FALSE and any(map(_has_address, texts)):
        yield "unfurl_links is not false"


def _mentions(texts: list[Text]) -> Iterator[str]:
    for text in texts:
        if text.kind == MARKED and (found := MENTION.search(text.words)):
            yield f"unescaped {found[0]}"


def _has_address(text: Text) -> bool:
    return text.kind == LINK or ADDRESS.search(text.words) is not None


class Marks:
    """The job markers of the messages that were posted, by place."""

    def __init__(self) -> None:
        self._posted: dict[tuple[str, str], Message] = {}

    def note(self, message: Message) -> bool:
        """Remember a message that was posted; whether one of its job stands there already."""
        metadata = message.payload.get("metadata") or {}
        job = (metadata.get("event_payload") or {}).get("job")
        if job is None:
            return False
        key = (message.channel, str(job))
        earlier = self._posted.get(key)
        self._posted[key] = message
        return earlier is not None and not earlier.deleted
