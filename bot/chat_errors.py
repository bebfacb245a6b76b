"""Errors of the chat services, for owners and for people who wait for a result, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from generation.errors import UserError


@dataclass(eq=False)
class NoTokens(UserError):
    """``reroll run`` without the token of any chat service."""

    exit_code: ClassVar[int] = 2
    variables: tuple[str, ...]


@dataclass(eq=False)
class TokenRefused(UserError):
    """A chat service does not take the token of that variable."""

    exit_code: ClassVar[int] = 2
    service: str
    variable: str


@dataclass(eq=False)
class TokenMissing(UserError):
    """A chat service needs the secret of that variable beside the one that is set."""

    exit_code: ClassVar[int] = 2
    service: str
    variable: str


@dataclass(eq=False)
class WrongToken(UserError):
    """A variable holds another kind of token; ``belongs`` is the variable for it, if there is one.

    ``begins`` is how the right one begins.
    """

    exit_code: ClassVar[int] = 2
    service: str
    variable: str
    begins: str
    belongs: str = ""


@dataclass(eq=False)
class ScopesMissing(UserError):
    """The token of that variable does not give the bot every right that it needs."""

    exit_code: ClassVar[int] = 2
    service: str
    variable: str
    scopes: tuple[str, ...]


@dataclass(eq=False)
class SocketModeOff(UserError):
    """The app is set up to be called, and the bot to call."""

    exit_code: ClassVar[int] = 2
    service: str


@dataclass(eq=False)
class CannotListen(UserError):
    """The address that the configuration's ``key`` names cannot be listened on."""

    exit_code: ClassVar[int] = 2
    address: str
    key: str
    detail: str = ""


@dataclass(eq=False)
class IntentsRefused(UserError):
    """A chat service does not let the bot listen to what it asked for."""

    exit_code: ClassVar[int] = 2
    service: str


@dataclass(eq=False)
class NotInstalled(UserError):
    """The bot is not in a place of the configuration, or may not bring commands there."""

    exit_code: ClassVar[int] = 2
    service: str
    place: str
    invite: str


@dataclass(eq=False)
class NoSuchApi(UserError):
    """What answers at that address is not the service; ``key`` of the configuration names it."""

    exit_code: ClassVar[int] = 2
    service: str
    url: str
    key: str


@dataclass(eq=False)
class Unreachable(UserError):
    """There is no way over the network to a chat service."""

    service: str
    url: str
    detail: str = ""


@dataclass(eq=False)
class ServiceDown(UserError):
    """A chat service answers with errors of its own; ``status`` is that of HTTP."""

    service: str
    status: int
    detail: str = ""


@dataclass(eq=False)
class ServiceRefuses(UserError):
    """A chat service refuses this bot or this machine, for now or for good."""

    service: str
    status: int
    detail: str = ""


@dataclass(eq=False)
class NotDelivered(UserError):
    """A chat service did not take a job's result; ``reason`` is a key of the texts.

    It is one of ``closed`` (every way to the asker), ``refused`` (the message) and ``down`` (for
    hours).
    """

    service: str
    reason: str
