"""No way in leads around the owner's blocked words."""

from __future__ import annotations

import pytest
from PIL import Image

from bot.invocation import Click
from bot.reply import Reply
from storage.records import NewJob, ReplyTo
from tests.unit.bot.conftest import Talk

HIDDEN = [
    "an ugly star",
    "an u.g.l.y star",
    "an ugl\u200by star",
    "a u g l y star",
    "an (ug)(ly) star",
]


async def press(talk: Talk, action: str, target: str, **form: str) -> Reply:
    place = ReplyTo("console", "a")
    return await talk.app.service.click(Click(action, target, "console:ann", place, form=form))


@pytest.mark.parametrize("prompt", HIDDEN)
async def test_every_way_in_refuses_a_blocked_word(talk: Talk, prompt: str) -> None:
    made = str((await talk.say("imagine", prompt="a star")).job)
    file = talk.folder / "sent.png"
    Image.new("RGB", (64, 64)).save(file)
    answers = [
        await talk.answer("imagine", prompt=prompt),
        await talk.answer("imagine", prompt=f"{prompt} --no stars --seed 7"),
        await talk.answer("imagine", prompt=f"{prompt} <lora:inkstyle:0.5>"),
        await talk.answer("imagine", prompt=f"{prompt} --private"),
        await talk.answer("imagine", prompt=f"{prompt} --image {file}"),
        await talk.answer("reroll", id=made, prompt=prompt),
        await talk.answer("imagine", actor="console:admin", prompt=prompt),
        await press(talk, "edit", made, prompt=prompt, negative="", seed="7", settings=""),
        await press(talk, "use", f"{made}.1", prompt=prompt, strength="", settings=""),
    ]
    for answer in answers:
        assert answer.job is None
        assert "ugly, which is not welcome here" in answer.text
    assert len(talk.engine.orders) == 1


async def test_what_was_made_before_a_word_was_blocked_is_not_made_again(talk: Talk) -> None:
    made = await talk.app.store.jobs.get(str((await talk.say("imagine", prompt="a star")).job))
    assert made is not None
    recipe = made.recipe.changed(prompt="an ugly star")
    old = await talk.app.store.jobs.add(
        NewJob(recipe=recipe, actor=made.actor, reply_to=made.reply_to)
    )
    for answer in (
        await talk.answer("reroll", id=old.id),
        await talk.answer("reroll", id=f"{old.id} --steps 9"),
        await press(talk, "reroll", old.id),
    ):
        assert answer.job is None
        assert "ugly, which is not welcome here" in answer.text
    changed = await talk.say("reroll", id=old.id, prompt="a fine star")
    assert changed.exit_code == 0
