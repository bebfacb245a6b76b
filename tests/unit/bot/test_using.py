from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from PIL import Image, PngImagePlugin

from bot.invocation import Attachment, Click, Given, Invocation
from bot.reply import Reply
from generation.metadata import PARAMETERS_KEY, RECIPE_KEY
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk

ANN, BOB, ADMIN = "console:ann", "console:bob", "console:admin"


def picture(folder: Path, name: str = "cat.png", **texts: str) -> Attachment:
    info = PngImagePlugin.PngInfo()
    for key, text in texts.items():
        info.add_text(key, text)
    path = folder / f"stored-{name}"
    Image.new("RGB", (64, 48), "red").save(path, "PNG", pnginfo=info)
    return Attachment(path, name)


async def keep(talk: Talk, file: Given) -> Reply:
    asked = Invocation("show", {"file": file}, BOB, ReplyTo("console", "a"))
    return await talk.app.service.keep_picture(asked)


async def press(talk: Talk, target: str, *, actor: str = ANN, **form: str) -> Reply:
    click = Click("use", target, actor, ReplyTo("console", "a"), form=form)
    return await talk.app.service.click(click)


async def test_a_picture_that_was_sent_is_kept_and_offered_as_input(talk: Talk) -> None:
    reply = await keep(talk, picture(talk.folder))
    assert (reply.private, reply.exit_code) == (True, 0)
    assert "cat.png" in reply.text
    (button,) = reply.buttons
    assert (button.action, button.style) == ("use", "primary")
    form = (await press(talk, button.target)).form
    assert form is not None
    assert (form.action, form.target) == ("use", button.target)
    assert [(field.name, field.required) for field in form.fields] == [
        ("prompt", True),
        ("strength", False),
        ("settings", False),
    ]
    sent = {field.name: field.value for field in form.fields} | {"prompt": "a lion"}
    accepted = await press(talk, button.target, **sent)
    recipe = accepted.data[0]["recipe"]
    assert recipe["prompt"] == "a lion"
    image = recipe["image"]
    assert (image["sha256"], image["strength"], image["mask"]) == (button.target, 0.6, None)
    await talk.app.runner.idle()
    assert talk.engine.orders[0].inputs[button.target].is_file()


async def test_a_picture_that_was_made_is_an_input_by_its_id_and_its_jobs(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --count 2")).job
    assert job is not None
    found = []
    for target in (f"{job}.2", f"{job}.1", job):
        accepted = await press(talk, target, prompt="a heart", strength="0.3")
        assert accepted.exit_code == 0
        found.append((accepted.data[0]["parent"], accepted.data[0]["recipe"]["image"]))
    assert [parent for parent, _ in found] == [f"{job}.2", f"{job}.1", f"{job}.1"]
    assert {image["strength"] for _, image in found} == {0.3}
    assert found[0][1] != found[1][1] == found[2][1]


async def test_the_settings_are_flags_and_the_fields_win_over_them(talk: Talk) -> None:
    target = (await keep(talk, picture(talk.folder))).buttons[0].target
    form = {"prompt": "a lion --seed 5", "settings": "--steps 7 --strength 0.9 --seed 8"}
    accepted = await press(talk, target, strength="0,2", **form)
    recipe = accepted.data[0]["recipe"]
    assert (recipe["steps"], recipe["seed"], recipe["image"]["strength"]) == (7, 5, 0.2)
    accepted = await press(talk, target, strength=" ", **form)
    assert accepted.data[0]["recipe"]["image"]["strength"] == 0.9


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"prompt": "a lion", "settings": "bright"}, "bright"),
        ({"prompt": "a lion", "settings": "--stepps 3"}, "--steps"),
        ({"prompt": "a lion", "settings": "--image /etc/passwd"}, "only a name"),
        ({"prompt": "a lion", "strength": "2"}, "strength"),
        ({"prompt": " ", "strength": "0.5"}, "empty"),
        ({"prompt": "an ugly lion"}, "ugly"),
    ],
)
async def test_a_bad_form_is_one_private_sentence(
    talk: Talk, form: dict[str, str], words: str
) -> None:
    target = (await keep(talk, picture(talk.folder))).buttons[0].target
    reply = await press(talk, target, **form)
    assert reply.exit_code != 0
    assert words in reply.text
    assert (reply.private, reply.job, "\n" in reply.text) == (True, None, False)


async def test_a_private_picture_is_no_input_for_others_and_stays_private(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a secret --private")).job
    assert job is not None
    for form in ({}, {"prompt": "a lion"}):
        assert "no job" in (await press(talk, f"{job}.1", actor=BOB, **form)).text
    assert (await press(talk, f"{job}.1", actor=ADMIN)).form is not None
    assert (await press(talk, f"{job}.1", prompt="a lion")).private


@pytest.mark.parametrize("target", ["ab" * 32, "aaaaaa", "aaaaaa.1", "no id", ""])
async def test_what_is_not_there_is_no_input(talk: Talk, target: str) -> None:
    reply = await press(talk, target)
    assert (reply.form, reply.private, bool(reply.problem)) == (None, True, True)
    assert "inside Reroll" not in reply.text


async def test_a_file_that_is_no_picture_is_refused_by_its_own_name(talk: Talk) -> None:
    path = talk.folder / "stored"
    path.write_text("not a picture")
    for reply in (
        await keep(talk, Attachment(path, "notes.png")),
        await talk.answer("show", file=Attachment(path, "notes.png")),
    ):
        assert "notes.png" in reply.text
        assert "stored" not in reply.text
        assert (reply.exit_code, reply.private, reply.buttons) == (2, True, ())


async def test_a_picture_above_the_owners_bound_is_refused(talk: Talk) -> None:
    out = io.BytesIO()
    Image.effect_noise((2600, 2600), 255).convert("RGB").save(out, "PNG", compress_level=0)
    path = talk.folder / "large.png"
    path.write_bytes(out.getvalue())
    assert len(out.getvalue()) > 20e6
    reply = await keep(talk, Attachment(path, "large.png"))
    assert "20 MB" in reply.text
    assert reply.buttons == ()


async def test_a_picture_without_a_recipe_says_so(talk: Talk) -> None:
    reply = await talk.answer("show", file=picture(talk.folder))
    assert (reply.exit_code, reply.private) == (2, True)
    assert "carries no recipe" in reply.text
    assert "cat.png" in reply.text


async def test_a_recipe_of_a_newer_reroll_is_not_taken_for_another_programs(talk: Talk) -> None:
    newer = json.dumps({"schema": 999})
    texts = {RECIPE_KEY: newer, PARAMETERS_KEY: "a star\nSteps: 3, Seed: 7"}
    reply = await talk.answer("show", file=picture(talk.folder, **texts))
    assert "newer Reroll" in reply.text
    assert "another program" not in reply.text


async def test_the_recipe_of_a_file_is_shown(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 7")
    recipe = json.dumps(made.data[0]["recipe"])
    reply = await talk.answer("show", file=picture(talk.folder, **{RECIPE_KEY: recipe}))
    assert reply.data[0]["recipe"] == made.data[0]["recipe"]
    assert "--seed 7" in reply.text
