"""Why a chat service cannot be reached."""

from __future__ import annotations

import os

import aiohttp

from bot.chat_errors import Unreachable


def unreachable(service: str, error: BaseException, api_url: str) -> Unreachable:
    """Return the error that says why there is no way to a service at that address."""
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(cause, TimeoutError):
        return Unreachable(service, api_url, "no answer")
    number = cause.errno if isinstance(cause, OSError) and cause.errno else 0
    # The loop's own words for a refused connection repeat the address; a resolver's are negative.
    detail = os.strerror(number) if number > 0 else getattr(cause, "strerror", None)
    return Unreachable(service, api_url, detail or "")
