"""Reroll in Slack, from the sign-in to the end."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Final

from bot.adapters.calm import Calm
from bot.adapters.protocol import State
from bot.adapters.slack.answering import Answering
from bot.adapters.slack.asking import Asking
from bot.adapters.slack.connecting import Connection, connection
from bot.adapters.slack.fetching import Fetcher
from bot.adapters.slack.homes import Homes
from bot.adapters.slack.listening import listen, make_app
from bot.adapters.slack.messages import Messages
from bot.adapters.slack.once import Once
from bot.adapters.slack.payloads import PLATFORM
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.promising import Promising
from bot.adapters.slack.responding import Belated, Responder, Taken
from bot.adapters.slack.showing import Showing
from bot.adapters.slack.starting import BOT_TOKEN, SIGNING_SECRET, Account, sign_in
from bot.adapters.slack.uploading import Uploads
from bot.adapters.slack.web import Web
from bot.config import Config
from bot.service.running.meter import UNMETERED, Meter
from bot.service.service import Service
from storage.records import Promise

ONE: Final = 1
"""A token is of one workspace."""


class SlackAdapter:
    """Reroll's presence in a workspace. Made inside a running event loop.

    ``tokens`` are by the variables that they come from.
    """

    name = PLATFORM

    def __init__(self, config: Config, tokens: Mapping[str, str], meter: Meter = UNMETERED) -> None:
        self._config = config
        self._tokens = tokens
        self._calm = Calm(partial(meter.acknowledged, PLATFORM))
        self.surface = Messages(self._calm)
        self._web = Web(config.settings.slack, tokens[BOT_TOKEN])
        self._account: Account | None = None
        self._connection: Connection | None = None
        self._responder: Responder | None = None

    @property
    def state(self) -> State:
        """How the connection is."""
        if self._connection is None:
            return "connecting"
        return "connected" if self._connection.connected else "disconnected"

    @property
    def account(self) -> str:
        """The bot's name and its workspace."""
        return str(self._account or "")

    @property
    def places(self) -> int:
        """How many workspaces it is in."""
        return ONE if self._account else 0

    async def start(self, service: Service) -> None:
        """Sign in and listen. Raises ``UserError`` where that cannot be."""
        section = self._config.settings.slack
        account = self._account = await sign_in(self._web.client, section)
        store = service.desk.store
        uploads = Uploads(self._web, store.posts)
        poster = Poster(self._web, account.name)
        self.surface.begin(poster, uploads, store)
        showing = Showing(self._web, poster, uploads, store.posts)
        promising = Promising(store.promises, poster)
        responder = self._responder = Responder(self.surface, showing, promising, self._calm)
        homes = Homes(service, self._web, uploads)
        fetcher = Fetcher(self._config, self._web, store, account.user_id)

        def asking(answering: Answering) -> Asking:
            return Asking(service, answering, poster, fetcher, homes, account.user_id)

        app = make_app(account, self._tokens[SIGNING_SECRET] if section.mode == "http" else "")
        once = Once()
        listen(app, asking(responder), once)
        # Before anything new is promised; to answer it holds nobody up.
        owed = await promising.broken()
        self._connection = connection(app, self._web.client, section, self._tokens)
        await self._connection.start()
        belated = asking(Belated(responder))

        async def again(promise: Promise) -> Taken:
            # Slack itself may have sent the same once more.
            taken: Taken = "elsewhere"

            async def handle() -> None:
                nonlocal taken
                taken = "here" if await belated.again(promise) else "unread"

            await once.answer(promise.ticket.id, handle)
            return taken

        responder.keep_promises(owed, again)

    async def ended(self) -> None:
        """Wait until Slack ends the connection for good, and raise why."""
        if self._connection is not None:
            await self._connection.wait_ended()

    async def stop_listening(self) -> None:
        """Take no more commands; messages can still be sent and updated."""
        if self._connection is not None:
            await self._connection.stop()
        if self._responder is not None:
            await self._responder.settle()

    async def close(self) -> None:
        """Let go of the connection."""
        await self.stop_listening()
        await self._web.close()
