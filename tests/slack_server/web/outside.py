"""What stands beside the Web API: the bytes of files, and addresses for answers."""

from __future__ import annotations

from aiohttp import web

from tests.slack_server.payloads import content_kind
from tests.slack_server.records import CallRecord
from tests.slack_server.web.failing import Failing

LOGIN_PAGE = "<!DOCTYPE html><html>Sign in</html>"
READING = "files:read"


class Outside(Failing):
    """Takes and gives bytes, and takes answers."""

    async def serve_upload(self, request: web.Request) -> web.Response:
        """The bytes of a file that was announced."""
        return await self.handle(request, "upload", self._upload)

    async def serve_file(self, request: web.Request) -> web.Response:
        """The bytes of a file, for whoever may read it; others see a page to sign in."""
        return await self.handle(request, "download", self._download)

    async def serve_response_url(self, request: web.Request) -> web.Response:
        """An answer to something that a person did."""
        return await self.handle(request, "response_url", self._respond)

    async def _upload(self, request: web.Request, record: CallRecord) -> web.Response:
        data = await _uploaded(request)
        file_id = request.match_info["id"]
        record.args = {"id": file_id, "bytes": len(data)}
        file = self.files.get(file_id)
        if file is None or file.data is not None:
            record.out = 404
            return web.Response(status=404, text="not found")
        if len(data) != file.length:
            record.out = f"length {len(data)} is not the declared {file.length}"
            self.blame("upload", record.out, record.args)
            return web.Response(status=400, text=record.out)
        file.data = data
        record.out = "OK"
        return web.Response(text=f"OK - {len(data)}")

    async def _download(self, request: web.Request, record: CallRecord) -> web.Response:
        record.args = {"id": request.match_info["id"]}
        is_known = request.headers.get("Authorization") == f"Bearer {self.bot_token}"
        if not is_known or (self.scopes is not None and READING not in self.scopes):
            record.out = "login page"
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        file = self.files.get(request.match_info["id"])
        if file is None or file.deleted or file.data is None:
            record.out = 404
            return web.Response(status=404)
        record.out = "OK"
        return web.Response(body=file.data, content_type=content_kind(file))

    async def _respond(self, request: web.Request, record: CallRecord) -> web.Response:
        status, record.out, record.args = self.respond(
            request.match_info["secret"], await request.read()
        )
        if status == 200:
            return web.Response(text="ok")
        return web.json_response(record.out, status=status)


async def _uploaded(request: web.Request) -> bytes:
    if request.content_type != "multipart/form-data":
        return await request.read()
    fields = await request.post()
    parts = [field.file.read() for field in fields.values() if isinstance(field, web.FileField)]
    return b"".join(parts)
