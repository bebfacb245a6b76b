from __future__ import annotations

import json
from typing import Any

import pytest

from bot.adapters.slack.payloads import (
    Asked,
    key_of,
    of_action,
    of_command,
    of_event,
    of_shortcut,
    of_view,
    said,
    typed,
)
from bot.invocation import Where
from tests.slack_network import HOOK

COMMAND: dict[str, Any] = {
    "token": "old",
    "team_id": "T1",
    "user_id": "U50",
    "user_name": "ann",
    "channel_id": "C100",
    "command": "/imagine",
    "text": "a fox",
    "response_url": HOOK,
    "trigger_id": "1.2",
}
PERSON = {"id": "U50", "username": "ann", "name": "ann", "team_id": "T1"}
INTERACTIVE: dict[str, Any] = {
    "token": "old",
    "user": PERSON,
    "team": {"id": "T1", "domain": "emu"},
    "trigger_id": "1.2",
    "response_url": HOOK,
}
BLOCKS = [{"type": "divider"}]


def press(**container: Any) -> dict[str, Any]:
    return INTERACTIVE | {
        "type": "block_actions",
        "container": {"type": "message", "message_ts": "5.0", "channel_id": "C100"} | container,
        "channel": {"id": "C100", "name": "art"},
        "message": {"ts": "5.0", "blocks": BLOCKS, "text": "Done."},
        "actions": [{"action_id": "do:reroll:k7f3q2"}],
    }


def view(**more: Any) -> dict[str, Any]:
    about = {"id": "V1", "hash": "h1", "type": "modal", "blocks": BLOCKS, "state": {"values": {}}}
    return INTERACTIVE | {"type": "view_submission", "view": about | more, "response_url": ""}


def event(**more: Any) -> dict[str, Any]:
    about = {"type": "app_mention", "user": "U50", "ts": "5.0", "channel": "C100", "text": "a fox"}
    return {"token": "old", "team_id": "T1", "event_id": "Ev1", "event": about | more}


# Who and where ------------------------------------------------------------------------------------


def test_a_command_says_who_and_where() -> None:
    asked = of_command(COMMAND)
    assert (asked.key, asked.actor, asked.name) == ("1.2", "slack:T1:U50", "ann")
    assert (asked.channel, asked.thread, asked.message) == ("C100", "", "")
    assert (asked.response_url, asked.trigger, asked.kind) == (HOOK, "1.2", "command")


def test_a_press_is_answered_in_the_thread_of_its_message() -> None:
    asked = of_action(press())
    assert (asked.key, asked.actor, asked.name) == ("1.2", "slack:T1:U50", "ann")
    assert (asked.channel, asked.message, asked.thread) == ("C100", "5.0", "5.0")
    assert (asked.response_url, asked.trigger, asked.kind) == (HOOK, "1.2", "action")
    assert not asked.is_loose
    assert of_action(press(thread_ts="4.0")).thread == "4.0"


def test_a_message_that_only_one_sees_has_no_thread() -> None:
    asked = of_action(press(is_ephemeral=True))
    assert (asked.message, asked.thread, asked.is_loose) == ("5.0", "", True)
    assert of_action(press(is_ephemeral=True, thread_ts="4.0")).thread == "4.0"


def test_a_press_in_a_view_is_where_the_view_says() -> None:
    place = of_action(press()).metadata()
    body = view(private_metadata=place) | {"container": {"type": "view", "view_id": "V1"}}
    asked = of_action(body)
    assert (asked.channel, asked.thread, asked.message) == ("C100", "5.0", "5.0")
    assert (asked.in_home, asked.kind) == (False, "action")
    assert of_action(body | {"view": {"type": "home", "id": "V1"}}).in_home


def test_a_view_is_where_it_was_opened() -> None:
    asked = of_view(view(private_metadata=of_command(COMMAND).metadata()))
    assert (asked.channel, asked.thread, asked.kind) == ("C100", "", "view")
    assert (asked.actor, asked.trigger, asked.response_url) == ("slack:T1:U50", "1.2", HOOK)
    assert not asked.in_home
    assert of_view(view(private_metadata=Asked("1", "T1", "U50", in_home=True).metadata())).in_home


@pytest.mark.parametrize("metadata", [None, "", "{}", "not JSON", '{"channel": null}'])
def test_a_view_from_nowhere_is_nowhere(metadata: str | None) -> None:
    asked = of_view(view(private_metadata=metadata))
    assert (asked.channel, asked.thread, asked.message) == ("", "", "")


def test_a_shortcut_of_a_message_is_answered_in_its_thread() -> None:
    body = INTERACTIVE | {
        "channel": {"id": "C100"},
        "message": {"ts": "5.0", "blocks": BLOCKS},
        "message_ts": "5.0",
    }
    asked = of_shortcut(body)
    assert (asked.channel, asked.message, asked.thread) == ("C100", "5.0", "5.0")
    assert (asked.response_url, asked.kind) == (HOOK, "shortcut")
    assert of_shortcut(body | {"message": {"ts": "5.0", "thread_ts": "4.0"}}).thread == "4.0"


def test_a_shortcut_from_anywhere_is_nowhere() -> None:
    asked = of_shortcut(INTERACTIVE | {"response_url": ""})
    assert (asked.channel, asked.message, asked.thread) == ("", "", "")
    assert asked.direct


def test_a_mention_is_answered_in_a_thread() -> None:
    asked = of_event(event())
    assert (asked.key, asked.actor) == ("C100:5.0", "slack:T1:U50")
    assert (asked.channel, asked.message, asked.thread) == ("C100", "5.0", "5.0")
    assert (asked.response_url, asked.kind) == ("", "mention")
    assert of_event(event(thread_ts="4.0")).thread == "4.0"


