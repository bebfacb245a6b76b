"""Slack's end of the network, and the store, in memory: for tests whose clock jumps over waits."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from multidict import CIMultiDict

from bot.adapters.slack.web import Web
from bot.config_sections import SlackSection
from storage.records import JobRecord, Post, Promise

API = "https://slack.com/api/"
HOOK = "https://hooks.slack.com/commands/T1/1/leave"
DIRECT = "D900"
"""The direct messages with anybody."""


@dataclass(frozen=True)
class Request:
    """What the bot asked of Slack: ``at`` is the loop's time."""

    what: str
    at: float
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """An answer that Slack gives in place of the right one."""

    status: int = 200
    body: Any = None
    pause: float | None = None


def refused(why: str, *messages: str) -> Refusal:
    """Return how Slack says no, and why."""
    words = {"response_metadata": {"messages": list(messages)}} if messages else {}
    return Refusal(body={"ok": False, "error": why, **words})


def too_many(pause: float) -> Refusal:
    """Return how Slack says that it wants no such call for so many seconds."""
    return Refusal(429, {"ok": False, "error": "ratelimited"}, pause)


def broken(status: int = 500) -> Refusal:
    """Return how Slack says that something is wrong with itself."""
    return Refusal(status, "Internal Server Error")


UNREADY = refused("invalid_blocks", "[ERROR] invalid slack file [json-pointer:/blocks/1]")


class Network:
    """What aiohttp's session is to the bot: every request is noted, and answered or refused."""

    closed = False

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.next: defaultdict[str, list[Refusal | Exception]] = defaultdict(list)
        """The next answers to requests of a kind, if they are not to be taken."""
        self.always: dict[str, Refusal | Exception] = {}
        self.late: defaultdict[str, float] = defaultdict(float)
        """Seconds that requests of a kind take."""
        self.messages: list[dict[str, Any]] = []
        """What can be read back."""

    @property
    def what(self) -> list[str]:
        """The kinds of all requests, in order."""
        return [request.what for request in self.requests]

    def of(self, what: str) -> list[dict[str, Any]]:
        """Return what was asked with requests of a kind."""
        return [request.arguments for request in self.requests if request.what == what]

    def note(self, what: str, arguments: dict[str, Any]) -> None:
        """Remember that something was asked, or done, now."""
        now = asyncio.get_running_loop().time()
        self.requests.append(Request(what, now, arguments))

    def request(self, _verb: str, url: str, **given: Any) -> Exchange:
        """Ask something, as aiohttp's sessions do."""
        if url.startswith(API):
            return Exchange(self, url.removeprefix(API), _arguments(given))
        return Exchange(self, "respond", {"url": url} | json.loads(given["data"]))

    def post(self, url: str, *, data: Any, **_options: Any) -> Exchange:
        """Send a file, as aiohttp's sessions do."""
        return Exchange(self, "upload", {"url": url, "data": data.read()})

    async def close(self) -> None:
        """Have nothing to close."""

    def answer(self, what: str, arguments: Mapping[str, Any]) -> Any:
        """Return what Slack says where it refuses nothing."""
        number = len(self.requests)
        channel = str(arguments.get("channel", ""))
        bodies: dict[str, Any] = {
            "chat.postMessage": {
                "channel": DIRECT if channel.startswith("U") else channel,
                "ts": f"{1000 + number}.0",
            },
            "conversations.open": {"channel": {"id": DIRECT}},
            "conversations.history": {"messages": self.messages},
            "conversations.replies": {"messages": self.messages},
            "files.getUploadURLExternal": {
                "upload_url": f"https://files.slack.com/upload/v1/F{number}",
                "file_id": f"F{number}",
            },
        }
        return "ok" if what in ("respond", "upload") else {"ok": True} | bodies.get(what, {})


