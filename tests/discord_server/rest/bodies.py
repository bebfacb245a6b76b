"""Reading a request's body and files."""

from __future__ import annotations

import json
import re
from typing import Any

from aiohttp import BodyPartReader, web

from tests.discord_server.form_errors import ApiError, Flaw, invalid_form
from tests.discord_server.routes import Route
from tests.discord_server.uploads import Upload, Uploads

MOST_FILES = 10
CHUNK = 1 << 20


async def read_body(
    request: web.Request, route: Route, *, request_limit: int, attachment_limit: int
) -> tuple[Any, Uploads]:
    """The JSON body (``None`` without one) and the files; ``ApiError`` for what is refused."""
    if request.content_length and request.content_length > request_limit:
        # The client has to have sent everything before it reads an answer.
        while await request.content.read(CHUNK):
            pass
        raise _too_large()
    if request.content_type == "multipart/form-data":
        if not route.takes_files:
            raise ApiError(400, 50035, "multipart not accepted here")
        return await _read_parts(request, attachment_limit)
    raw = await request.read()
    if not raw:
        return None, {}
    if "json" not in request.content_type:
        raise _invalid_json()
    return _parse(raw), {}


async def _read_parts(request: web.Request, attachment_limit: int) -> tuple[Any, Uploads]:
    body: Any = {}
    uploads: Uploads = {}
    async for part in await request.multipart():
        assert isinstance(part, BodyPartReader)
        data = bytes(await part.read(decode=True))
        if part.name == "payload_json":
            body = _parse(data)
            continue
        numbered = re.fullmatch(r"files\[(\d+)\]", part.name or "")
        if not numbered or not part.filename:
            flaw = Flaw([part.name or "?"], "BASE_TYPE_UNKNOWN", "unexpected form field")
            raise invalid_form([flaw])
        content_type = part.headers.get("Content-Type")
        uploads[int(numbered[1])] = Upload(part.filename, data, content_type)
    if any(len(upload.data) > attachment_limit for upload in uploads.values()):
        raise _too_large()
    if len(uploads) > MOST_FILES:
        words = f"Must be {MOST_FILES} or fewer in length."
        raise invalid_form([Flaw(["files"], "BASE_TYPE_MAX_LENGTH", words)])
    return body, uploads


def _parse(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise _invalid_json() from None


def _invalid_json() -> ApiError:
    return ApiError(400, 50109, "The request body contains invalid JSON.")


def _too_large() -> ApiError:
    return ApiError(413, 40005, "Request entity too large")
