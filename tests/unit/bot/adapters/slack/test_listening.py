from __future__ import annotations

import asyncio
import json
import logging
from collections import defaultdict
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_internals import run_async_bolt_app
from slack_bolt.response import BoltResponse
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.adapters.slack.listening import listen, make_app
from bot.adapters.slack.once import Answer, Once
from bot.adapters.slack.starting import Account

ACCOUNT = Account("reroll", "Example", "T1", "U1BOT", "B1")
PERSON = {"id": "U50", "name": "ann", "team_id": "T1"}
INTERACTIVE = {"user": PERSON, "team": {"id": "T1", "domain": "example"}, "trigger_id": "1.2"}
VIEW = {"id": "V1", "type": "modal", "callback_id": "command:imagine", "state": {"values": {}}}
ANSWER = {"text": "Here.", "response_type": "ephemeral"}

COMMAND: dict[str, Any] = {
    "command": "/imagine",
    "text": "a fox",
    "team_id": "T1",
    "user_id": "U50",
    "channel_id": "C1",
    "trigger_id": "1.2",
}
PRESS: dict[str, Any] = INTERACTIVE | {
    "type": "block_actions",
    "container": {"type": "message", "message_ts": "5.0", "channel_id": "C1"},
    "channel": {"id": "C1"},
    "actions": [{"type": "button", "action_id": "do:reroll:k7f3q2", "block_id": "b"}],
}
SENT: dict[str, Any] = INTERACTIVE | {"type": "view_submission", "view": VIEW}
ENTRY: dict[str, Any] = INTERACTIVE | {
    "type": "message_action",
    "callback_id": "reroll",
    "channel": {"id": "C1"},
    "message": {"ts": "5.0"},
    "message_ts": "5.0",
}
ANYWHERE: dict[str, Any] = INTERACTIVE | {"type": "shortcut", "callback_id": "imagine"}
SEARCH: dict[str, Any] = INTERACTIVE | {
    "type": "block_suggestion",
    "action_id": "model",
    "block_id": "model",
    "value": "mi",
    "view": VIEW,
}


def event(kind: str, **more: Any) -> dict[str, Any]:
    about = {"type": kind, "user": "U50", "channel": "C1", "ts": "5.0", "text": "a fox"}
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "event": about | more,
        "authorizations": [{"team_id": "T1", "user_id": "U1BOT", "is_bot": True}],
    }


MENTION, HOME = event("app_mention"), event("app_home_opened", tab="home")
DIRECT = event("message", channel="D1", channel_type="im")

ALL = {
    "slash_commands": [("command", COMMAND)],
    "interactive": [
        ("action", PRESS), ("view", SENT), ("shortcut", ENTRY), ("shortcut", ANYWHERE),
    ],
    "events_api": [("home", HOME), ("mention", MENTION), ("mention", DIRECT)],
}  # fmt: skip
EVERY = [(kind, what, body) for kind, each in ALL.items() for what, body in each]


class Heard:
    """Notes what is asked; ``hold`` holds the answer up, ``fault`` fails it."""

    def __init__(self) -> None:
        self.asked: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        self.again: list[bool] = []
        self.begun = asyncio.Event()
        self.hold = asyncio.Event()
        self.hold.set()
        self.answer: Answer = None
        self.fault: Exception | None = None

    def __getattr__(self, what: str) -> Any:
        if what.startswith("_"):
            raise AttributeError(what)

        async def ask(body: dict[str, Any], *, again: bool = False) -> Answer:
            self.asked[what].append(body)
            self.again.append(again)
            self.begun.set()
            await self.hold.wait()
            if self.fault:
                raise self.fault
            return self.answer

        return ask

    def options(self, body: dict[str, Any]) -> dict[str, Any]:
        self.asked["options"].append(body)
        return {"options": []}


class Office:
    """The app, and what it is told."""

    def __init__(self) -> None:
        self.heard = Heard()
        asking: Any = self.heard
        self.app = make_app(ACCOUNT)
        listen(self.app, asking, Once())

    async def send(self, kind: str, body: dict[str, Any], retry: int = 0) -> BoltResponse:
        # Slack sends the same as other bytes, not as the same object.
        request = SocketModeRequest(
            kind, "e1", json.loads(json.dumps(body)), retry_attempt=retry, retry_reason="timeout"
        )
        answer: BoltResponse = await run_async_bolt_app(self.app, request)
        return answer


