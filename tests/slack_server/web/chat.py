"""The bot's messages."""

from __future__ import annotations

import re

from tests.slack_server.delivering import Delivering
from tests.slack_server.errors import SlackError, invalid_arguments
from tests.slack_server.message_store import CHANGED_TEXT
from tests.slack_server.records import Payload
from tests.slack_server.web.calls import Methods

STAMP = re.compile(r"\d{10}\.\d{6}")


def post_message(server: Delivering, args: Payload) -> Payload:
    """A new message."""
    channel = server.place_to_post(args.get("channel"), publicly=True)
    _check_thread(args)
    server.check_content(args)
    server.watch("chat.postMessage", args, may_unfurl=True)
    message = server.post(channel["id"], args)
    return {"channel": channel["id"], "ts": message.ts, "message": message.payload}


def post_ephemeral(server: Delivering, args: Payload) -> Payload:
    """A new message for one person."""
    channel = server.place_to_post(args.get("channel"))
    if args.get("user") not in server.users:
        raise SlackError("user_not_in_channel")
    _check_thread(args)
    server.check_content(args)
    server.watch("chat.postEphemeral", args)
    message = server.post(channel["id"], args, user_only=args["user"], via="chat.postEphemeral")
    return {"message_ts": message.ts}


def update_message(server: Delivering, args: Payload) -> Payload:
    """Change a message of the bot."""
    server.place(args.get("channel"))
    message = server.message(args.get("channel"), args.get("ts"))
    if message.payload.get("user") != server.bot_user:
        raise SlackError("cant_update_message")
    server.check_content(args, most=CHANGED_TEXT)
    server.watch("chat.update", args)
    server.edit(message, args, "chat.update")
    return {
        "channel": message.channel,
        "ts": message.ts,
        "text": message.text,
        "message": message.payload,
    }


def delete_message(server: Delivering, args: Payload) -> Payload:
    """Take a message of the bot away."""
    server.place(args.get("channel"))
    message = server.message(args.get("channel"), args.get("ts"))
    if message.payload.get("user") != server.bot_user:
        raise SlackError("cant_delete_message")
    server.delete(message)
    return {"channel": message.channel, "ts": message.ts}


def add_reaction(server: Delivering, args: Payload) -> Payload:
    """Put an emoji under a message."""
    server.message(args.get("channel"), args.get("timestamp"))
    return {}


def set_status(server: Delivering, args: Payload) -> Payload:
    """Say that the bot is at it."""
    return {}


def _check_thread(args: Payload) -> None:
    thread = args.get("thread_ts")
    if thread and not STAMP.fullmatch(str(thread)):
        raise invalid_arguments("thread_ts names no message [json-pointer:/thread_ts]")


CHAT: Methods = {
    "assistant.threads.setStatus": set_status,
    "chat.delete": delete_message,
    "chat.postEphemeral": post_ephemeral,
    "chat.postMessage": post_message,
    "chat.update": update_message,
    "reactions.add": add_reaction,
}
