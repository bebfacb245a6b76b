"""What comes in through Bolt. Every delivery is handled once, and acknowledged after that."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from slack_bolt import BoltResponse
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.asking import Asking
from bot.adapters.slack.once import Answer, Once
from bot.adapters.slack.payloads import Body, key_of
from bot.adapters.slack.starting import Account

Handle = Callable[[Body], Awaitable[Answer]]

EVENT: Final = "event_callback"
SEARCH: Final = "block_suggestion"


class Known(AsyncAuthorize):
    """Who the bot is, known from the start: the first command need not wait for Slack."""

    def __init__(self, account: Account) -> None:
        self._result = AuthorizeResult(
            enterprise_id=None,
            team_id=account.team_id,
            bot_user_id=account.user_id,
            bot_id=account.bot_id,
        )

    async def __call__(self, **_: Any) -> AuthorizeResult:
        """Return it, whoever asks."""
        return self._result


def make_app(account: Account, signing_secret: str = "") -> AsyncApp:
    """Return Bolt's app, to which nobody listens yet; with a secret, requests have to be signed.

    What else Bolt does for each delivery costs time and is of no use to us: our own messages bring
    no events that we take, and nothing of ours is a step of a workflow.
    """
    over_http = bool(signing_secret)
    return AsyncApp(
        name="reroll",
        client=AsyncWebClient(),
        authorize=Known(account),
        signing_secret=signing_secret,
        request_verification_enabled=over_http,
        ssl_check_enabled=over_http,
        url_verification_enabled=over_http,
        ignoring_self_events_enabled=False,
        attaching_function_token_enabled=False,
        logger=logging.getLogger("slack_bolt"),
    )


def listen(app: AsyncApp, asking: Asking, once: Once) -> None:
    """Let everything that comes in be answered, and the same only once."""
    app.use(Deliveries(asking, once))


class Deliveries(AsyncMiddleware):
    """Acknowledges a delivery with what it was handled to.

    A middleware, the last one: Bolt polls for what its listeners acknowledge, and acknowledges
    events before they are handled.
    """

    def __init__(self, asking: Asking, once: Once) -> None:
        self._asking = asking
        self._once = once
        self._handles: Mapping[str, Handle] = {
            "block_actions": asking.action,
            "view_submission": asking.view,
            "shortcut": asking.shortcut,
            "message_action": asking.shortcut,
        }

    async def async_process(
        self,
        *,
        req: AsyncBoltRequest,
        resp: BoltResponse,
        next: Callable[[], Awaitable[BoltResponse]],  # noqa: A002 - Bolt's name
    ) -> BoltResponse | None:
        """Handle a delivery; what is none of ours is acknowledged alike."""
        body = req.body
        if body.get("type") == SEARCH:
            return BoltResponse(status=200, body=self._asking.options(body))
        handle = self._handle(req)
        if handle is None:
            return BoltResponse(status=200)
        answer = await self._once.answer(key_of(body), partial(handle, body))
        return BoltResponse(status=200, body=answer or "")

    def _handle(self, request: AsyncBoltRequest) -> Handle | None:
        body = request.body
        if "command" in body:
            return self._asking.command
        if body.get("type") == EVENT:
            return self._handle_event(request)
        return self._handles.get(str(body.get("type")))

    def _handle_event(self, request: AsyncBoltRequest) -> Handle | None:
        event = request.body["event"]
        if event["type"] == "app_home_opened":
            return self._asking.home
        is_said_to_us = event["type"] == "message" and event.get("channel_type") == "im"
        if event["type"] != "app_mention" and not is_said_to_us:
            return None
        tries = request.headers.get("x-slack-retry-num") or ["0"]
        return partial(self._asking.mention, again=tries[0] not in ("", "0"))
