"""Places, and what was said in them."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation

from tests.slack_server.delivering import Delivering
from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.payloads import conversation_payload
from tests.slack_server.records import Message, Payload
from tests.slack_server.web.calls import Methods, is_true, required

MOST_READ = 1000
USUALLY_READ = 100
CURSOR = "after:"


def conversation_info(server: Delivering, args: Payload) -> Payload:
    """A place."""
    return {"channel": conversation_payload(server.place(args.get("channel")))}


def open_conversation(server: Delivering, args: Payload) -> Payload:
    """The conversation with a person."""
    user = server.users.get(str(args.get("users")).split(",")[0])
    if user is None:
        raise SlackError("user_not_found")
    return {"channel": {"id": server.dm(user)["id"]}}


def join_conversation(server: Delivering, args: Payload) -> Payload:
    """Become a member of a public channel."""
    channel = server.place(args.get("channel"))
    if channel["is_private"]:
        raise SlackError("method_not_supported_for_channel_type")
    channel["is_member"] = True
    return {"channel": conversation_payload(channel)}


def read_history(server: Delivering, args: Payload) -> Payload:
    """What was said in a place, newest first; not what was said in its threads."""
    everything = _readable(server, args)
    messages = [message for message in everything if message.thread_ts in (None, message.ts)]
    page, rest = _page(messages[::-1], args)
    numbers = {"pin_count": 0, "channel_actions_ts": None, "channel_actions_count": 0}
    return {**_answer(page, rest, everything, args), **numbers}


def read_replies(server: Delivering, args: Payload) -> Payload:
    """A message and what was said in its thread, oldest first."""
    ts = required(args, "ts")
    everything = _readable(server, args)
    thread = [message for message in everything if ts in (message.ts, message.thread_ts)]
    if not thread:
        raise SlackError("thread_not_found")
    page, rest = _page(thread, args)
    return _answer(page, rest, everything, args)


def _readable(server: Delivering, args: Payload) -> list[Message]:
    channel = server.place(args.get("channel"))
    server.check_member(channel)
    return [
        message
        for message in server.messages
        if message.channel == channel["id"] and not message.deleted and not message.user_only
    ]


def _page(messages: list[Message], args: Payload) -> tuple[list[Message], str]:
    """The messages that are asked for, and the cursor for the others."""
    try:
        limit = int(args.get("limit") or USUALLY_READ)
    except ValueError:
        raise invalid_arguments("limit must be a number") from None
    if not 1 <= limit <= MOST_READ:
        raise SlackError("invalid_limit")
    wanted = [message for message in messages if _is_between(message.ts, args)]
    start = 0
    if cursor := args.get("cursor"):
        stamps = [CURSOR + message.ts for message in wanted]
        if cursor not in stamps:
            raise SlackError("invalid_cursor")
        start = stamps.index(cursor) + 1
    page = wanted[start : start + limit]
    has_more = len(wanted) > start + limit
    return page, CURSOR + page[-1].ts if has_more else ""


def _is_between(ts: str, args: Payload) -> bool:
    latest, oldest = _bound(args, "latest", "Infinity"), _bound(args, "oldest", "0")
    stamp = Decimal(ts)
    return oldest < stamp < latest or (is_true(args.get("inclusive")) and stamp in (oldest, latest))


def _bound(args: Payload, key: str, otherwise: str) -> Decimal:
    try:
        return Decimal(str(args.get(key) or otherwise))
    except InvalidOperation:
        raise SlackError(f"invalid_ts_{key}") from None


def _answer(page: list[Message], cursor: str, everything: list[Message], args: Payload) -> Payload:
    replies = Counter(message.thread_ts for message in everything if message.thread_ts)
    with_metadata = is_true(args.get("include_all_metadata"))
    answer: Payload = {
        "messages": [_as_read(message, replies[message.ts], with_metadata) for message in page],
        "has_more": bool(cursor),
    }
    return answer | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _as_read(message: Message, replies: int, with_metadata: bool) -> Payload:
    payload = dict(message.payload)
    if not with_metadata:
        payload.pop("metadata", None)
    if replies:
        payload |= {"thread_ts": message.ts, "reply_count": replies}
    return payload


CONVERSATIONS: Methods = {
    "conversations.history": read_history,
    "conversations.info": conversation_info,
    "conversations.join": join_conversation,
    "conversations.open": open_conversation,
    "conversations.replies": read_replies,
}
