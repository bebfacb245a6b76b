"""Going wrong on demand."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from aiohttp import web

from tests.slack_server.delivering import Delivering
from tests.slack_server.faults import Fault
from tests.slack_server.records import CallRecord

Headers = dict[str, str]
Handle = Callable[[web.Request, CallRecord], Awaitable[web.Response]]

TOO_MANY = 429


class Failing(Delivering):
    """Lets faults have their way with requests."""

    async def handle(self, request: web.Request, method: str, handle: Handle) -> web.Response:
        """Answer a request, rightly or as its faults have it, and remember it."""
        record = CallRecord(time.monotonic(), method)
        self.calls.append(record)
        await request.read()  # what is cut or refused has arrived all the same
        faults = [fault for fault in self._faults if fault.takes(method)]
        response = None
        for fault in faults:
            await asyncio.sleep(fault.delay)
            response = response or self._fail(fault, record, request)
        if response is None:
            response = await handle(request, record)
        record.ms = (time.monotonic() - record.t) * 1000
        self.changes.tell()
        return cut(request) if any(fault.lost_answer for fault in faults) else response

    def scope_headers(self, method: str) -> Headers:
        """What an answer says of the scopes that there are."""
        return {}

    def _fail(self, fault: Fault, record: CallRecord, request: web.Request) -> web.Response | None:
        """What comes instead of the right answer, if anything."""
        if fault.drop:
            record.out = "drop"
            return cut(request)
        if fault.status is not None:
            record.out = fault.status
            return refusal(fault.status, fault.retry_after)
        if fault.error is not None:
            record.out = {"ok": False, "error": fault.error}
            return web.json_response(record.out, headers=self.scope_headers(record.method))
        return None


def refusal(status: int, retry_after: int) -> web.Response:
    """An answer that says no by its status."""
    if status != TOO_MANY:
        return web.Response(status=status, text="Internal Server Error")
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=status, headers={"Retry-After": str(retry_after)})


def cut(request: web.Request) -> web.Response:
    """Cut the connection instead of an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