@pytest.mark.parametrize(("kind", "what", "body"), EVERY)
async def test_nothing_is_acknowledged_before_it_is_dealt_with(
    kind: str, what: str, body: dict[str, Any]
) -> None:
    office = Office()
    office.heard.hold.clear()
    sending = asyncio.create_task(office.send(kind, body))
    await asyncio.wait_for(office.heard.begun.wait(), 60)
    for _ in range(20):
        await asyncio.sleep(0)
    assert not sending.done()
    office.heard.hold.set()
    answer = await sending
    assert (answer.status, answer.body) == (200, "")
    assert {name: len(bodies) for name, bodies in office.heard.asked.items()} == {what: 1}
    [heard] = office.heard.asked[what]
    assert heard == body


@pytest.mark.parametrize(("kind", "what", "body"), EVERY)
async def test_what_comes_again_is_acknowledged_again_and_asked_once(
    kind: str, what: str, body: dict[str, Any]
) -> None:
    office = Office()
    answers = [await office.send(kind, body) for _ in range(2)]
    answers += await asyncio.gather(office.send(kind, body), office.send(kind, body))
    assert [answer.status for answer in answers] == [200] * 4
    assert len(office.heard.asked[what]) == 1


async def test_what_comes_while_it_is_dealt_with_is_not_acknowledged_sooner() -> None:
    office = Office()
    office.heard.answer = ANSWER
    office.heard.hold.clear()
    sending = [asyncio.create_task(office.send("slash_commands", COMMAND)) for _ in range(3)]
    await asyncio.wait_for(office.heard.begun.wait(), 60)
    assert not any(each.done() for each in sending)
    office.heard.hold.set()
    answers = await asyncio.gather(*sending)
    assert [json.loads(answer.body) for answer in answers] == [ANSWER] * 3
    assert len(office.heard.asked["command"]) == 1


async def test_what_fails_is_not_acknowledged_and_asked_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    office = Office()
    office.heard.fault = ConnectionError("gone")
    with caplog.at_level(logging.CRITICAL):
        assert (await office.send("slash_commands", COMMAND)).status == 500
    office.heard.fault = None
    assert (await office.send("slash_commands", COMMAND)).status == 200
    assert len(office.heard.asked["command"]) == 2


async def test_the_acknowledgement_carries_the_answer() -> None:
    office = Office()
    office.heard.answer = ANSWER
    answer = await office.send("slash_commands", COMMAND)
    assert json.loads(answer.body) == ANSWER
    office.heard.answer = {"response_action": "errors", "errors": {"prompt": "No."}}
    answer = await office.send("interactive", SENT | {"trigger_id": "3.4"})
    assert json.loads(answer.body) == office.heard.answer


async def test_every_command_every_button_and_every_entry_is_heard() -> None:
    office = Office()
    for number, name in enumerate(("/imagine", "/art", "/reroll", "/art-of-another")):
        await office.send("slash_commands", COMMAND | {"command": name, "trigger_id": str(number)})
    assert len(office.heard.asked["command"]) == 4
    other = PRESS | {"actions": [{"type": "button", "action_id": "what", "block_id": "b"}]}
    assert (await office.send("interactive", other)).status == 200
    assert len(office.heard.asked["action"]) == 1


async def test_a_search_is_answered_each_time() -> None:
    office = Office()
    for _ in range(2):
        answer = await office.send("interactive", SEARCH)
        assert json.loads(answer.body) == {"options": []}
    assert len(office.heard.asked["options"]) == 2


async def test_messages_among_people_are_none_of_its_business() -> None:
    office = Office()
    for number, kind in enumerate(("channel", "group", "mpim")):
        body = event("message", channel_type=kind) | {"event_id": f"Ev{number}"}
        assert (await office.send("events_api", body)).status == 200
    assert office.heard.asked["mention"] == []


async def test_what_slack_sends_again_is_known_to_be_that() -> None:
    office = Office()
    for number in range(3):
        another = MENTION | {"event": MENTION["event"] | {"ts": f"{number}.0"}}
        await office.send("events_api", another, retry=number)
    assert office.heard.again == [False, True, True]


async def test_nothing_is_asked_of_slack_to_answer() -> None:
    office = Office()
    # No address is known to this client that leads anywhere.
    office.app.client.base_url = "http://127.0.0.1:9/"
    for kind, _, body in EVERY:
        assert (await office.send(kind, body)).status == 200
