from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from bot import texts
from bot.reply import Button, Reply
from tests.discord_responder import (
    DEFERRED,
    FAILED,
    FORM,
    PAGE,
    REFUSED,
    SAID,
    SENT,
    STARTED,
    Asked,
    Flags,
    Person,
    Pressed,
    Scene,
    answered,
    in_scene,
    noise,
    question,
)

# At once ------------------------------------------------------------------------------------------


def test_a_quick_answer_is_given_at_once() -> None:
    scene = answered(SAID, after=0.9)
    assert scene.notes.what == ["send"]
    assert scene.notes.of("send")["content"] == "Here."
    assert not scene.notes.of("send")["ephemeral"]
    assert answered(REFUSED).notes.of("send")["ephemeral"]


def test_what_can_wait_waits_for_an_answer_that_is_owed() -> None:
    async def play(scene: Scene) -> None:
        answer = asyncio.create_task(scene.answer(SAID, after=0.5))
        await asyncio.sleep(0.1)
        async with scene.calm.turn():
            assert scene.notes.what == ["send"]
        await answer

    in_scene(play)


def test_a_form_opens_at_once() -> None:
    assert answered(FORM).notes.what == ["modal"]


def test_a_job_is_acknowledged_first_and_then_its_state_is_shown() -> None:
    scene = answered(STARTED)
    assert scene.notes.what == ["defer", "edit"]
    assert scene.notes.of("defer") == {"ephemeral": False, "thinking": True}
    assert scene.notes.of("edit")["message"] == DEFERRED
    [post] = scene.kept.shown
    assert (post.job, post.channel, post.message) == ("k7f3q2", "100", str(DEFERRED))
    assert post.kind == "job"
    assert answered(replace(STARTED, private=True)).notes.of("defer")["ephemeral"]


def test_the_first_state_waits_while_others_are_owed_an_answer() -> None:
    async def play(scene: Scene) -> None:
        with scene.calm.owing():
            answer = asyncio.create_task(scene.answer(STARTED))
            await asyncio.sleep(0.5)
            assert scene.notes.what == ["defer"]
        await answer
        assert scene.notes.what == ["defer", "edit"]

    in_scene(play)


def test_a_first_state_comes_not_after_a_later_one() -> None:
    async def play(scene: Scene) -> None:
        async def nothing() -> None:
            pass

        await scene.messages.accepted("k7f3q2", ("100", 1), nothing)
        await scene.answer(STARTED)

    assert in_scene(play).notes.what == ["defer"]


async def test_a_picture_is_remembered_as_shown(tmp_path: Path) -> None:
    scene = Scene()
    await scene.answer(replace(SAID, pictures=(noise(tmp_path, 8),)), patience=60)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    [post] = scene.kept.shown
    assert (post.job, post.message, post.kind) == ("k7f3q2", str(DEFERRED), "shown")


async def test_what_takes_long_to_send_is_sent_after_a_deferral(tmp_path: Path) -> None:
    for private in (False, True):
        scene = Scene()
        shown = replace(SAID, pictures=(noise(tmp_path, 400),), private=private)
        await scene.answer(shown, patience=60)
        assert scene.notes.what == ["promise", "defer", "fill", "keep"]
        assert scene.notes.of("defer")["ephemeral"] is private
        assert len(scene.notes.of("fill")["attachments"]) == 1


def test_a_deletion_empties_the_message_that_the_bot_cannot_delete() -> None:
    gone = replace(REFUSED, deleted="k7f3q2")
    hidden = answered(gone, message=Pressed(Flags(ephemeral=True)))
    assert hidden.notes.what == ["empty"]
    assert (hidden.notes.of("empty")["attachments"], hidden.notes.of("empty")["view"]) == ([], None)
    public = Pressed(Flags(ephemeral=False))
    assert answered(gone, message=public, guest=True).notes.what == ["empty"]
    assert answered(gone, message=public).notes.what == ["send"]
    assert answered(gone, guest=True).notes.what == ["send"]
    assert answered(REFUSED, message=Pressed(Flags(ephemeral=True))).notes.what == ["send"]


# After a deferral ---------------------------------------------------------------------------------


def test_a_slow_answer_is_promised_on_the_disk_then_to_the_asker_and_kept() -> None:
    scene = answered(SAID, after=1.1)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    assert scene.notes.of("promise") == {"id": "77", "channel": "100"}
    assert scene.notes.of("keep") == {"id": "77"}
    assert scene.notes.of("defer") == {"ephemeral": False, "thinking": True}
    assert answered(SAID, after=9, private=True).notes.of("defer")["ephemeral"]


def test_how_long_an_answer_may_take_is_said_by_whoever_asks() -> None:
    assert answered(FORM, after=1.1, patience=2.4).notes.what == ["modal"]


def test_a_refusal_after_a_public_deferral_is_seen_by_its_asker_only() -> None:
    scene = answered(REFUSED, after=2)
    assert scene.notes.what == ["promise", "defer", "take away", "follow up", "keep"]
    assert scene.notes.of("follow up")["ephemeral"]
    hidden = answered(REFUSED, after=2, private=True)
    assert hidden.notes.what == ["promise", "defer", "fill", "keep"]


