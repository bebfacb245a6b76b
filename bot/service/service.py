"""The service: one door for every surface, where each command is answered and each click."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final, TypeVar

from bot import texts
from bot.errors import BlockedWord, NotAdmin, NotAllowed, NotYours, TooOften
from bot.invocation import Click, Invocation
from bot.reading import Options, read_options
from bot.reply import Reply
from bot.service.access import refuse_strangers
from bot.service.answers import (
    browsing,
    comparing,
    forgetting,
    helping,
    looking,
    making,
    own_styles,
    personal,
    using,
    varying,
)
from bot.service.answers.clicks import answer_click, is_counted
from bot.service.answers.home import Part, home
from bot.service.answers.upscaling import upscale
from bot.service.desk import Desk, Request
from bot.service.recipes.inputs import kept_unless_refused
from bot.values import is_id
from generation.errors import TooManyJobs, UnknownName, UserError
from generation.nearest import nearest
from storage.records import AuditEntry, utc_now

log = logging.getLogger(__name__)

Asked = TypeVar("Asked", Invocation, Click)
Answered = TypeVar("Answered")
Answer = Callable[[Request], Awaitable[Reply]]

ANSWERS: Final[Mapping[str, Answer]] = {
    "imagine": making.imagine,
    "reroll": making.reroll,
    "vary": varying.vary,
    "compare": comparing.compare,
    "upscale": upscale,
    "verify": making.verify,
    "cancel": making.cancel,
    "history": browsing.history,
    "show": looking.show,
    "queue": looking.queue,
    "loras": looking.loras,
    "models": looking.models,
    "styles": own_styles.styles,
    "help": helping.help_,
    "favorites": personal.favorites,
    "settings": personal.settings,
    "forget": forgetting.forget,
}
"""What answers each command of ``bot.commands``."""

STOPS: Final = ("cancel", "forget")
"""Commands that make less work: nobody is refused one for haste."""


RULES: Final[Mapping[type[UserError], str]] = {
    BlockedWord: "a blocked word",
    TooOften: "too many {what}",
    NotAllowed: "no access by {reason}",
    NotAdmin: "only for admins",
    NotYours: "somebody else's job",
    TooManyJobs: "too many unfinished jobs",
}
"""What the audit trail calls the rules of the owner, by their refusals; no word of a prompt."""


class Service:
    """Answers what people ask. Never raises but for cancellation: an error is a reply, too."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._lists = desk.config.access.lists()

    async def answer(self, invocation: Invocation) -> Reply:
        """Answer a command. A job that the reply names is stored."""
        return await self._guarded(self._answer, invocation, _itself)

    async def click(self, click: Click) -> Reply:
        """Answer a press of a button, or a form that was sent."""
        return await self._guarded(self._click, click, _itself)

    async def keep_picture(self, invocation: Invocation) -> Reply:
        """Keep the picture that came as the option ``file``, and say how to start from it."""
        return await self._guarded(self._keep_picture, invocation, _itself)

    async def home(self, invocation: Invocation) -> tuple[Part, ...]:
        """Put the asker's home together; a refusal is its only part, without a title."""
        return await self._guarded(self._home, invocation, _alone)

    async def _answer(self, invocation: Invocation) -> Reply:
        self.let_in(invocation)
        if invocation.command not in STOPS:
            self._count(invocation)
        command = self.desk.commands.get(invocation.command)
        if command is None:
            name = invocation.command
            raise UnknownName("command", name[:60], nearest(name, self.desk.commands))
        options = read_options(command, invocation.options)
        await self.desk.store.actors.seen(invocation.actor, invocation.display_name)
        async with kept_unless_refused(self.desk):
            return await ANSWERS[command.name](self.request(invocation, options))

    async def _keep_picture(self, invocation: Invocation) -> Reply:
        self.let_in(invocation)
        self._count(invocation)
        options = read_options(self.desk.commands["show"], invocation.options)
        return await using.keep_picture(self.request(invocation, options))

    async def _home(self, invocation: Invocation) -> tuple[Part, ...]:
        self.let_in(invocation)
        return await home(self.request(invocation, Options()))

    async def _click(self, click: Click) -> Reply:
        await self._let_press(click)
        if is_counted(click):
            self._count(click)
        async with kept_unless_refused(self.desk):
            return await answer_click(self, click)

    async def _let_press(self, click: Click) -> None:
        """Raise ``NotAllowed`` as ``let_in`` does, but for one's own job that lives on in private.

        What was asked for in a channel may be answered in direct messages.
        """
        try:
            self.let_in(click)
        except NotAllowed:
            if not click.where.direct or not is_id(click.target):
                raise
            job = await self.desk.store.jobs.get(click.target)
            if job is None or job.actor != click.actor:
                raise
            channels = (*click.where.channels, job.reply_to.channel)
            self.let_in(replace(click, where=replace(click.where, channels=channels)))

    def _count(self, asked: Invocation | Click) -> None:
        """Raise ``TooOften`` where somebody who is no admin asks for more than may be."""
        if not self.is_admin(asked):
            self.desk.rates.command(asked.actor)

    def is_admin(self, asked: Invocation | Click) -> bool:
        """Whether somebody may do everything: by the owner's list, or by the surface's word."""
        return asked.admin or asked.actor in self.desk.config.access.admins

    def let_in(self, asked: Invocation | Click) -> None:
        """Raise ``NotAllowed`` where the owner's lists leave somebody out; admins never are."""
        lists = self._lists.get(asked.reply_to.platform)
        if lists is not None and not self.is_admin(asked):
            refuse_strangers(lists, asked.where)

    def request(self, invocation: Invocation, options: Options) -> Request:
        """Put together what a command's answer needs."""
        return Request(self.desk, invocation, options, self.is_admin(invocation))

    async def _guarded(
        self,
        answer: Callable[[Asked], Awaitable[Answered]],
        asked: Asked,
        instead: Callable[[Reply], Answered],
    ) -> Answered:
        try:
            return await answer(asked)
        except UserError as error:
            self._note_refusal(asked, error)
            return instead(refusal(error))
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("fault %s in answer to %s of %s", reference, _name(asked), asked.actor)
            return instead(fault(reference))

    def _note_refusal(self, asked: Invocation | Click, error: UserError) -> None:
        """Note in the audit trail that a rule of the owner refused something."""
        rule = RULES.get(type(error))
        if rule is not None:
            detail = rule.format(**error.values())
            subject = asked.target if isinstance(asked, Click) and is_id(asked.target) else ""
            self.desk.store.audit.note(
                AuditEntry(
                    moment=utc_now(),
                    actor=asked.actor,
                    action="refused",
                    subject=subject,
                    place=asked.reply_to.place,
                    detail=detail,
                )
            )


def _itself(reply: Reply) -> Reply:
    return reply


def _alone(reply: Reply) -> tuple[Part, ...]:
    return (Part("", reply),)


def _name(asked: Invocation | Click) -> str:
    """Return what was asked for, without the words of it: those may be private."""
    return f"the button {asked.action}" if isinstance(asked, Click) else f"/{asked.command}"


def fault(reference: str) -> Reply:
    """Make a fault that nobody foresaw a private reply; the log has it by its reference."""
    sentence = texts.fault(reference)
    return Reply(lines=(sentence,), private=True, exit_code=1, problem=sentence)


def refusal(error: UserError) -> Reply:
    """Make an error a private reply."""
    sentence = texts.words_of(error)
    return Reply(
        lines=(sentence,),
        private=True,
        exit_code=error.exit_code,
        problem=sentence,
        option=_option(error),
    )


def _option(error: UserError) -> str:
    """Return the option that an error is about, by its name or as people type it."""
    values = error.values()
    return str(values.get("field") or values.get("kind") or "")
