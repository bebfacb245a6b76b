from __future__ import annotations

import socket
import traceback
from typing import Any

import pytest

from bot import texts
from bot.adapters.slack.starting import Account, address_of_socket, sign_in
from bot.adapters.slack.web import Web
from bot.chat_errors import (
    NoSuchApi,
    ScopesMissing,
    ServiceDown,
    ServiceRefuses,
    TokenRefused,
    Unreachable,
    WrongToken,
)
from bot.config_sections import SlackSection
from bot.manifest import SLACK_SCOPES
from generation.errors import UserError
from tests.slack_api import ACCOUNT, APP_TOKEN, BOT_TOKEN, slack_api


async def signed_in(url: str, token: str = BOT_TOKEN) -> Account:
    section = SlackSection(api_url=url)
    web = Web(section, token)
    try:
        return await sign_in(web.client, section)
    finally:
        await web.close()


async def socket_address(url: str, token: str = APP_TOKEN) -> str:
    section = SlackSection(api_url=url)
    web = Web(section, BOT_TOKEN)
    try:
        return await address_of_socket(web.client, section, token)
    finally:
        await web.close()


def refusal(error: str, **more: Any) -> tuple[int, Any]:
    return 200, {"ok": False, "error": error, **more}


def all_of(error: BaseException) -> str:
    return "".join(traceback.format_exception(error))


async def test_the_account_is_known_by_its_name_and_workspace() -> None:
    async with slack_api() as api:
        account = await signed_in(api.url)
        assert api.asked == [("auth.test", f"Bearer {BOT_TOKEN}")]
    assert str(account) == "@reroll in Example"
    assert (account.team_id, account.user_id, account.bot_id) == ("T1", "U1", "B1")
    assert account.scopes == frozenset(SLACK_SCOPES)
    assert texts.run_adapter("slack", str(account), 1) == (
        "Slack: logged in as @reroll in Example."
    )


async def test_missing_scopes_are_all_named_with_the_way_to_get_them() -> None:
    async with slack_api() as api:
        api.scopes = ", ".join(scope for scope in SLACK_SCOPES if not scope.startswith("files:"))
        with pytest.raises(ScopesMissing) as refused:
            await signed_in(api.url)
    assert refused.value.exit_code == 2
    sentence = texts.sentence(refused.value)
    assert "the token in SLACK_BOT_TOKEN lacks files:read, files:write: add these" in sentence
    assert "`reroll manifest slack`" in sentence
    assert "install the app again" in sentence


async def test_a_service_that_tells_no_scopes_is_believed() -> None:
    async with slack_api() as api:
        api.scopes = None
        account = await signed_in(api.url)
    assert account.scopes is None
    assert account.missing == ()


@pytest.mark.parametrize("reason", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_token_that_is_refused_is_named_by_its_variable(reason: str) -> None:
    async with slack_api() as api:
        api.answers["auth.test"] = refusal(reason)
        api.answers["apps.connections.open"] = refusal(reason)
        with pytest.raises(TokenRefused) as bot:
            await signed_in(api.url)
        with pytest.raises(TokenRefused) as app:
            await socket_address(api.url)
    assert "in SLACK_BOT_TOKEN: copy a new one from api.slack.com/apps (your app, OAuth" in (
        texts.sentence(bot.value)
    )
    assert "in SLACK_APP_TOKEN: copy a new one from api.slack.com/apps (your app, Basic" in (
        texts.sentence(app.value)
    )
    assert BOT_TOKEN not in all_of(bot.value)
    assert APP_TOKEN not in all_of(app.value)
    assert "SlackApiError" not in all_of(bot.value)


async def test_a_token_of_another_kind_is_not_even_sent() -> None:
    async with slack_api() as api:
        with pytest.raises(WrongToken) as bot:
            await signed_in(api.url, APP_TOKEN)
        with pytest.raises(WrongToken) as app:
            await socket_address(api.url, BOT_TOKEN)
        with pytest.raises(WrongToken) as other:
            await signed_in(api.url, "xoxp-1-of-a-person")
        assert api.asked == []
    assert texts.sentence(bot.value).startswith(
        "SLACK_BOT_TOKEN holds a token for SLACK_APP_TOKEN: it needs the one that begins with xoxb-"
    )
    assert texts.sentence(app.value).startswith(
        "SLACK_APP_TOKEN holds a token for SLACK_BOT_TOKEN: it needs the one that begins with xapp-"
    )
    assert "SLACK_BOT_TOKEN does not hold the right kind" in texts.sentence(other.value)


async def test_a_kind_of_token_that_slack_does_not_take_is_told_apart() -> None:
    async with slack_api() as api:
        api.answers["auth.test"] = refusal("not_allowed_token_type")
        with pytest.raises(WrongToken) as refused:
            await signed_in(api.url)
    assert "begins with xoxb-" in texts.sentence(refused.value)


async def test_an_app_token_without_its_scope_is_to_be_made_anew() -> None:
    async with slack_api() as api:
        api.answers["apps.connections.open"] = refusal("missing_scope")
        with pytest.raises(ScopesMissing) as refused:
            await socket_address(api.url)
    assert "SLACK_APP_TOKEN lacks connections:write: make a new one" in (
        texts.sentence(refused.value)
    )


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        ((503, "upstream"), ServiceDown, 1),
        ((500, {"ok": False}), ServiceDown, 1),
        (refusal("internal_error"), ServiceDown, 1),
        ((429, {"ok": False, "error": "ratelimited"}), ServiceRefuses, 1),
        ((403, "<html>Attention Required</html>"), ServiceRefuses, 1),
        (refusal("access_denied"), ServiceRefuses, 1),
        (refusal("unknown_method"), NoSuchApi, 2),
        ((404, "<html>Not Found</html>"), NoSuchApi, 2),
        ((200, "<html>Hello</html>"), NoSuchApi, 2),
        ((200, []), NoSuchApi, 2),
        ((200, {"ok": True}), NoSuchApi, 2),
        ((200, ACCOUNT | {"user_id": ""}), NoSuchApi, 2),
    ],
)
async def test_an_answer_of_the_api_is_one_sentence(
    answer: tuple[int, Any], kind: type[UserError], code: int
) -> None:
    async with slack_api() as api:
        api.answers["auth.test"] = answer
        with pytest.raises(kind) as refused:
            await signed_in(api.url)
    assert refused.value.exit_code == code
    sentence = texts.sentence(refused.value)
    assert "html" not in sentence
    assert "Slack" in sentence


@pytest.mark.parametrize("url", [None, 3, "http://127.0.0.1/link", "wss"])
async def test_what_names_no_socket_is_no_api(url: object) -> None:
    async with slack_api() as api:
        api.answers["apps.connections.open"] = (200, {"ok": True, "url": url})
        with pytest.raises(NoSuchApi):
            await socket_address(api.url)


async def test_no_way_over_the_network_is_no_fault_of_the_configuration() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/api/"
        with pytest.raises(Unreachable) as refused:
            await signed_in(url)
    assert refused.value.exit_code == 1
    assert f"Slack cannot be reached at {url} (Connection refused)" in (
        texts.sentence(refused.value)
    )


@pytest.mark.parametrize("url", ["slack.com/api", "ftp://slack.com", "", "https://"])
async def test_what_is_no_address_names_its_key(url: str) -> None:
    with pytest.raises(NoSuchApi) as refused:
        await signed_in(url)
    assert "[slack] api_url" in texts.sentence(refused.value)
