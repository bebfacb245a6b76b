"""What Bolt is told to listen to. Every delivery is handled once, and acknowledged after that."""

from __future__ import annotations

import logging
import re
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltRequest
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.slack.asking import Asking
from bot.adapters.slack.once import Answer, Once
from bot.adapters.slack.payloads import Body, key_of
from bot.adapters.slack.starting import Account

Handle = Callable[[Body], Awaitable[Answer]]

ANYTHING = re.compile(r"")


def make_app(account: Account, signing_secret: str = "") -> AsyncApp:
    """Return Bolt's app. It acknowledges only what its listeners have ended with."""
    known = AuthorizeResult(
        enterprise_id=None,
        team_id=account.team_id,
        bot_user_id=account.user_id,
        bot_id=account.bot_id,
    )

    async def authorize() -> AuthorizeResult:
        # Known from the start: the first command need not wait until it is asked again.
        return known

    return AsyncApp(
        name="reroll",
        client=AsyncWebClient(),
        authorize=authorize,
        signing_secret=signing_secret,
        request_verification_enabled=bool(signing_secret),
        process_before_response=True,
        logger=logging.getLogger("slack_bolt"),
    )


def listen(app: AsyncApp, asking: Asking, once: Once) -> None:
    """Let everything that comes in be answered, and the same only once."""

    async def settle(body: Body, ack: AsyncAck, handle: Handle) -> None:
        answer = await once.answer(key_of(body), lambda: handle(body))
        await (ack() if answer is None else ack(answer))

    def listener(handle: Handle) -> Callable[..., Awaitable[None]]:
        async def listened(body: dict[str, Any], ack: AsyncAck) -> None:
            await settle(body, ack, handle)

        return listened

    async def written(body: dict[str, Any], ack: AsyncAck, request: AsyncBoltRequest) -> None:
        tries = request.headers.get("x-slack-retry-num") or ["0"]

        if body["event"]["type"] == "message" and body["event"].get("channel_type") != "im":
            await ack()
            return
        again = tries[0] not in ("", "0")
        await settle(body, ack, partial(asking.mention, again=again))

    async def searched(body: dict[str, Any], ack: AsyncAck) -> None:
        await ack(asking.options(body))

    app.command(ANYTHING)(listener(asking.command))
    app.action(ANYTHING)(listener(asking.action))
    app.view(ANYTHING)(listener(asking.view))
    app.shortcut(ANYTHING)(listener(asking.shortcut))
    app.options(ANYTHING)(searched)
    app.event("app_home_opened")(listener(asking.home))
    app.event("app_mention")(written)
    app.event("message")(written)
