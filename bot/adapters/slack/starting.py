"""Who the bot is in Slack, and what a start that fails means to the owner."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import yarl
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.adapters.reaching import unreachable
from bot.adapters.slack.web import FAULTS, reason
from bot.chat_errors import (
    NoSuchApi,
    ScopesMissing,
    ServiceDown,
    ServiceRefuses,
    TokenRefused,
    WrongToken,
)
from bot.config_sections import SlackSection
from bot.manifest import SLACK_SCOPES
from generation.errors import UserError

PLATFORM: Final = "slack"
BOT_TOKEN: Final = "SLACK_BOT_TOKEN"  # noqa: S105 - here and below: the variable's name
APP_TOKEN: Final = "SLACK_APP_TOKEN"  # noqa: S105
SIGNING_SECRET: Final = "SLACK_SIGNING_SECRET"  # noqa: S105
TOKENS: Final = (BOT_TOKEN, APP_TOKEN, SIGNING_SECRET)
"""Each is a variable of the environment; the last is for signed requests only."""

APP_SCOPE: Final = "connections:write"
ANSWER_SECONDS: Final = 20.0

_BEGINS: Final = {BOT_TOKEN: "xoxb-", APP_TOKEN: "xapp-"}
BAD_TOKEN: Final = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "not_authed",
        "token_expired",
        "token_revoked",
        "user_removed_from_team",
    }
)
"""Reasons why Slack takes a token no more."""
_DOWN: Final = frozenset(
    {
        "fatal_error",
        "internal_error",
        "request_timeout",
        "service_unavailable",
    }
)
_NO_METHOD: Final = frozenset({"", "unknown_method"})
"""Reasons of Slack's; each method's page at docs.slack.dev/reference/methods lists its own."""


@dataclass(frozen=True, slots=True)
class Account:
    """The bot's account: ``user_id`` is whom people mention, ``bot_id`` who posts.

    ``app_id`` is empty and ``scopes`` are none where Slack does not tell.
    """

    name: str
    team: str
    team_id: str
    user_id: str
    bot_id: str
    app_id: str = ""
    scopes: frozenset[str] | None = None

    @property
    def missing(self) -> tuple[str, ...]:
        """The scopes that the manifest has and the token has not."""
        if self.scopes is None:
            return ()
        return tuple(scope for scope in SLACK_SCOPES if scope not in self.scopes)

    def __str__(self) -> str:
        """Return it as the owner knows it."""
        return f"@{self.name} in {self.team}"


def check_shapes(tokens: Mapping[str, str]) -> None:
    """Raise ``WrongToken`` for what is another kind of token than its variable needs."""
    for variable, token in tokens.items():
        begins = _BEGINS.get(variable)
        if begins and not token.startswith(begins):
            others = (name for name, start in _BEGINS.items() if token.startswith(start))
            raise WrongToken(PLATFORM, variable, begins, next(others, ""))


async def sign_in(client: AsyncWebClient, section: SlackSection) -> Account:
    """Return whose token the client has, once it has every scope of the manifest.

    Raises ``ScopesMissing`` otherwise, and what ``account_of`` raises.
    """
    account = await account_of(client, section)
    if account.missing:
        raise ScopesMissing(PLATFORM, BOT_TOKEN, account.missing)
    return account


async def account_of(client: AsyncWebClient, section: SlackSection) -> Account:
    """Return whose token the client has. Raises what ``start_faults`` does."""
    check_shapes({BOT_TOKEN: client.token or ""})
    answer = await ask(client.auth_test, section, BOT_TOKEN)
    told = {name: str(answer.get(name) or "") for name in _TOLD}
    if not told["team_id"] or not told["user_id"]:
        raise _no_api(section)
    granted = answer.headers.get("x-oauth-scopes")
    scopes = None if granted is None else frozenset(each.strip() for each in granted.split(","))
    return Account(told.pop("user"), **told, scopes=scopes)


_TOLD: Final = ("user", "team", "team_id", "user_id", "bot_id", "app_id")


async def address_of_socket(client: AsyncWebClient, section: SlackSection, token: str) -> str:
    """Return the address of a new WebSocket; it is good for one connection, and secret.

    Raises what ``start_faults`` does.
    """
    check_shapes({APP_TOKEN: token})
    answer = await ask(client.apps_connections_open, section, APP_TOKEN, app_token=token)
    address = answer.get("url")
    if not isinstance(address, str) or not address.startswith(("ws://", "wss://")):
        raise _no_api(section)
    return address


async def ask(
    method: Callable[..., Awaitable[AsyncSlackResponse]],
    section: SlackSection,
    variable: str,
    **arguments: Any,
) -> AsyncSlackResponse:
    """Call a method with the token of that variable. Raises what ``start_faults`` does."""
    url = yarl.URL(section.api_url)
    if url.scheme not in ("http", "https") or not url.host:
        raise _no_api(section)
    with start_faults(section, variable):
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await method(**arguments)
        except AttributeError:
            # The library takes plain text for the answer of a method.
            raise _no_api(section) from None


@contextmanager
def start_faults(section: SlackSection, variable: str = BOT_TOKEN) -> Iterator[None]:
    """Turn what the library raises at a start into the error that names the fix.

    ``variable`` is that of the token in use.
    """
    try:
        yield
    except FAULTS as error:
        meaning = _meaning(error, section, variable)
        if meaning is None:
            raise
        raise meaning from None


def _meaning(error: BaseException, section: SlackSection, variable: str) -> UserError | None:
    if isinstance(error, SlackApiError):
        return _answered(error, section, variable)
    if isinstance(error, aiohttp.InvalidURL):
        return _no_api(section)
    if isinstance(error, aiohttp.ClientResponseError):
        return _by_status(error.status, "", section)
    if isinstance(error, (aiohttp.ClientError, OSError)):
        return unreachable(PLATFORM, error, section.api_url)
    return None


def _answered(error: SlackApiError, section: SlackSection, variable: str) -> UserError:
    """Judge a refusal by Slack's reason for it, or by its status where there is none."""
    why = reason(error)
    status = getattr(error.response, "status_code", 0) or getattr(error.response, "status", 0)
    if why in BAD_TOKEN:
        return TokenRefused(PLATFORM, variable)
    if why == "not_allowed_token_type":
        return WrongToken(PLATFORM, variable, _BEGINS[variable])
    if why in ("missing_scope", "no_permission"):
        return ScopesMissing(PLATFORM, variable, _lacking(error, variable))
    if why in _DOWN:
        return ServiceDown(PLATFORM, status, why)
    return _by_status(status, why, section)


def _lacking(error: SlackApiError, variable: str) -> tuple[str, ...]:
    needs = str(error.response.get("needed") or "")
    scopes = tuple(scope.strip() for scope in needs.split(",") if scope.strip())
    return scopes or ((APP_SCOPE,) if variable == APP_TOKEN else SLACK_SCOPES)


def _by_status(status: int, why: str, section: SlackSection) -> UserError:
    if status >= 500:
        return ServiceDown(PLATFORM, status, why)
    if why in _NO_METHOD and status not in (403, 429):
        return _no_api(section)
    return ServiceRefuses(PLATFORM, status, why)


def _no_api(section: SlackSection) -> UserError:
    return NoSuchApi(PLATFORM, section.api_url, "[slack] api_url")
