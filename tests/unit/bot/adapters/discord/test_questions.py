from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.adapters.discord.fetching import KeptFile
from bot.adapters.discord.questions import Question, question_of, read_question
from bot.invocation import Where
from storage.records import Promise
from tests.discord_interactions import interaction

URL = "https://cdn.discordapp.com/attachments/1/2/x.png"


def asked(**more: Any) -> Question:
    return replace(question_of(interaction(), "command", "imagine"), **more)


def again(question: Question, **request: Any) -> Question | None:
    """Read a question in another process."""
    ticket = question.reply_to.ticket
    assert ticket is not None
    kept = json.loads(json.dumps(question.request() | request))
    promise = Promise("discord", question.reply_to.channel, ticket, kept)
    return read_question(promise)


@pytest.mark.parametrize(
    "question",
    [
        {"values": {"prompt": "a fox", "seed": 7, "guidance": 0.5, "private": False}},
        {"kind": "press", "name": "edit", "target": "k7f3q2", "fields": {"prompt": "a fox"}},
        {"kind": "menu", "name": "use", "target": "500", "private": False},
        {"kind": "press", "name": "more", "target": "k7f3q2", "turns": True},
        {"where": Where("10", ("1", "2"), ("3",), age_restricted=True)},
    ],
)
async def test_a_question_is_the_same_in_another_process(question: dict[str, Any]) -> None:
    first = asked(**question)
    assert again(first) == first


async def test_where_it_was_asked_is_the_same_in_another_process() -> None:
    here = asked()
    adult = replace(here, reply_to=replace(here.reply_to, age_restricted=True))
    assert again(adult) == adult


async def test_a_file_is_known_by_its_address_and_can_be_kept_again() -> None:
    state: Any = SimpleNamespace(http=None)
    about: Any = {"id": "77", "size": 9, "filename": "x.png", "url": URL, "proxy_url": URL}
    first = asked(values={"image": discord.Attachment(data=about, state=state)})
    second = again(first)
    assert second is not None
    file = second.values["image"]
    assert file == KeptFile(77, "x.png", 9, URL)
    assert again(second) == second


async def test_a_question_of_a_version_whose_answers_took_no_place_is_read() -> None:
    first = asked()
    ticket = first.reply_to.ticket
    assert ticket is not None
    kept = first.request()
    del kept["turns"]
    assert read_question(Promise("discord", first.reply_to.channel, ticket, kept)) == first


@pytest.mark.parametrize(
    "request_", [{"kind": "wink"}, {"where": {"planet": 3}}, {"values": None}, {"fields": None}]
)
async def test_what_another_version_kept_is_passed_by(request_: dict[str, Any]) -> None:
    assert again(asked(), **request_) is None


async def test_a_promise_of_which_nothing_is_known_is_no_question() -> None:
    ticket = asked().reply_to.ticket
    assert ticket is not None
    assert read_question(Promise("discord", "1", ticket)) is None