def test_a_direct_message_is_answered_beside_it() -> None:
    assert of_event(event(channel="D900")).thread == ""
    assert of_event(event(channel="D900", thread_ts="4.0")).thread == "4.0"


def test_what_is_asked_outside_all_channels_is_between_two() -> None:
    asked = Asked("1", "T1", "U50")
    assert asked.where() == Where(guild="T1", channels=(), direct=True)
    assert of_event(event(channel="D900")).where() == Where("T1", ("D900",), direct=True)
    assert of_command(COMMAND).where() == Where("T1", ("C100",), direct=False)


def test_a_command_and_a_press_have_all_that_the_service_asks() -> None:
    asked = of_action(press())
    invocation = asked.invocation("imagine", {"prompt": "a fox"})
    click = asked.click("edit", "k7f3q2", {"prompt": "a fox"})
    assert (invocation.command, invocation.options) == ("imagine", {"prompt": "a fox"})
    assert (click.action, click.target, click.form) == ("edit", "k7f3q2", {"prompt": "a fox"})
    for each in (invocation, click):
        assert (each.actor, each.display_name) == ("slack:T1:U50", "ann")
        assert each.where == asked.where()
        assert not each.admin
        there = each.reply_to
        assert (there.platform, there.channel, there.message, there.thread) == (
            "slack", "C100", "5.0", "5.0",
        )  # fmt: skip
        assert there.ticket is not None
        assert (there.ticket.id, there.ticket.token) == ("1.2", HOOK)


def test_what_slack_leaves_empty_is_empty() -> None:
    nothing: dict[str, Any] = dict.fromkeys(("user_name", "channel_id", "response_url"))
    asked = of_command(COMMAND | nothing)
    assert (asked.name, asked.channel, asked.response_url) == ("", "", "")
    pressed = of_action(press(channel_id=None, thread_ts=None) | {"channel": {"id": None}})
    assert (pressed.channel, pressed.thread) == ("", "5.0")
    assert of_event(event(user=None, thread_ts=None)).user == ""


# What names a delivery ----------------------------------------------------------------------------


def test_what_is_sent_again_has_the_same_name_and_nothing_else_has() -> None:
    first = view() | {"trigger_id": ""}
    others = ({"id": "V1", "hash": "h2"}, {"id": "V2", "hash": "h1"})
    bodies = [COMMAND, event(), first, first | {"action_ts": "9.0"}]
    bodies += [first | {"view": other} for other in others]
    keys = [key_of(body) for body in bodies]
    assert len(set(keys)) == len(bodies)
    assert keys == [key_of(json.loads(json.dumps(body))) for body in bodies]
    # Slack may tell of one message in two events.
    assert key_of(event() | {"event_id": "Ev2"}) == key_of(event())


# Kept for another process -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("read", "body"),
    [
        (of_command, COMMAND),
        (of_action, press()),
        (of_action, view(type="home") | {"container": {"type": "view"}}),
        (of_view, view(private_metadata='{"channel": "C100"}')),
        (of_shortcut, INTERACTIVE | {"message": {"ts": "5.0", "blocks": BLOCKS}}),
        (of_event, event()),
    ],
)
def test_a_delivery_can_be_read_again_from_what_is_kept(read: Any, body: dict[str, Any]) -> None:
    asked = read(body)
    kept = json.loads(json.dumps(asked.request()))
    assert kept["kind"] == asked.kind
    assert read(kept["body"]) == asked


def test_what_is_of_no_use_is_not_kept() -> None:
    for asked in (of_action(press()), of_view(view()), of_command(COMMAND)):
        kept = json.dumps(asked.request())
        assert "old" not in kept
        assert "divider" not in kept
    assert of_action(press()).request()["body"]["message"] == {"ts": "5.0", "text": "Done."}
    assert press()["message"]["blocks"] == BLOCKS, "the delivery itself stays as it was"


def test_a_delivery_is_not_shown_in_any_log() -> None:
    assert "a fox" not in repr(of_command(COMMAND))


# Texts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("a fox", "a fox"),
        ("a &lt;fox&gt; &amp; a hen", "a <fox> & a hen"),
        ("&amp;lt; stays an entity", "&lt; stays an entity"),
        ("&amp;amp;gt;", "&amp;gt;"),
        ("<@U1|ann> stays", "<@U1|ann> stays"),
        ("&quot;", "&quot;"),
    ],
)
def test_the_text_of_a_command_is_what_was_typed(text: str, meant: str) -> None:
    assert typed(text) == meant


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("<@U1> a fox", "a fox"),
        ("a fox <@U1>", "a fox"),
        ("<@U1> <@U1>", ""),
        ("<@U1>", ""),
        ("<@U1> hello <@U2|bob> and <@U3>", "hello @bob and @U3"),
        ("<@U1> in <#C1|art>, <!channel> and <!subteam^S1|us>", "in #art, @channel and @us"),
        ("<@U1|reroll> <#C1|> <!subteam^S1|@devs> <!subteam^S1>", "#C1 @devs @S1"),
        ("<@U1> <mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<@U1> <https://x.example/a?b=1&amp;c=2>", "https://x.example/a?b=1&c=2"),
        ("<@U1> <https://x.example|the site> here", "https://x.example here"),
        ("<@U1> a &lt;b&gt; &amp; c", "a <b> & c"),
        ("<@U1> &lt;@U2&gt;", "<@U2>"),
    ],
)
def test_what_was_said_has_no_markup_of_slacks(text: str, meant: str) -> None:
    assert said(text, "U1") == meant
