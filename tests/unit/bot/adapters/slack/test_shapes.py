from __future__ import annotations

from typing import Any

import pytest

from bot.adapters.slack.shapes import is_readable
from tests.unit.bot.adapters.slack.test_payloads import COMMAND, INTERACTIVE, event, press, view

FILE = {"id": "F1", "name": "fox.png", "mimetype": "image/png", "size": 7}
STATE = {
    "values": {
        "prompt": {"prompt": {"type": "plain_text_input", "value": "a fox"}},
        "count": {"count": {"type": "number_input", "value": None}},
        "model": {"model": {"type": "static_select", "selected_option": {"value": "mini"}}},
        "lora": {"lora": {"type": "multi_external_select", "selected_options": []}},
        "image": {"image": {"type": "file_input", "files": [FILE]}},
        "where": {"where": {"type": "conversations_select", "selected_conversation": "C1"}},
    }
}
BLOCKS = [{"type": "divider", "block_id": "b"}]
RIGHT: dict[str, dict[str, Any]] = {
    "command": COMMAND,
    "press": press(),
    "press in a view": press(type="view", view_id="V1") | {"view": {"id": "V1"}},
    "press without a channel": press() | {"channel": None, "team": None},
    "view": view(state=STATE, blocks=BLOCKS),
    "event": event(files=[FILE]) | {"type": "event_callback"},
    "search": view(blocks=BLOCKS) | {"type": "block_suggestion", "action_id": "lora", "value": ""},
    "shortcut": INTERACTIVE | {"type": "shortcut", "callback_id": "imagine"},
    "entry": INTERACTIVE
    | {"type": "message_action", "callback_id": "use", "message": {"ts": "5.0", "files": [FILE]}},
    "a greeting": {"type": "url_verification", "challenge": "x", "token": "old"},
    "a look at the certificate": {"ssl_check": "1", "token": "old"},
    "an event that nobody reads": {"type": "event_callback", "event": {"type": "dance"}},
}


@pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT)
def test_what_slack_sends_can_be_read(body: dict[str, Any]) -> None:
    assert is_readable(body)


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        "payload",
        COMMAND | {"command": None},
        COMMAND | {"user_id": ["U50"]},
        COMMAND | {"response_url": 7},
        COMMAND | {"user_name": []},
        COMMAND | {"channel_id": "C" * 1000},
        INTERACTIVE | {"type": "block_suggestion", "action_id": "lora", "value": ""},
        COMMAND | {"user_name": "half a \ud83d"},
        press() | {"user": None},
        press() | {"user": {"name": "ann"}},
        press() | {"actions": []},
        press() | {"actions": ["do:reroll:k7f3q2"]},
        press() | {"actions": [{"action_id": {}}]},
        press() | {"container": "message"},
        press(type="view"),
        view() | {"view": None},
        view(blocks=None),
        view(blocks=[{"type": "input"}]),
        view(blocks=BLOCKS, state={"values": {"prompt": {"prompt": "a fox"}}}),
        view(blocks=BLOCKS, state={"values": {"lora": {"lora": {"selected_options": [None]}}}}),
        view(blocks=BLOCKS, private_metadata={}),
        {"type": "event_callback"},
        event(type=None) | {"type": "event_callback"},
        event(files=["F1"]) | {"type": "event_callback"},
        event(channel={"id": "C100"}) | {"type": "event_callback"},
        INTERACTIVE | {"type": "shortcut"},
        INTERACTIVE | {"type": ["shortcut"]},
        INTERACTIVE | {"type": "block_dance"},
    ],
)
def test_junk_is_known_before_anything_is_done_with_it(body: object) -> None:
    assert not is_readable(body)
