"""Answers as they go over the wire."""

from __future__ import annotations

import json
import re
import time
import zlib
from typing import Any

from aiohttp import web

from tests.discord_server.faults import Fault

Headers = dict[str, str]

VIA = {"Via": "1.1 google"}


def rate_headers(method: str, path: str) -> Headers:
    """The headers of an answer that no limit concerns."""
    if path.endswith("/callback"):  # the first answer to an interaction has no bucket
        return dict(VIA)
    same = re.sub(r"[0-9]{10,}|/[A-Za-z0-9_-]{40,}", "", path)
    return {
        **VIA,
        "X-RateLimit-Limit": "50",
        "X-RateLimit-Remaining": "49",
        "X-RateLimit-Reset": f"{time.time() + 1:.3f}",
        "X-RateLimit-Reset-After": "1.000",
        "X-RateLimit-Bucket": f"{zlib.crc32((method + same).encode()):08x}",
    }


def json_answer(status: int, body: Any, headers: Headers) -> web.Response:
    """An answer with a JSON body, or with none at all."""
    if body is None:
        return web.Response(status=status, headers=headers)
    # discord.py compares the content type with exactly this: no charset.
    headers = {**headers, "Content-Type": "application/json"}
    return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)


def too_many_requests(wait: float, headers: Headers, *, is_global: bool = False) -> web.Response:
    """A 429 that says how many seconds to wait."""
    headers = {
        **headers,
        "Retry-After": str(int(wait) + 1),
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset-After": f"{wait:.3f}",
        "X-RateLimit-Scope": "global" if is_global else "user",
    }
    if is_global:
        headers["X-RateLimit-Global"] = "true"
    body = {
        "message": "You are being rate limited.",
        "retry_after": round(wait, 3),
        "global": is_global,
    }
    return json_answer(429, body, headers)


def faulty_answer(fault: Fault, status: int, headers: Headers) -> web.Response:
    """What a fault answers."""
    if status != 429:
        body = {"message": f"{status}: Internal Server Error", "code": 0}
        return json_answer(status, fault.body or body, headers)
    if fault.cloudflare:  # a page that bans the address: no Via header, no JSON
        after = {"Retry-After": str(int(fault.retry_after) + 1)}
        return web.Response(status=429, text="error code: 1015", headers=after)
    return too_many_requests(fault.retry_after, headers, is_global=fault.is_global)
