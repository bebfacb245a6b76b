from __future__ import annotations

import json
from typing import Any

import pytest

from bot.errors import NotAllowed
from bot.invocation import Invocation
from bot.service.service import refusal
from storage.records import Post
from tests.slack_asking import (
    ANSWER,
    BOT,
    WHERE,
    Talk,
    command,
    event,
    home_press,
    inputs,
    link_to,
    press,
)
from tests.slack_messages import job

# Commands -----------------------------------------------------------------------------------------


async def test_a_command_reaches_the_service_as_it_was_given(talk: Talk) -> None:
    await talk.asking.command(command("a &lt;fox&gt; --seed 7"))
    [(what, asked)] = talk.service.asked
    assert what == "answer"
    assert isinstance(asked, Invocation)
    assert (asked.command, asked.options) == ("imagine", {"prompt": "a <fox> --seed 7"})
    assert (asked.actor, asked.display_name) == ("slack:T1:U50", "ann")
    assert (asked.reply_to.place, asked.where) == ("slack:C100", WHERE)
    assert not asked.admin
    assert talk.reply == ANSWER
    assert talk.shown.speaks


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("show k7f3q2", "show", {"id": "k7f3q2"}),
        ("  SHOW   k7f3q2 ", "show", {"id": "k7f3q2"}),
        ("show\nk7f3q2", "show", {"id": "k7f3q2"}),
        ("imagine a fox", "imagine", {"prompt": "a fox"}),
        ("queue", "queue", {}),
        ("", "help", {}),
        ("nothing of the kind", "nothing", {}),
    ],
)
async def test_every_command_is_a_word_of_one(
    talk: Talk, text: str, name: str, options: dict[str, str]
) -> None:
    await talk.asking.command(command(text, "/art"))
    assert talk.asked.command == name
    assert {key: value for key, value in talk.asked.options.items() if key} == options


async def test_reroll_needs_no_word(talk: Talk) -> None:
    await talk.asking.command(command("", "/reroll"))
    assert (talk.asked.command, talk.asked.options) == ("reroll", {})
    await talk.asking.command(command("k7f3q2 --steps 5", "/reroll"))
    assert talk.asked.options == {"id": "k7f3q2 --steps 5"}


@pytest.mark.parametrize(
    "body", [command(""), command(" "), command("imagine", "/art"), command("settings", "/art")]
)
async def test_a_command_without_words_opens_its_modal_where_it_has_one(
    talk: Talk, body: dict[str, Any]
) -> None:
    await talk.asking.command(body)
    await talk.shown.work()
    if "settings" in body["text"]:
        assert talk.asked.command == "settings"
        return
    [view] = talk.shown.views
    assert (view["callback_id"], talk.service.asked) == ("command:imagine", [])
    assert json.loads(view["private_metadata"])["channel"] == "C100"


async def test_no_modal_opens_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    await talk.asking.command(command(""))
    await talk.shown.work()
    assert talk.shown.views == []
    assert talk.reply == refusal(NotAllowed("channel"))


async def test_a_link_to_a_file_is_the_picture(talk: Talk) -> None:
    first, second = link_to(talk), link_to(talk, "hen.png", b"a mask")
    await talk.asking.command(command(f"a fox <{first}> --mask <{second}|hen> --strength 0.5"))
    assert talk.asked.options["prompt"].split() == ["a", "fox", "--strength", "0.5"]
    assert talk.service.files == {"image": b"a picture", "mask": b"a mask"}


async def test_nothing_is_fetched_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    await talk.asking.command(command(f"a fox {link_to(talk)}"))
    assert talk.reply.problem is not None
    assert talk.service.asked == []
    assert talk.emu.calls == []


async def test_a_file_that_is_not_there_is_said(talk: Talk) -> None:
    await talk.asking.command(command(f"a fox {talk.emu.root}/files-pri/F0NONE000/x.png"))
    assert talk.reply.problem is not None
    assert talk.service.asked == []


# What people write --------------------------------------------------------------------------------


async def test_a_mention_asks_for_a_picture_in_its_thread(talk: Talk) -> None:
    await talk.asking.mention(event(f"<@{BOT}> a &lt;fox&gt; --seed 7"))
    assert (talk.asked.command, talk.asked.options) == ("imagine", {"prompt": "a <fox> --seed 7"})
    assert (talk.asked.reply_to.channel, talk.asked.reply_to.thread) == ("C100", "5.0")
    assert not talk.shown.speaks


@pytest.mark.parametrize("words", ["", " Help "])
async def test_a_mention_without_words_is_helped(talk: Talk, words: str) -> None:
    await talk.asking.mention(event(f"<@{BOT}>{words}"))
    assert talk.asked.command == "help"


