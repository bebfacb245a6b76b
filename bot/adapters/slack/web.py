"""Slack's Web API: calls that keep the pauses Slack asks for, and what a failure means."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import IO, Any, Final
from weakref import WeakValueDictionary

import aiohttp
import yarl
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.config_sections import SlackSection

FAULTS: Final = (SlackClientError, aiohttp.ClientError, OSError)
"""All that a call may raise."""

CONNECTIONS: Final = 64
TIMEOUT: Final = aiohttp.ClientTimeout(total=180, sock_connect=10, sock_read=60)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")

_PASSING: Final = frozenset(
    {
        "ratelimited",
        "rate_limited",
        "internal_error",
        "fatal_error",
        "service_unavailable",
        "request_timeout",
    }
)
"""Reasons that are gone after a while."""
UNREADY: Final = frozenset({"invalid_blocks", "invalid_arguments"})
"""How messages and views are refused for a file that cannot be shown, beside other things."""
_DONE: Final = 200
_MALFORMED: Final = 400
_RATE_LIMITED: Final = 429
_LATER: Final = (408, 425, _RATE_LIMITED)
"""Of the faults that are the asker's by HTTP, those that are no judgement of what was asked."""

Call = Callable[..., Awaitable[Any]]


class Refused(SlackClientError):
    """An address that Slack gave us takes no more, or not this."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(f"status {status}: {words[:100]}")
        self.status = status


class Web:
    """The one client of a workspace. Made inside a running event loop."""

    def __init__(self, section: SlackSection, token: str) -> None:
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS), timeout=TIMEOUT
        )
        # The library's own tries could post a message twice.
        self.client = AsyncWebClient(
            token=token, base_url=section.api_url, session=self.session, retry_handlers=[]
        )
        if yarl.URL(section.api_url).host in _LOOPBACK:
            self.client.proxy = None
        self._pauses: dict[tuple[str, str], float] = {}
        self._lines: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
        """Each lives as long as somebody holds it, or waits for it."""

    async def call(self, method: Call, **arguments: Any) -> Mapping[str, Any]:
        """Call a method of the client, once the pause is over that Slack may have asked for.

        Raises one of ``FAULTS``.
        """
        key = (method.__name__, str(arguments.get("channel", "")))
        line = self._lines.setdefault(key, asyncio.Lock())
        if key not in self._pauses and not line.locked():
            return await self._ask(key, method, arguments)
        # One after the other: all at once would be refused again but for the first.
        async with line:
            await self._rest(key)
            return await self._ask(key, method, arguments)

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """Answer through a response_url. Raises one of ``FAULTS``."""
        hook = AsyncWebhookClient(url, session=self.session, retry_handlers=[])
        hook.proxy = self.client.proxy
        answer = await hook.send_dict(dict(body))
        if answer.status_code != _DONE:
            raise Refused(answer.status_code, answer.body)

    async def upload(self, url: str, file: IO[bytes]) -> None:
        """Send a file to where Slack wants it, from the disk. Raises one of ``FAULTS``."""
        async with self.session.post(url, data=file, proxy=self.client.proxy) as answer:
            if answer.status != _DONE:
                raise Refused(answer.status, await answer.text())

    async def close(self) -> None:
        """Close all connections."""
        await self.session.close()

    async def _ask(
        self, key: tuple[str, str], method: Call, arguments: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        try:
            answer = await method(**arguments)
        except SlackApiError as error:
            seconds = pause_asked(error)
            if seconds is not None:
                now = asyncio.get_running_loop().time()
                ahead = {other: end for other, end in self._pauses.items() if end > now}
                self._pauses = {**ahead, key: now + seconds}
            raise
        except AttributeError:
            # The library takes plain text for the answer of a method.
            raise SlackClientError("that was no answer of Slack's") from None
        return answer.data if isinstance(answer.data, dict) else {}

    async def _rest(self, key: tuple[str, str]) -> None:
        now = asyncio.get_running_loop().time()
        if (until := self._pauses.get(key)) is None:
            return
        if until > now:
            await asyncio.sleep(until - now)
        if self._pauses.get(key) == until:
            del self._pauses[key]


def reason(error: BaseException) -> str:
    """Return Slack's own word for why a call was refused; empty where it gave none."""
    if not isinstance(error, SlackApiError):
        return ""
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def details(error: BaseException) -> str:
    """Return all that Slack said of an error, for the log and to look for known words in it."""
    data = getattr(getattr(error, "response", None), "data", None)
    if not isinstance(data, dict):
        return str(error)
    said = [*(data.get("errors") or ()), *(data.get("response_metadata") or {}).get("messages", ())]
    return "; ".join(dict.fromkeys(map(str, [data.get("error", ""), *said])))


def pause_asked(error: BaseException) -> float | None:
    """Return for how many seconds Slack wants no such call, none where it said nothing of it."""
    response = getattr(error, "response", None)
    if getattr(response, "status_code", None) != _RATE_LIMITED:
        return None
    headers = getattr(response, "headers", None) or {}
    try:
        return max(0.0, float(headers.get("Retry-After", 1)))
    except ValueError:
        return 1.0


def is_passing(error: BaseException) -> bool:
    """Whether the same call may go well a little later."""
    if (status := _status(error)) is not None and 400 <= status < 500:
        return status in _LATER
    why = reason(error)
    return not why or why in _PASSING


def _status(error: BaseException) -> int | None:
    """Return the status of HTTP that an answer came with, none where none came."""
    if isinstance(error, Refused):
        return error.status
    response = getattr(error, "response", None)
    # The library has two kinds of answers.
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    return status if isinstance(status, int) else None


def may_have_arrived(error: BaseException) -> bool:
    """Whether a call may have been carried out although no answer came."""
    return is_passing(error) and pause_asked(error) is None


def is_unready_file(error: BaseException) -> bool:
    """Whether a picture of a message or a view is not processed yet, or gone.

    An address for answers says less of why it refuses a message.
    """
    if isinstance(error, Refused):
        return error.status == _MALFORMED and any(why in str(error) for why in UNREADY)
    return reason(error) in UNREADY and "slack file" in details(error).lower()
