from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from bot.invocation import Click
from bot.reply import Reply
from generation.errors import NotANumber
from generation.recipe_reading import recipe_from
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk


async def test_a_picture_comes_from_a_sentence(talk: Talk) -> None:
    states = await talk.states("imagine", prompt="a red circle++ --seed 7")
    first, last = states[0], states[-1]
    assert not first.final
    assert first.data[0]["status"] == "queued"
    assert last.final
    job = last.data[0]
    assert job["status"] == "done"
    assert job["recipe"]["prompt"] == "a red circle++"
    assert job["pictures"][0]["seed"] == 7
    assert last.pictures[0].path.is_file()
    assert "seed 7" in last.text


async def test_every_picture_of_a_job_has_the_next_seed(talk: Talk) -> None:
    reply = await talk.say("imagine", prompt="a star --seed 4294967295 --count 3")
    assert [picture.seed for picture in reply.pictures] == [4294967295, 0, 1]
    alone = await talk.say("imagine", prompt="a star --seed 1")
    assert (
        reply.data[0]["pictures"][2]["pixels_sha256"]
        == alone.data[0]["pictures"][0]["pixels_sha256"]
    )


async def test_reroll_without_options_takes_a_new_seed_and_keeps_all_else(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 5 --steps 9")
    again = await talk.say("reroll", id=str(first.job))
    before = recipe_from(first.data[0]["recipe"])
    after = recipe_from(again.data[0]["recipe"])
    assert after.seed != before.seed
    assert after.changed(seed=5) == before
    assert again.data[0]["parent"] == first.job


async def test_reroll_with_an_option_keeps_the_seed(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 5 --count 2")
    again = await talk.say("reroll", id=f"{first.job}.2 --steps 9")
    recipe = again.data[0]["recipe"]
    assert (recipe["seed"], recipe["steps"]) == (6, 9)
    assert again.data[0]["parent"] == f"{first.job}.2"
    assert len(again.pictures) == 1


async def test_reroll_without_an_id_takes_the_last_job_of_the_asker_here(talk: Talk) -> None:
    mine = await talk.say("imagine", prompt="a star")
    await talk.say("imagine", actor="console:bob", prompt="a heart")
    again = await talk.say("reroll")
    assert again.data[0]["parent"] == mine.job


async def test_verify_says_identical_and_leaves_no_trace(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --count 2")
    reply = await talk.say("verify", id=str(first.job))
    assert reply.exit_code == 0
    assert [entry["identical"] for entry in reply.data] == [True, True]
    history = await talk.say("history")
    assert [entry["job"] for entry in history.data] == [first.job]
    assert not list(talk.engine.incoming.iterdir())


async def test_verify_says_by_how_much_pixels_differ(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star")
    talk.engine.tint = "another version"
    reply = await talk.say("verify", id=str(first.job))
    assert reply.exit_code == 1
    assert not reply.data[0]["identical"]
    assert reply.data[0]["max"] > 0
    assert reply.data[0]["psnr"] > 0


async def test_cancel_stops_the_running_job_and_not_the_next(talk: Talk) -> None:
    talk.engine.hold.clear()
    first = await talk.answer("imagine", prompt="a star")
    second = await talk.answer("imagine", prompt="a heart")
    await talk.engine.begun.wait()
    reply = await talk.answer("cancel", id=str(first.job))
    assert reply.exit_code == 0
    talk.engine.hold.set()
    assert (await last_state(talk, first.job)).data[0]["status"] == "cancelled"
    assert (await last_state(talk, second.job)).data[0]["status"] == "done"


async def test_cancel_of_a_waiting_job_keeps_it_from_starting(talk: Talk) -> None:
    talk.engine.hold.clear()
    await talk.answer("imagine", prompt="a star")
    second = await talk.answer("imagine", prompt="a heart")
    await talk.answer("cancel", id=str(second.job))
    assert (await last_state(talk, second.job)).data[0]["status"] == "cancelled"
    talk.engine.hold.set()
    await talk.app.runner.idle()
    assert [order.recipe.prompt for order in talk.engine.orders] == ["a star"]


async def test_only_the_asker_or_an_admin_cancels(talk: Talk) -> None:
    talk.engine.hold.clear()
    job = (await talk.answer("imagine", prompt="a star")).job
    refused = await talk.answer("cancel", actor="console:bob", id=str(job))
    assert refused.exit_code == 1
    assert "admin" in refused.text
    allowed = await talk.answer("cancel", actor="console:admin", id=str(job))
    assert allowed.exit_code == 0
    over = await talk.answer("cancel", id=str(job))
    assert "already" in over.text
    talk.engine.hold.set()


async def test_a_failed_job_is_explained_and_the_next_one_works(talk: Talk) -> None:
    talk.engine.faults["a bad star"] = NotANumber("float16")
    failed = await talk.say("imagine", prompt="a bad star")
    assert failed.exit_code == 1
    assert failed.data[0]["status"] == "failed"
    assert "float16" in failed.text
    assert (await talk.say("imagine", prompt="a star")).exit_code == 0


async def test_private_jobs_are_hidden_from_others_but_not_from_admins(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a secret star --private")).job
    for command in ("show", "reroll", "verify"):
        other = await talk.say(command, actor="console:bob", id=str(job))
        assert "no job" in other.text
    assert (await talk.say("history", actor="console:bob")).data == ()
    assert (await talk.say("show", actor="console:admin", id=str(job))).data
    assert (await talk.say("show", id=str(job))).private


@pytest.mark.parametrize("pressed", [False, True])
async def test_a_check_can_be_cancelled_and_its_message_leads_to_what_it_checked(
    talk: Talk, *, pressed: bool
) -> None:
    made = await talk.say("imagine", prompt="a star --seed 3")
    talk.engine.hold.clear()
    talk.engine.begun.clear()
    check = str((await talk.answer("verify", id=str(made.job))).job)
    await talk.engine.begun.wait()

    async def click(action: str, actor: str = "console:ann") -> Reply:
        return await talk.app.service.click(Click(action, check, actor, ReplyTo("console", "a")))

    refused = await click("cancel", "console:bob")
    assert "admin" in refused.text
    cancelled = await (click("cancel") if pressed else talk.answer("cancel", id=check))
    assert cancelled.exit_code == 0
    last = await last_state(talk, check)
    assert (last.data[0]["status"], last.buttons) == ("cancelled", ())
    talk.engine.hold.set()
    await forgotten(talk, check)
    assert (await click("recipe")).data == ({"recipe": made.data[0]["recipe"]},)
    assert (await click("reroll")).data[0]["parent"] == made.job
    form = (await click("use")).form
    assert form is not None
    assert form.target == f"{made.job}.1"
    await talk.app.runner.idle()


async def test_the_message_of_a_private_check_leads_others_nowhere(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a secret star --private")
    check = str((await talk.say("verify", id=str(made.job))).job)
    for action in ("recipe", "reroll", "use"):
        asked = Click(action, check, "console:bob", ReplyTo("console", "a"))
        reply = await talk.app.service.click(asked)
        assert (reply.exit_code, str(made.job) in reply.text) == (1, False)


async def test_the_log_of_a_fault_holds_no_words_of_whoever_met_it(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    made = await talk.say("imagine", prompt="a star")
    drop = text("DROP TABLE job_search")
    await talk.app.store._database.write(lambda connection: connection.execute(drop))
    words = {"prompt": "a secret star"}
    pressed = Click("edit", str(made.job), "console:ann", ReplyTo("console", "a"), form=words)
    replies = [
        await talk.answer("imagine", prompt="a secret star --private"),
        await talk.app.service.click(pressed),
    ]
    for reply, name in zip(replies, ("/imagine", "the button edit"), strict=True):
        record = next(entry for entry in caplog.records if f" {name} of" in entry.getMessage())
        reference = record.getMessage().split()[1]
        assert record.getMessage() == f"fault {reference} in answer to {name} of console:ann"
        assert (reply.private, reference in reply.text) == (True, True)
    assert "job_search" in caplog.text
    assert "secret" not in caplog.text


async def test_jobs_of_one_person_are_limited(talk: Talk) -> None:
    talk.engine.hold.clear()
    for _ in range(5):
        assert (await talk.answer("imagine", prompt="a star")).exit_code == 0
    refused = await talk.answer("imagine", prompt="a star")
    assert refused.exit_code != 0
    assert "5" in refused.text
    talk.engine.hold.set()
    await talk.app.runner.idle()


async def test_history_finds_by_words_and_pages(talk: Talk) -> None:
    for prompt in ("a red star", "a blue star", "a red heart"):
        await talk.say("imagine", prompt=prompt)
    found = await talk.say("history", words="red")
    assert [entry["recipe"]["prompt"] for entry in found.data] == ["a red heart", "a red star"]
    page = await talk.say("history", words="--limit 2")
    assert len(page.data) == 2
    cursor = page.lines[-1][-1].text.split()[-1]
    rest = await talk.say("history", words=f"--limit 2 --before {cursor}")
    assert [entry["recipe"]["prompt"] for entry in rest.data] == ["a red star"]


async def test_favorites_are_kept_listed_and_dropped(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --count 2")).job
    await talk.say("favorites", id=f"{job}.2")
    kept = await talk.say("favorites")
    assert [e["id"] for e in kept.data] == [f"{job}.2"]
    assert kept.text == f"#{job}.2 a star"
    assert (await talk.say("favorites", actor="console:bob")).data == ()
    await talk.say("favorites", id=f"{job}.2 --remove")
    assert (await talk.say("favorites")).data == ()


async def test_settings_become_the_defaults_of_a_person(talk: Talk) -> None:
    await talk.say("settings", **{"": "--steps 9 --size 64x96"})
    job = await talk.say("imagine", prompt="a star")
    assert (job.data[0]["recipe"]["steps"], job.data[0]["recipe"]["width"]) == (9, 64)
    typed = await talk.say("imagine", prompt="a star --steps 3 --ar 1:1")
    assert (typed.data[0]["recipe"]["steps"], typed.data[0]["recipe"]["width"]) == (3, 128)
    other = await talk.say("imagine", actor="console:bob", prompt="a star")
    assert other.data[0]["recipe"]["steps"] == 20
    await talk.say("settings", **{"": "--reset steps"})
    assert (await talk.say("settings")).data == ({"size": "64x96"},)


async def test_settings_of_a_channel_need_an_admin_and_yield_to_personal_ones(talk: Talk) -> None:
    refused = await talk.say("settings", **{"": "--steps 9 --channel"})
    assert refused.exit_code == 1
    await talk.say("settings", actor="console:admin", **{"": "--steps 9 --channel"})
    assert (await talk.say("imagine", prompt="a star")).data[0]["recipe"]["steps"] == 9
    await talk.say("settings", **{"": "--steps 5"})
    assert (await talk.say("imagine", prompt="a star")).data[0]["recipe"]["steps"] == 5


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("x" * 100_000, "2000"),
        ("a\x00b", "U+0000"),
        ("a\x1bb", "U+001B"),
        ("a star --seed -1", "seed"),
        ("a star --seed 4294967296", "4294967295"),
        ("a star --seed abc", "whole number"),
        ("a star --steps 0", "1 … 100"),
        ("a star --steps 1000000000", "1 … 100"),
        ("a star --size 7x7", "7"),
        ("a star --size 100x100", "multiple of 8"),
        ("a star --size 99999x99999", "megapixels"),
        ("a star --lora inkstile", "inkstyle"),
        ("a star --sampler euler-b", "euler-a"),
        ("a star --model minni", "mini"),
        ("a star --strength 0.5", "input picture"),
        ("a star --image nowhere.png", "not there"),
        ("an ugly star", "ugly"),
        ("a star, (ugly:1.3)", "ugly"),
        ("a star --ar 900:1", "3:2"),
        ("a star --sead 4", "--seed"),
    ],
)
async def test_bad_input_is_one_clear_sentence_and_the_next_job_works(
    talk: Talk, text: str, words: str
) -> None:
    reply = await talk.say("imagine", prompt=text)
    assert reply.exit_code in (1, 2)
    assert reply.job is None
    assert words in reply.text
    assert "\n" not in reply.text
    assert reply.text.endswith(".")
    assert talk.engine.orders == []
    assert (await talk.say("imagine", prompt="a star")).exit_code == 0


async def test_a_blocked_word_may_be_what_somebody_does_not_want(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --no ugly things")
    assert made.data[0]["recipe"]["negative"] == "ugly things"


async def test_an_unknown_command_is_answered_with_the_nearest(talk: Talk) -> None:
    assert "imagine" in (await talk.say("imagin", prompt="x")).text


async def test_show_has_the_recipe_as_flags_that_make_it_again(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 3 --steps 7 --no red things")
    shown = await talk.say("show", id=f"{made.job}.1")
    flags = shown.lines[-1][-1].text
    again = await talk.say("imagine", prompt=f"a star {flags}")
    assert recipe_from(again.data[0]["recipe"]) == recipe_from(made.data[0]["recipe"])


async def test_show_of_an_open_job_is_an_answer_of_its_own(talk: Talk) -> None:
    talk.engine.hold.clear()
    running = await talk.answer("imagine", prompt="a star")
    await talk.engine.begun.wait()
    waiting = await talk.answer("imagine", prompt="a secret heart --private")
    shown = [await talk.answer("show", id=str(made.job)) for made in (running, waiting)]
    assert [reply.text.split("\n")[-1] for reply in shown] == [
        f"#{running.job} is being made.",
        f"#{waiting.job} waits behind 1 job, about 1 s.",
    ]
    assert [reply.data[0]["status"] for reply in shown] == ["running", "queued"]
    assert [(reply.job, reply.final, reply.private) for reply in shown] == [
        (None, True, False),
        (None, True, True),
    ]
    assert [[button.action for button in reply.buttons] for reply in shown] == [["cancel"]] * 2
    other = await talk.answer("show", actor="console:bob", id=str(running.job))
    assert (other.lines, other.buttons) == (shown[0].lines, ())
    talk.engine.hold.set()
    await talk.app.runner.idle()


async def test_buttons_reroll_edit_favorite_and_delete(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star --seed 3")

    def click(action: str, actor: str = "console:ann", **form: str) -> Click:
        return Click(action, str(made.job), actor, ReplyTo("console", "a"), form=form)

    service = talk.app.service
    actions = ["reroll", "edit", "recipe", "favorite", "delete", "vary", "upscale"]
    assert [b.action for b in made.buttons] == actions
    again = await service.click(click("reroll"))
    assert again.data[0]["parent"] == made.job
    form = (await service.click(click("edit"))).form
    assert form is not None
    values = {field.name: field.value for field in form.fields}
    edited = await service.click(click("edit", **values | {"prompt": "a heart"}))
    recipe = recipe_from(edited.data[0]["recipe"])
    assert recipe == recipe_from(made.data[0]["recipe"]).changed(prompt="a heart")
    await talk.app.runner.idle()
    assert (await service.click(click("favorite"))).exit_code == 0
    assert (await service.click(click("delete", actor="console:bob"))).exit_code == 1
    assert made.pictures[0].path.exists()
    assert (await service.click(click("delete"))).exit_code == 0
    assert not made.pictures[0].path.exists()
    assert "no job" in (await talk.say("show", id=str(made.job))).text


async def test_queue_shows_places_and_hides_private_prompts(talk: Talk) -> None:
    talk.engine.hold.clear()
    await talk.answer("imagine", prompt="a star")
    await talk.engine.begun.wait()
    await talk.answer("imagine", prompt="a secret --private")
    reply = await talk.answer("queue", actor="console:bob")
    assert [entry["place"] for entry in reply.data] == [0, 1]
    assert reply.data[0]["wait_seconds"] is None
    assert reply.data[1]["wait_seconds"] == round(reply.data[1]["wait_seconds"], 1) > 0
    assert "about 1 s" in reply.text
    assert "secret" not in reply.text
    talk.engine.hold.set()
    await talk.app.runner.idle()


async def forgotten(talk: Talk, check: str) -> None:
    """Wait until a check whose end is told is deleted."""

    async def poll() -> None:
        jobs = talk.app.store.jobs
        while not ((job := await jobs.get(check)) and job.deleted):  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.005)

    await asyncio.wait_for(poll(), 60)


async def last_state(talk: Talk, job: str | None) -> Reply:
    assert job is not None
    *_, last = [reply async for reply in talk.app.console.follow(job)]
    return last
