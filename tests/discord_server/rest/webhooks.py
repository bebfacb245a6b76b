"""Later answers to an interaction, by its token."""

from __future__ import annotations

import time

from tests.discord_server.form_errors import ApiError
from tests.discord_server.message_store import MessageStore
from tests.discord_server.records import Interaction, Message
from tests.discord_server.rest.calls import Answer, Call, Operation, Perform
from tests.discord_server.routes import Route

WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}"
ORIGINAL = WEBHOOK + "/messages/@original"
ONE = WEBHOOK + "/messages/{message_id}"

MOST_FOLLOWUPS_OUTSIDE = 5
"""For an app that is there only as someone's own."""


def send_followup(server: MessageStore, call: Call) -> Answer:
    """Post a further message, or the first one in place of "thinking"."""
    interaction = _interaction(server, call)
    server.message_rules.check(call.form, call.uploads)
    original = interaction.original
    if original is not None and original.loading and not original.deleted:
        # Whether others see it was decided when the answer was put off.
        server.edit(original, call.form, call.uploads)
        return 200, original.payload
    is_outside = interaction.channel_id in server.outside
    if is_outside and len(interaction.followups) >= MOST_FOLLOWUPS_OUTSIDE:
        raise ApiError(400, 40094, "Maximum number of follow-up messages reached")
    message = server.post_answer(interaction, call.form, call.uploads, is_first=False)
    interaction.followups.append(message)
    return 200, message.payload


def update_answer(server: MessageStore, call: Call) -> Answer:
    """Change an answer."""
    message = _message(server, call)
    server.message_rules.check(call.form, call.uploads, message)
    server.edit(message, call.form, call.uploads)
    return 200, message.payload


def get_answer(server: MessageStore, call: Call) -> Answer:
    """One answer."""
    return 200, _message(server, call).payload


def delete_answer(server: MessageStore, call: Call) -> Answer:
    """Take an answer away."""
    server.delete(_message(server, call))
    return 204, None


def _interaction(server: MessageStore, call: Call) -> Interaction:
    interaction = server.by_token.get(call.params["webhook_token"])
    if interaction is None or call.params["webhook_id"] != server.app_id:
        raise ApiError(404, 10015, "Unknown Webhook")
    if interaction.expired or time.monotonic() - interaction.created > server.token_ttl:
        raise ApiError(401, 50027, "Invalid Webhook Token")
    if interaction.ack_type is None:
        raise ApiError(404, 10015, "Unknown Webhook")
    return interaction


def _message(server: MessageStore, call: Call) -> Message:
    interaction = _interaction(server, call)
    message_id = call.params.get("message_id")
    if message_id is None:
        message = interaction.original
    else:
        answers = [interaction.original, *interaction.followups]
        message = next((m for m in answers if m is not None and m.id == message_id), None)
    if message is None or message.deleted:
        raise ApiError(404, 10008, "Unknown Message")
    return message


def _operation(method: str, template: str, name: str, perform: Perform) -> Operation:
    takes_files = method in ("POST", "PATCH")
    route = Route(method, template, name, is_open=True, takes_files=takes_files)
    return Operation(route, perform)


WEBHOOK_OPERATIONS = (
    _operation("POST", WEBHOOK, "execute_webhook", send_followup),
    _operation("GET", ORIGINAL, "get_original_webhook_message", get_answer),
    _operation("PATCH", ORIGINAL, "update_original_webhook_message", update_answer),
    _operation("DELETE", ORIGINAL, "delete_original_webhook_message", delete_answer),
    _operation("GET", ONE, "get_webhook_message", get_answer),
    _operation("PATCH", ONE, "update_webhook_message", update_answer),
    _operation("DELETE", ONE, "delete_webhook_message", delete_answer),
)