@dataclass
class Exchange:
    """One request and its answer; it is asked when it is entered."""

    network: Network
    what: str
    arguments: dict[str, Any]
    status: int = 200
    body: Any = None
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict)

    async def __aenter__(self) -> Self:
        network = self.network
        network.note(self.what, self.arguments)
        if seconds := network.late[self.what]:
            await asyncio.sleep(seconds)
        waiting = network.next[self.what]
        refusal = waiting.pop(0) if waiting else network.always.get(self.what)
        if isinstance(refusal, Exception):
            raise refusal
        self.body = network.answer(self.what, self.arguments)
        if refusal is not None:
            self.status, self.body = refusal.status, refusal.body
            if refusal.pause is not None:
                self.headers["Retry-After"] = str(refusal.pause)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    @property
    def content_type(self) -> str:
        """What kind of answer it is."""
        return "text/plain" if isinstance(self.body, str) else "application/json"

    async def json(self) -> Any:
        """Return the answer, as the library may change it."""
        return json.loads(json.dumps(self.body))

    async def text(self) -> str:
        """Return the answer as text."""
        return self.body if isinstance(self.body, str) else json.dumps(self.body)


def _arguments(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a method was called with, whichever way it was sent."""
    sent = given.get("json") or given.get("params") or given.get("data") or {}
    return {name: _read(value) for name, value in sent.items()}


def _read(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) and value.startswith(("[", "{")) else value


async def web_on(network: Network) -> Web:
    """Return the client of a workspace whose network this is."""
    web = Web(SlackSection(), "xoxb-1")
    await web.session.close()
    there: Any = network
    web.session = web.client.session = there
    return web


@dataclass
class Posts:
    """What the store knows of messages and files."""

    known: list[Post] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)
    fault: Exception | None = None

    async def add(self, post: Post) -> bool:
        """Note one, of a job that is there unless it is among those that are gone."""
        self._fail()
        self.known.append(post)
        return post.job not in self.gone

    async def of_job(self, job: str) -> tuple[Post, ...]:
        """Return those of a job."""
        return tuple(post for post in self.known if post.job == job)

    async def find(self, platform: str, channel: str, message: str) -> Post | None:
        """Return the one that a message is."""
        key = (platform, channel, message)
        found = [each for each in self.known if _key(each) == key and each.kind != "file"]
        return found[-1] if found else None

    async def files(self, platform: str, pictures: Collection[str]) -> dict[str, str]:
        """Return the files of pictures."""
        return {
            post.channel: post.message
            for post in self.known
            if (post.platform, post.kind) == (platform, "file") and post.channel in pictures
        }

    async def remove(self, platform: str, channel: str, message: str) -> None:
        """Forget one."""
        self._fail()
        self.known = [each for each in self.known if _key(each) != (platform, channel, message)]

    def _fail(self) -> None:
        if self.fault:
            raise self.fault


def _key(post: Post) -> tuple[str, str, str]:
    return post.platform, post.channel, post.message


@dataclass
class Promises:
    """What the store knows of answers that are owed; ``heard`` is what it was told, in order."""

    network: Network
    owed: dict[str, Promise] = field(default_factory=dict)
    fault: Exception | None = None

    async def add(self, promise: Promise) -> None:
        """Note one; the network's list shows when. It takes a moment, as a disk does."""
        self.network.note("promise", {"id": promise.ticket.id})
        for _ in range(3):
            await asyncio.sleep(0)
        if self.fault:
            raise self.fault
        self.owed[promise.ticket.id] = promise

    async def kept(self, _platform: str, ticket: str) -> None:
        """Forget one."""
        self.network.note("keep", {"id": ticket})
        self.owed.pop(ticket, None)

    async def broken(self, _platform: str) -> tuple[Promise, ...]:
        """Return those that there are."""
        return tuple(self.owed.values())


@dataclass
class Jobs:
    """The jobs that the store knows."""

    known: dict[str, JobRecord] = field(default_factory=dict)

    async def get(self, job: str) -> JobRecord | None:
        """Return one."""
        return self.known.get(job)


class People:
    """Everybody is called Ada."""

    async def name(self, actor: str) -> str:
        """Return what somebody is called."""
        return "Ada"


@dataclass
class Kept:
    """A store."""

    network: Network
    posts: Posts = field(default_factory=Posts)
    jobs: Jobs = field(default_factory=Jobs)
    actors: People = field(default_factory=People)

    def __post_init__(self) -> None:
        self.promises = Promises(self.network)
