"""The first answer to an interaction."""

from __future__ import annotations

import time
from collections.abc import Callable

from tests.discord_server.form_errors import ApiError, Flaw, invalid_form
from tests.discord_server.limits import Length, choice_flaws, length_flaws
from tests.discord_server.message_rules import check_modal
from tests.discord_server.message_store import MessageStore
from tests.discord_server.records import EPHEMERAL, Interaction, Payload
from tests.discord_server.rest.calls import Answer, Call, Operation
from tests.discord_server.routes import Route

MESSAGE, DEFERRED_MESSAGE, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9

COMMAND, COMPONENT, AUTOCOMPLETE, FORM = 2, 3, 4, 5
ALLOWED = {
    COMMAND: (4, 5, 9, 10, 12),
    COMPONENT: (4, 5, 6, 7, 9, 10, 12),
    AUTOCOMPLETE: (8,),
    FORM: (4, 5, 6, 7, 10, 12),
}
"""Which answers each kind of interaction takes."""
CHOICES_LENGTH = {"choices": Length(0, 25)}


def respond(server: MessageStore, call: Call) -> Answer:
    """Take the first answer, if it comes in time and is the first."""
    now = time.monotonic()
    interaction = _open_interaction(server, call, now)
    kind = call.form.get("type")
    allowed = ALLOWED[interaction.type]
    has_no_message = interaction.type == FORM and interaction.source is None
    if kind not in allowed or (has_no_message and kind in (DEFERRED_UPDATE, UPDATE)):
        words = f"Value must be one of {set(allowed)}."
        raise invalid_form([Flaw(["type"], "BASE_TYPE_CHOICES", words)])
    if kind in RESPONSES:
        RESPONSES[kind](server, interaction, call)
    interaction.ack_latency = now - interaction.created
    interaction.ack_type, interaction.ack_body = kind, call.form
    if call.query.get("with_response", "").lower() not in ("1", "true"):
        return 204, None
    return 200, _described(interaction, kind)


def _open_interaction(server: MessageStore, call: Call, now: float) -> Interaction:
    interaction = server.interactions.get(call.params["interaction_id"])
    if interaction is None or interaction.token != call.params["interaction_token"]:
        raise ApiError(404, 10062, "Unknown interaction")
    if interaction.ack_type is not None:
        raise ApiError(400, 40060, "Interaction has already been acknowledged.")
    if interaction.expired or now - interaction.created > server.ack_deadline:
        raise ApiError(404, 10062, "Unknown interaction")
    return interaction


def _data(call: Call) -> Payload:
    return call.form.get("data") or {}


def _send(server: MessageStore, interaction: Interaction, call: Call) -> None:
    server.message_rules.check(_data(call), call.uploads, inside="data")
    interaction.original = server.post_answer(interaction, _data(call), call.uploads, is_first=True)


def _defer(server: MessageStore, interaction: Interaction, call: Call) -> None:
    interaction.deferred = True
    flags = (_data(call).get("flags") or 0) & EPHEMERAL
    interaction.original = server.post_answer(
        interaction, {"flags": flags}, {}, is_first=True, is_loading=True
    )


def _defer_update(server: MessageStore, interaction: Interaction, call: Call) -> None:
    interaction.original = interaction.source


def _update(server: MessageStore, interaction: Interaction, call: Call) -> None:
    source = interaction.source
    assert source is not None
    if source.deleted:
        raise ApiError(404, 10008, "Unknown Message")
    server.message_rules.check(_data(call), call.uploads, source, inside="data")
    server.edit(source, _data(call), call.uploads, "update")
    interaction.original = source


def _choose(server: MessageStore, interaction: Interaction, call: Call) -> None:
    choices = _data(call).get("choices") or []
    flaws = length_flaws(_data(call), CHOICES_LENGTH, [])
    if flaws := flaws + choice_flaws(choices, ["choices"]):
        raise invalid_form(flaws, "data")
    interaction.choices = choices


def _open_modal(server: MessageStore, interaction: Interaction, call: Call) -> None:
    check_modal(_data(call))
    interaction.modal = _data(call)


RESPONSES: dict[int, Callable[[MessageStore, Interaction, Call], None]] = {
    MESSAGE: _send,
    DEFERRED_MESSAGE: _defer,
    DEFERRED_UPDATE: _defer_update,
    UPDATE: _update,
    CHOICES: _choose,
    MODAL: _open_modal,
}


def _described(interaction: Interaction, kind: int) -> Payload:
    described: Payload = {
        "id": interaction.id,
        "type": interaction.type,
        "channel_id": interaction.channel_id,
    }
    if interaction.guild_id:
        described["guild_id"] = interaction.guild_id
    answer: Payload = {"interaction": described}
    message = interaction.original
    if message is None:
        return answer
    described["response_message_id"] = message.id
    described["response_message_loading"] = message.loading
    described["response_message_ephemeral"] = message.ephemeral
    if kind in (MESSAGE, UPDATE):  # the official file allows a resource for these alone
        answer["resource"] = {"type": kind, "message": message.payload}
    return answer


INTERACTION_OPERATIONS = (
    Operation(
        Route(
            "POST",
            "/interactions/{interaction_id}/{interaction_token}/callback",
            "create_interaction_response",
            is_open=True,
            takes_files=True,
        ),
        respond,
    ),
)
