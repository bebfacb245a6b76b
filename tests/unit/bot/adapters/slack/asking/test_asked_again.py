from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bot.adapters.slack.payloads import Asked
from storage.records import Post, Promise
from tests.slack_asking import (
    Talk,
    command,
    entry,
    event,
    modal,
    press,
    text_input,
)
from tests.slack_messages import job


def promised(asked: Asked) -> Promise:
    return Promise("slack", "C100", asked.ticket(), json.loads(json.dumps(asked.request())))


async def test_what_was_promised_is_asked_as_it_was(talk: Talk) -> None:
    bodies = [
        ("command", talk.asking.command, command("a fox")),
        ("action", talk.asking.action, press("do:vary:k7f3q2.1")),
        ("view", talk.asking.view, modal("command:imagine", {"prompt": text_input("a hen")})),
        ("view", talk.asking.view, modal("form:edit:k7f3q2", {"prompt": text_input("a hen")})),
        ("shortcut", talk.asking.shortcut, entry("reroll")),
        ("mention", talk.asking.mention, event()),
    ]
    talk.service.desk.store.posts.known = [Post("k7f3q2", "slack", "C100", "5.0")]
    for kind, ask, body in bodies:
        await ask(body)
        asked = talk.shown.replies[-1][0]
        assert asked.kind == kind
        first = talk.service.asked[-1]
        talk.service.asked.clear()
        assert await talk.asking.again(promised(asked))
        [again] = talk.service.asked
        assert without_tickets(again[1]) == without_tickets(first[1])


def without_tickets(asked: Any) -> Any:
    return replace(asked, reply_to=replace(asked.reply_to, ticket=None))


async def test_a_job_that_is_there_already_is_not_asked_again(talk: Talk) -> None:
    await talk.asking.command(command("a fox"))
    asked = talk.shown.replies[-1][0]
    talk.service.asked.clear()
    talk.service.desk.store.jobs.known = {asked.key: job()}
    assert await talk.asking.again(promised(asked))
    assert talk.service.asked == []


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"kind": "dance", "body": {}},
        {"kind": "command"},
        {"kind": "view", "body": 7},
        {"kind": "action", "body": {"user": {"id": "U50"}, "actions": []}},
    ],
)
async def test_what_cannot_be_read_is_said_to_be_so(talk: Talk, request_: dict[str, Any]) -> None:
    promise = promised(Asked("1", "T1", "U50"))
    assert not await talk.asking.again(replace(promise, request=request_))
    assert talk.service.asked == []
