from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from bot.invocation import Click
from bot.reply import Button, Reply
from bot.service.answers.clicks import PRESSES
from bot.service.press import Press, always, nowhere, with_pictures
from bot.service.showing.views import Views
from storage.records import JobRecord, PictureRecord, ReplyTo
from tests.unit.bot.conftest import Talk

ANN, BOB = "console:ann", "console:bob"


async def press(talk: Talk, action: str, target: str, actor: str = ANN) -> Reply:
    return await talk.app.service.click(Click(action, target, actor, ReplyTo("console", "b")))


async def stored(talk: Talk, prompt: str) -> tuple[JobRecord, Sequence[PictureRecord]]:
    made = await talk.say("imagine", prompt=prompt)
    store = talk.app.store
    job = await store.jobs.get(str(made.job))
    assert job is not None
    return job, await store.pictures.of_job(job.id)


def styles(buttons: Sequence[Button]) -> dict[str, str]:
    return {button.action: button.style for button in buttons}


async def test_a_job_that_has_ended_has_the_buttons_that_make_sense_for_it(talk: Talk) -> None:
    job, pictures = await stored(talk, "a star")
    views = talk.app.service.desk.views
    assert styles(views.buttons(job, pictures)) == {
        "reroll": "plain",
        "edit": "plain",
        "recipe": "plain",
        "favorite": "plain",
        "delete": "danger",
        "vary": "plain",
        "upscale": "plain",
    }
    assert list(styles(views.buttons(job, ()))) == ["reroll", "edit", "delete"]
    assert views.buttons(replace(job, command="verify"), pictures) == ()


@pytest.mark.parametrize(
    ("below", "with_some", "with_none"),
    [(always, True, True), (with_pictures, True, False), (nowhere, False, False)],
)
async def test_one_entry_makes_a_button_of_its_own_look(
    talk: Talk, below: Any, with_some: bool, with_none: bool
) -> None:
    job, pictures = await stored(talk, "a star")
    desk = talk.app.service.desk
    entry = Press(PRESSES["show"].answer, below=below, style="primary")
    views = Views(desk.files, desk.maker, {"show": entry}, desk.views.safety)
    button = Button("show", job.id, "Show", "primary")
    assert views.buttons(job, pictures) == (button,) * with_some
    assert views.buttons(job, ()) == (button,) * with_none


async def test_show_shows_a_job_or_one_picture_to_everybody(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --count 2 --seed 5")).job
    assert job is not None
    whole = await press(talk, "show", job, BOB)
    assert [picture.id for picture in whole.pictures] == [f"{job}.1", f"{job}.2"]
    one = await press(talk, "show", f"{job}.2", BOB)
    assert [picture.id for picture in one.pictures] == [f"{job}.2"]
    assert "--seed 6" in one.text
    # It is an answer of its own, not the job's message.
    assert (one.private, one.job, one.exit_code) == (False, None, 0)
    actions = ["reroll", "edit", "recipe", "favorite", "delete", "vary", "upscale"]
    assert list(styles(one.buttons)) == actions


async def test_show_keeps_what_is_private_to_its_asker(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a secret --private")).job
    assert job is not None
    assert (await press(talk, "show", job)).private
    refused = await press(talk, "show", job, BOB)
    assert (refused.private, refused.pictures, refused.exit_code) == (True, (), 1)
    assert "secret" not in refused.text


async def test_show_of_a_check_shows_what_was_checked(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star")).job
    talk.engine.hold.clear()
    check = (await talk.answer("verify", id=str(job))).job
    shown = await press(talk, "show", str(check))
    assert [picture.id for picture in shown.pictures] == [f"{job}.1"]
    talk.engine.hold.set()


async def test_a_button_that_is_no_more_is_refused(talk: Talk) -> None:
    reply = await press(talk, "frame", "k7f3q2")
    assert (reply.private, reply.exit_code) == (True, 2)
    assert "frame" in reply.text
