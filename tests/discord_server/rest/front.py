"""The way of a request: faults, limits, route, token, body, rules, operation, answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from tests.discord_server.faults import Fault
from tests.discord_server.form_errors import ApiError, invalid_form
from tests.discord_server.message_payloads import BINARY
from tests.discord_server.message_store import MessageStore
from tests.discord_server.records import Interaction, RequestRecord, Sent, Violation
from tests.discord_server.rest import OPERATIONS
from tests.discord_server.rest.answers import (
    Headers,
    faulty_answer,
    json_answer,
    rate_headers,
    too_many_requests,
)
from tests.discord_server.rest.bodies import read_body
from tests.discord_server.rest.calls import Answer, Call
from tests.discord_server.routes import Route, Routes

BAD_REQUEST, TOO_LARGE = 400, 413


class RestFront(MessageStore):
    """Answers the requests of the bot."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        own = [operation.route for operation in OPERATIONS]
        self._routes = Routes(self.spec.routes() if self.spec else own)
        self._operations = {op.route.operation: op.perform for op in OPERATIONS}

    async def serve_file(self, request: web.Request) -> web.Response:
        """A file of a message or of a command."""
        if self.files_gate is not None:
            await self.files_gate.wait()
        file = self.files.get(request.match_info["id"])
        if file is None:
            return web.Response(status=404)
        kind = (file.content_type or BINARY).split(";")[0]
        return web.Response(body=file.data, content_type=kind)

    async def serve_rest(self, request: web.Request) -> web.StreamResponse:
        """Any request to the API."""
        path = "/" + unquote(request.match_info["tail"]).strip("/")
        record = RequestRecord(time.monotonic(), request.method, path)
        self.requests.append(record)
        headers = rate_headers(request.method, path)
        fault = self._take_fault(record)
        if fault is None:
            return await self._admit(request, record, headers)
        if not fault.handled:
            await asyncio.sleep(fault.delay)
            failure = await self._fail(fault, record, request, headers)
            return await self._admit(request, record, headers) if failure is None else failure
        answer = await self._admit(request, record, headers)
        await asyncio.sleep(fault.delay)
        failure = await self._fail(fault, record, request, headers)
        return answer if failure is None else failure

    async def _admit(
        self, request: web.Request, record: RequestRecord, headers: Headers
    ) -> web.Response:
        wait = self._limit(record, headers)
        if wait is not None:
            await request.read()
            record.status = 429
            return too_many_requests(wait, headers)
        status, body = await self._answer(request, record)
        return json_answer(status, body, headers)

    def _take_fault(self, record: RequestRecord) -> Fault | None:
        for fault in self._faults:
            if fault.takes(record.method, record.path):
                interaction = self._interaction_of(record.path.split("/"))
                self._note(record, fault.outcome, interaction)
                return fault
        return None

    async def _fail(
        self, fault: Fault, record: RequestRecord, request: web.Request, headers: Headers
    ) -> web.Response | None:
        """What comes instead of the right answer, if anything."""
        if fault.drop:
            record.status = "drop"
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.status is None:
            return None
        await request.read()
        record.status = fault.status
        return faulty_answer(fault, fault.status, headers)

    def _limit(self, record: RequestRecord, headers: Headers) -> float | None:
        """Seconds to wait, if a limit is reached; otherwise the headers tell what is left."""
        for limit in self._limits:
            if limit.concerns(record.method, record.path):
                wait = limit.wait(record.method, record.path, record.t)
                if wait is not None:
                    return wait
                headers.update(limit.headers(record.method, record.path, record.t))
        return None

    async def _answer(self, request: web.Request, record: RequestRecord) -> Answer:
        params: Mapping[str, str] = {}
        try:
            route, params = self._find(record)
            status, body = await self._perform(request, record, route, params)
        except ApiError as error:
            status, body = error.status, error.body
            self._note_refusal(record, params, error)
        record.status, record.ms = status, (time.monotonic() - record.t) * 1000
        self._note(record, status, self._interaction_of(params.values()))
        self.changes.tell()
        return status, body

    def _find(self, record: RequestRecord) -> tuple[Route, Mapping[str, str]]:
        try:
            route, params = self._routes.find(record.method, record.path)
        except ApiError:
            self.unknown_requests.append((record.method, record.path))
            raise
        record.op = route.operation
        return route, params

    async def _perform(
        self,
        request: web.Request,
        record: RequestRecord,
        route: Route,
        params: Mapping[str, str],
    ) -> Answer:
        if not route.is_open and request.headers.get("Authorization") != f"Bot {self.token}":
            raise ApiError(401, 0, "401: Unauthorized")
        body, uploads = await read_body(
            request,
            route,
            request_limit=self.request_limit,
            attachment_limit=self.attachment_limit,
        )
        record.body = body
        if self.spec and body is not None and (flaws := self.spec.request_flaws(route, body)):
            raise invalid_form(flaws)
        perform = self._operations.get(route.operation)
        if perform is None:
            self.unknown_requests.append((record.method, record.path))
            raise ApiError(501, 0, f"the server lacks {route.operation}")
        status, answer = perform(self, Call(params, request.query, body, uploads))
        self._check_answer(route, status, answer)
        return status, answer

    def _check_answer(self, route: Route, status: int, answer: Any) -> None:
        if self.spec is None or answer is None:
            return
        if errors := self.spec.answer_errors(route, status, answer):
            self.self_violations.append((route.operation, errors[:4]))

    def _note_refusal(
        self, record: RequestRecord, params: Mapping[str, str], error: ApiError
    ) -> None:
        if error.status in (BAD_REQUEST, TOO_LARGE):
            self.violations.append(Violation(record.op, error.body, record.body))
        interaction = self._interaction_of(params.values())
        if interaction is None or record.op != "create_interaction_response":
            return
        if interaction.ack_type is None:
            interaction.ack_error = (error.status, error.body["code"])
            interaction.ack_latency = time.monotonic() - interaction.created

    def _interaction_of(self, parts: Any) -> Interaction | None:
        return next((self.by_token[part] for part in parts if part in self.by_token), None)

    def _note(
        self, record: RequestRecord, status: int | str, interaction: Interaction | None
    ) -> None:
        if interaction is not None:
            name = record.path.split("/")[-1]
            since = record.t - interaction.created
            interaction.requests.append(Sent(since, record.method, name, status))
