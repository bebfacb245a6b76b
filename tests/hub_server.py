"""A stand-in for the model hub on the loopback interface, with faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """What the hub holds, and how it misbehaves."""

    url: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    """Sizes that the listing claims, by file name, whatever the bytes say."""
    refusal: tuple[int, str] | None = None
    """Status and ``X-Error-Code`` of every answer."""
    busy: int = 0
    """How many of the next downloads are turned away for now."""
    token: str = ""
    """The only login that is let in, if there is one."""
    breaks: list[int] = field(default_factory=list)
    """After how many bytes the next answers with weights break off, each once."""
    refusal_after_break: tuple[int, str] | None = None
    """The refusal from the next break on."""
    gate: threading.Event | None = None
    """Weights stop in the middle until this is set."""
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Path and ``Range`` of every request."""

    def downloads(self, name: str) -> list[str]:
        """The ranges in which a file was asked for."""
        return [ranged for path, ranged in self.requests if path.endswith(name)]

    def listing(self, repository: str) -> dict[str, Any]:
        files = self.repositories[repository]
        return {
            "id": repository,
            "sha": COMMIT,
            "siblings": [self._sibling(name, data) for name, data in files.items()],
        }

    def _sibling(self, name: str, data: bytes) -> dict[str, Any]:
        size = self.sizes.get(name, len(data))
        sibling: dict[str, Any] = {
            "rfilename": name,
            "size": size,
            "blobId": hashlib.sha1(data, usedforsecurity=False).hexdigest(),
        }
        if name.endswith(".safetensors"):
            sha256 = hashlib.sha256(data).hexdigest()
            sibling["lfs"] = {"size": size, "sha256": sha256, "pointerSize": 134}
        return sibling


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    server = _Server(hub)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hub
    finally:
        if hub.gate:
            hub.gate.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    def __init__(self, hub: Hub) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.hub = hub


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def hub(self) -> Hub:
        assert isinstance(self.server, _Server)
        return self.server.hub

    def log_message(self, *args: object) -> None:
        pass

    def do_GET(self) -> None:
        path = urlsplit(self.path).path
        self.hub.requests.append((path, self.headers.get("Range", "")))
        login = self.headers.get("Authorization", "")
        if self.hub.refusal and login != f"Bearer {self.hub.token}":
            self._refuse(*self.hub.refusal)
        elif path.startswith("/api/models/"):
            self._list(path.removeprefix("/api/models/"))
        elif self.hub.busy and path.endswith(".safetensors"):
            self.hub.busy -= 1
            self._refuse(503, "")
        else:
            self._file(path)

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        if code:
            self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _list(self, repository: str) -> None:
        if repository not in self.hub.repositories:
            self._refuse(404, "RepoNotFound")
            return
        self._answer(200, json.dumps(self.hub.listing(repository)).encode(), "application/json")

    def _file(self, path: str) -> None:
        repository, _, rest = path.lstrip("/").partition("/resolve/")
        if repository not in self.hub.repositories:
            self._refuse(404, "RepoNotFound")
            return
        name = rest.partition("/")[2]
        data = self.hub.repositories[repository][name]
        start = int(self.headers.get("Range", "bytes=0-").removeprefix("bytes=").split("-")[0])
        self._answer(206 if start else 200, data[start:], "binary/octet-stream", name)

    def _answer(self, status: int, data: bytes, kind: str, name: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if name.endswith(".safetensors"):
            self._send_weights(data)
        else:
            self.wfile.write(data)

    def _send_weights(self, data: bytes) -> None:
        if self.hub.breaks:
            self.wfile.write(data[: self.hub.breaks.pop(0)])
            self.close_connection = True
            self.hub.refusal = self.hub.refusal_after_break
            return
        half = len(data) // 2
        self.wfile.write(data[:half])
        self.wfile.flush()
        if self.hub.gate:
            self.hub.gate.wait()
        self.wfile.write(data[half:])
