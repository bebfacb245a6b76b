"""The way of a call: token, limits, scopes, method, answer."""

from __future__ import annotations

from aiohttp import web

from tests.slack_server.errors import SlackError
from tests.slack_server.records import CallRecord, Payload
from tests.slack_server.scopes import BY_METHOD, BY_PLACE, CONNECTING, place_scope
from tests.slack_server.web import METHODS
from tests.slack_server.web.calls import read_args
from tests.slack_server.web.failing import TOO_MANY, Failing, Headers, refusal

CONNECT = "apps.connections.open"


class WebFront(Failing):
    """Answers the calls of the bot."""

    async def serve_api(self, request: web.Request) -> web.Response:
        """A call of a method."""
        return await self.handle(request, request.match_info["method"], self._answer)

    def scope_headers(self, method: str) -> Headers:
        """What an answer says of the scopes that there are."""
        if self.scopes is None:
            return {}
        granted = self.app_scopes if method == CONNECT else self.scopes
        return {"x-oauth-scopes": ",".join(sorted(granted))}

    async def _answer(self, request: web.Request, record: CallRecord) -> web.Response:
        args: Payload = {}
        try:
            args = await read_args(request)
            record.args = args
            self._check_token(request, record.method, args)
            wait = self._limit(record.method, args, record.t)
            if wait is not None:
                record.out = TOO_MANY
                return refusal(TOO_MANY, max(1, round(wait)))
            record.out = self._perform(record.method, args)
        except SlackError as error:
            record.out = error.answer
            if error.is_blamed:
                self.blame(record.method, error.answer, args)
        return web.json_response(record.out, headers=self.scope_headers(record.method))

    def _perform(self, method: str, args: Payload) -> Payload:
        perform = METHODS.get(method)
        if perform is None:
            self.unknown_calls.append(method)
            raise SlackError("unknown_method")
        self._check_scope(method, args)
        answer = {"ok": True, **perform(self, args)}
        if self.spec and (errors := self.spec.answer_errors(method, answer)):
            self.self_violations.append((method, errors[:4]))
        return answer

    def _check_token(self, request: web.Request, method: str, args: Payload) -> None:
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ") or args.get("token")
        wanted = self.app_token if method == CONNECT else self.bot_token
        if not token:
            raise SlackError("not_authed")
        if token != wanted:
            is_other = token in (self.app_token, self.bot_token)
            raise SlackError("not_allowed_token_type" if is_other else "invalid_auth")

    def _check_scope(self, method: str, args: Payload) -> None:
        if method == CONNECT:
            needed, granted = CONNECTING, self.app_scopes
        elif self.scopes is None:
            return
        else:
            needed, granted = BY_METHOD.get(method, ""), self.scopes
            if method in BY_PLACE:
                needed = place_scope(BY_PLACE[method], self.place(args.get("channel")))
        if needed and needed not in granted:
            provided = ",".join(sorted(granted))
            raise SlackError("missing_scope", needed=needed, provided=provided)

    def _limit(self, method: str, args: Payload, now: float) -> float | None:
        for limit in self._limits:
            if limit.method == method and (wait := limit.wait(args, now)) is not None:
                return wait
        return None