async def test_files_that_came_with_a_message_are_for_what_its_links_left(talk: Talk) -> None:
    mask = talk.emu.user_file("hen.png", b"a mask")
    files = [talk.emu.file_payload(mask)]
    words = f"<@{BOT}> a fox <{link_to(talk)}>"
    await talk.asking.mention(event(words, subtype="file_share", files=files))
    assert talk.asked.options["prompt"] == "a fox"
    assert talk.service.files == {"image": b"a picture", "mask": b"a mask"}


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"user": ""},
    ],
)
async def test_what_nobody_wrote_just_now_is_not_answered(talk: Talk, more: dict[str, Any]) -> None:
    assert await talk.asking.mention(event(**more)) is None
    assert (talk.service.asked, talk.shown.replies) == ([], [])


async def test_what_slack_sends_again_is_not_asked_again_if_its_job_is_there(talk: Talk) -> None:
    talk.service.desk.store.jobs.known = {"C100:5.0": job()}
    await talk.asking.mention(event(), again=True)
    assert talk.service.asked == []
    await talk.asking.mention(event(), again=False)
    await talk.asking.mention(event() | {"event": event()["event"] | {"ts": "6.0"}}, again=True)
    assert len(talk.service.asked) == 2


async def test_what_is_mended_afterwards_is_not_asked_once_more(talk: Talk) -> None:
    mended = event()["event"] | {"edited": {"user": "U50", "ts": "6.0"}}
    await talk.asking.mention(event() | {"event": mended})
    assert talk.service.asked == []


# Presses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("known", "loose"), [("5.0", False), ("6.0", True)])
async def test_what_empties_a_message_has_to_know_whether_it_can_be_reached(
    talk: Talk, known: str, loose: bool
) -> None:
    talk.service.desk.store.posts.known = [Post("k7f3q2", "slack", "C100", known)]
    await talk.asking.action(press("do:delete:k7f3q2"))
    assert talk.shown.replies[-1][0].is_loose is loose
    assert not talk.shown.may_wait
    await talk.asking.action(press("do:recipe:k7f3q2"))
    assert not talk.shown.replies[-1][0].is_loose
    assert talk.shown.may_wait


async def test_a_press_is_a_click_of_who_did_it_and_where(talk: Talk) -> None:
    await talk.asking.action(press("do:vary:k7f3q2.1"))
    [(what, click)] = talk.service.asked
    assert what == "click"
    assert (click.action, click.target, click.form) == ("vary", "k7f3q2.1", {})
    assert (click.actor, click.display_name, click.where) == ("slack:T1:U50", "ann", WHERE)
    assert (click.reply_to.channel, click.reply_to.thread) == ("C100", "5.0")
    assert (talk.shown.begun, talk.homes.shown) == ([], [])


@pytest.mark.parametrize(
    "action_id", ["", "x", "do:vary", "do:Vary:k7f3q2", "do:vary:K7", "do:vary:k7f3q2:1", "prompt"]
)
async def test_a_press_that_is_none_of_ours_means_nothing(talk: Talk, action_id: str) -> None:
    assert await talk.asking.action(press(action_id)) is None
    assert (talk.service.asked, talk.shown.replies) == ([], [])


async def test_a_press_at_home_is_answered_between_two_and_changes_the_home(talk: Talk) -> None:
    ann = talk.emu.user("ann")
    await talk.asking.action(home_press("do:favorite:k7f3q2.1", ann["id"]))
    await talk.shown.work()
    assert talk.asked.reply_to.channel == talk.emu.dm(ann)["id"]
    assert talk.asked.where.direct
    [home] = talk.homes.shown
    assert home.user == ann["id"]


async def test_openers_open_modals_and_homes(talk: Talk) -> None:
    await talk.asking.action(home_press("open:imagine"))
    await talk.asking.action(press("open:imagine"))
    talk.service.desk.store.settings.known = {"steps": 12}
    await talk.asking.action(home_press("open:settings"))
    await talk.asking.action(home_press("open:home"))
    await talk.asking.action(home_press("open:queue"))
    await talk.shown.work()
    at_home, in_channel, settings = talk.shown.views
    assert "where" in inputs(at_home)
    assert "where" not in inputs(in_channel) | inputs(settings)
    assert settings["callback_id"] == "command:settings"
    assert '"12"' in json.dumps(settings)
    assert len(talk.homes.shown) == 1
    assert talk.reply.problem is not None, "there is no modal of that"


async def test_a_home_is_shown_to_who_opens_it(talk: Talk) -> None:
    await talk.asking.home(event(type="app_home_opened", tab="messages", channel="D900"))
    await talk.asking.home(event(type="app_home_opened", tab="home", channel="D900"))
    await talk.shown.work()
    [home] = talk.homes.shown
    assert (home.user, home.channel) == ("U50", "")