def test_a_form_that_comes_too_late_is_said_to_be() -> None:
    late = answered(FORM, after=2, private=True)
    assert late.notes.what == ["promise", "defer", "fill", "keep"]
    said = "".join(span.text for span in texts.form_too_late())
    assert late.notes.of("fill")["content"] == said


def test_a_slow_job_owes_its_answer_itself_and_shows_it_once() -> None:
    scene = answered(STARTED, after=2)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    [post] = scene.kept.shown
    assert (post.message, post.kind) == (str(DEFERRED), "job")


def test_a_job_that_turns_out_private_is_shown_in_the_message_that_is() -> None:
    scene = answered(replace(STARTED, private=True), after=2)
    [post] = scene.kept.shown
    assert post.message == str(SENT)


# In place of what was pressed ---------------------------------------------------------------------


def test_a_page_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    quick = answered(PAGE, private=True, turns=True)
    assert quick.notes.what == ["empty"]
    assert quick.notes.of("empty")["content"] == "Page 2."
    assert quick.notes.of("empty")["attachments"] == []
    slow = answered(PAGE, after=2, private=True, turns=True)
    assert slow.notes.what == ["promise", "defer", "fill", "keep"]
    assert not slow.notes.of("defer")["thinking"]


async def test_a_page_with_pictures_takes_its_place_after_a_deferral(tmp_path: Path) -> None:
    scene = Scene()
    page = replace(PAGE, pictures=(noise(tmp_path, 8),))
    await scene.answer(page, private=True, turns=True, patience=60)
    assert scene.notes.what == ["promise", "defer", "fill", "keep"]
    assert not scene.notes.of("defer")["thinking"]
    assert len(scene.notes.of("fill")["attachments"]) == 1


def test_where_a_page_is_refused_the_one_before_stays() -> None:
    quick = answered(FAILED, private=True, turns=True)
    assert quick.notes.what == ["send"]
    assert quick.notes.of("send")["ephemeral"]
    slow = answered(FAILED, after=2, private=True, turns=True)
    assert slow.notes.what == ["promise", "defer", "follow up", "keep"]
    assert slow.notes.of("follow up")["ephemeral"]


# When Discord does not take it --------------------------------------------------------------------


def test_a_job_is_stored_though_its_asker_cannot_be_answered() -> None:
    stored: list[str] = []

    async def service() -> Reply:
        await asyncio.sleep(30)
        stored.append("k7f3q2")
        return STARTED

    async def play(scene: Scene) -> None:
        scene.notes.faults["defer"] = aiohttp.ClientConnectionError()
        interaction: Any = Asked(scene.notes)
        await scene.responder.respond(interaction, question(), service())

    in_scene(play)
    assert stored == ["k7f3q2"]


def test_states_go_on_whatever_became_of_the_answer() -> None:
    async def play(scene: Scene) -> None:
        scene.notes.faults["send"] = OSError()
        await scene.answer(SAID)
        # Nobody is owed anything any more.
        begun = asyncio.get_running_loop().time()
        async with scene.calm.turn():
            assert asyncio.get_running_loop().time() - begun < 0.5

    in_scene(play)


def test_an_answer_that_cannot_be_shown_is_not_passed_over_in_silence() -> None:
    async def play(scene: Scene, reply: Reply) -> None:
        scene.notes.faults["fill"] = OSError()
        await scene.answer(reply, after=2)

    scene = in_scene(lambda scene: play(scene, SAID))
    assert scene.notes.what == ["promise", "defer", *["fill"] * 4, "follow up"]
    assert scene.notes.of("follow up")["ephemeral"]
    # The message of a job is brought by other ways.
    assert "follow up" not in in_scene(lambda scene: play(scene, STARTED)).notes.what


def test_an_answer_is_shown_once_discord_takes_it_again() -> None:
    async def play(scene: Scene) -> None:
        scene.notes.faults["fill"] = OSError()
        asyncio.get_running_loop().call_later(8, scene.notes.faults.clear)
        await scene.answer(SAID, after=2)

    assert in_scene(play).notes.what == ["promise", "defer", "fill", "fill", "fill", "keep"]


# Guests -------------------------------------------------------------------------------------------


def test_a_guest_says_once_what_comes_of_it() -> None:
    async def play(scene: Scene) -> None:
        other = Person(51)
        await scene.answer(SAID, guest=True)
        await scene.answer(STARTED)
        assert "follow up" not in scene.notes.what
        await scene.answer(replace(STARTED, job="b00000"), guest=True)
        await scene.answer(replace(STARTED, job="c00000"), guest=True)
        assert scene.notes.what.count("follow up") == 1
        assert scene.notes.of("follow up")["ephemeral"]
        await scene.answer(replace(STARTED, job="d00000"), guest=True, user=other)
        assert scene.notes.what.count("follow up") == 2

    in_scene(play)


def test_what_has_no_buttons_is_sent_without_any() -> None:
    assert "view" not in answered(SAID).notes.of("send")
    with_button = replace(SAID, buttons=(Button("delete", "k7f3q2", "Delete"),))
    assert "view" in answered(with_button).notes.of("send")
