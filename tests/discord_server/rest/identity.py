"""Who the bot is, where its gateway is, and the people it may ask about."""

from __future__ import annotations

from tests.discord_server.form_errors import ApiError
from tests.discord_server.message_store import MessageStore
from tests.discord_server.payloads import INTENT_FLAGS, application_payload
from tests.discord_server.rest.calls import Answer, Call, Operation
from tests.discord_server.routes import Route

SESSION_STARTS = {"total": 1000, "remaining": 999, "reset_after": 86400000, "max_concurrency": 1}


def get_me(server: MessageStore, call: Call) -> Answer:
    """The bot's own user."""
    extra = {"mfa_enabled": False, "locale": "en-US", "verified": True, "email": None}
    return 200, {**server.bot_user, **extra}


def get_application(server: MessageStore, call: Call) -> Answer:
    """The bot's application; its flags say which intents it may ask for."""
    flags = INTENT_FLAGS if server.privileged_intents else 0
    return 200, application_payload(server.app_id, server.admin_user, flags)


def get_gateway(server: MessageStore, call: Call) -> Answer:
    """The gateway's address."""
    return 200, {"url": server.gateway_url}


def get_bot_gateway(server: MessageStore, call: Call) -> Answer:
    """The gateway's address, and how often a session may be started."""
    return 200, {"url": server.gateway_url, "shards": 1, "session_start_limit": SESSION_STARTS}


def get_user(server: MessageStore, call: Call) -> Answer:
    """A person."""
    user = server.user_by_id(call.params["user_id"])
    if user is None:
        raise ApiError(404, 10013, "Unknown User")
    return 200, user


def create_dm(server: MessageStore, call: Call) -> Answer:
    """The conversation with a person."""
    user = server.user_by_id(str(call.form.get("recipient_id")))
    if user is None or user["id"] == server.app_id:
        raise ApiError(400, 50033, "Invalid Recipient(s)")
    return 200, server.dm(user)


IDENTITY_OPERATIONS = (
    Operation(Route("GET", "/users/@me", "get_my_user"), get_me),
    Operation(
        Route("GET", "/oauth2/applications/@me", "get_my_oauth2_application"), get_application
    ),
    Operation(Route("GET", "/applications/@me", "get_my_application"), get_application),
    Operation(Route("GET", "/gateway", "get_gateway", is_open=True), get_gateway),
    Operation(Route("GET", "/gateway/bot", "get_bot_gateway"), get_bot_gateway),
    Operation(Route("GET", "/users/{user_id}", "get_user"), get_user),
    Operation(Route("POST", "/users/@me/channels", "create_dm"), create_dm),
)
