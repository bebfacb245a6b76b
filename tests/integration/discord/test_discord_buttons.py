"""Buttons, forms and the menus of messages: they work for ever, and for the right people."""

from __future__ import annotations

import io

from PIL import Image

from tests.discord_scene import Scene, labels, pictures, text_of


async def test_reroll_makes_a_new_picture_in_a_message_of_its_own(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine()
        click = await scene.emu.click(first, label="Reroll")
        second = await scene.done(click)
    assert second is not first
    assert pictures(second)[0].data != pictures(first)[0].data
    assert pictures(first), "the first message keeps its picture"


async def test_the_form_shows_the_recipe_and_changes_what_is_changed_in_it(scene: Scene) -> None:
    async with scene.bot() as app:
        first = await scene.imagine("a red circle", negative="border", steps=9)
        click = await scene.emu.click(first, label="Edit")
        await click.wait_ack()
        assert click.modal is not None
        sent = await scene.emu.submit_modal(click, {"prompt": "a blue square", "seed": "8"})
        second = await scene.done(sent)
        job = await app.store.jobs.get(pictures(second)[0].filename[:6])
        assert job is not None
    assert (job.recipe.prompt, job.recipe.seed) == ("a blue square", 8)
    assert (job.recipe.negative, job.recipe.steps) == ("border", 9)


async def test_the_recipe_is_told_to_whoever_asks_and_to_nobody_else(scene: Scene) -> None:
    stranger = scene.emu.user("bob")
    async with scene.bot():
        message = await scene.imagine("a red circle", steps=9)
        click = await scene.emu.click(message, label="Recipe", user=stranger)
        answer = await scene.answer(click)
    assert answer.ephemeral
    assert "--steps 9" in text_of(answer)


async def test_a_favourite_is_kept_for_who_pressed(scene: Scene) -> None:
    stranger = scene.emu.user("bob")
    async with scene.bot():
        message = await scene.imagine("a red circle")
        assert (
            await scene.answer(await scene.emu.click(message, label="Favorite", user=stranger))
        ).ephemeral
        ix = await scene.emu.slash("favorites", {}, user=stranger)
        assert "a red circle" in text_of(await scene.answer(ix))
        ix = await scene.emu.slash("favorites", {})
        assert "a red circle" not in text_of(await scene.answer(ix))


async def test_a_family_that_is_shown_goes_with_any_picture_on_it(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine("a red circle")
        second = await scene.done(await scene.emu.click(first, label="Reroll"))
        job = pictures(second)[0].filename[:6]
        stranger = scene.emu.user("bob")
        shown = await scene.answer(await scene.emu.slash("show", {"id": job}, user=stranger))
        assert len(pictures(shown)) == 2, "the picture and the family"
        await scene.emu.click(first, label="Delete")
        await scene.until(lambda: shown.deleted)
    assert not second.deleted


async def test_only_the_asker_or_an_admin_deletes(scene: Scene) -> None:
    stranger = scene.emu.user("bob")
    boss = scene.emu.user("boss")
    scene.options = {"access.admins": f'["discord:{boss["id"]}"]'}
    async with scene.bot() as app:
        one, two = await scene.imagine("one"), await scene.imagine("two")
        files = list((scene.folder / "data" / "pictures").rglob("*.png"))
        assert len(files) == 2
        refused = await scene.emu.click(one, label="Delete", user=stranger)
        assert (await scene.answer(refused)).ephemeral
        assert not one.deleted
        assert len(list((scene.folder / "data" / "pictures").rglob("*.png"))) == 2
        await scene.emu.click(one, label="Delete")
        await scene.until(lambda: one.deleted)
        await scene.emu.click(two, label="Delete", user=boss)
        await scene.until(lambda: two.deleted)
        assert list((scene.folder / "data" / "pictures").rglob("*.png")) == []
        assert (
            await app.store.jobs.last_of(
                f"discord:{refused.user_id}", f"discord:{scene.emu.channel_id}"
            )
            is None
        )


async def test_a_private_message_is_emptied_by_the_click_that_deletes_it(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a secret", private=True)
        await scene.emu.click(message, label="Delete")
        await scene.until(lambda: not message.attachments)
    assert labels(message) == []
    assert "a secret" not in text_of(message)


async def test_buttons_and_forms_of_an_earlier_process_still_work(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        form = await scene.emu.click(message, label="Edit")
        await form.wait_ack()
    async with scene.bot():
        again = await scene.done(await scene.emu.click(message, label="Reroll"))
        edited = await scene.done(await scene.emu.submit_modal(form, {"prompt": "a blue square"}))
        recipe = await scene.answer(await scene.emu.click(message, label="Recipe"))
        await scene.emu.click(message, label="Delete")
        await scene.until(lambda: message.deleted)
    assert pictures(again)
    assert "a blue square" in text_of(edited)
    assert "a red circle" in text_of(recipe)


async def test_the_menu_of_a_message_knows_which_job_it_shows(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
    async with scene.bot():
        recipe = await scene.answer(await scene.emu.message_command("Recipe", message))
        again = await scene.done(await scene.emu.message_command("Reroll", message))
    assert "a red circle" in text_of(recipe)
    assert again is not message


async def test_a_picture_that_somebody_else_posted_is_read_or_used(scene: Scene) -> None:
    plain = io.BytesIO()
    Image.new("RGB", (64, 64), "green").save(plain, "PNG")
    async with scene.bot() as app:
        ours = await scene.imagine("a red circle", steps=9)
        copied = await scene.emu.say(
            "look", files=[("x.png", ours.attachments[0].data, "image/png")]
        )
        other = await scene.emu.say("mine", files=[("y.png", plain.getvalue(), "image/png")])
        words = await scene.emu.say("only words")

        found = await scene.answer(await scene.emu.message_command("Recipe", copied))
        assert "--steps 9" in text_of(found)
        none = await scene.answer(await scene.emu.message_command("Recipe", other))
        assert none.ephemeral
        assert "no recipe" in text_of(none)
        for name in ("Recipe", "Reroll", "Use as input"):
            refused = await scene.answer(await scene.emu.message_command(name, words))
            assert refused.ephemeral
            assert "message" in text_of(refused)

        kept = await scene.answer(await scene.emu.message_command("Use as input", other))
        assert kept.ephemeral
        [label] = labels(kept)
        form = await scene.emu.click(kept, label=label)
        await form.wait_ack()
        done = await scene.done(await scene.emu.submit_modal(form, {"prompt": "a red circle"}))
        job = await app.store.jobs.get(pictures(done)[0].filename[:6])
        assert job is not None
        assert job.recipe.image is not None


async def test_a_picture_of_ours_is_used_as_input(scene: Scene) -> None:
    async with scene.bot() as app:
        message = await scene.imagine("a red circle")
        form = await scene.emu.message_command("Use as input", message)
        await form.wait_ack()
        assert form.modal is not None
        done = await scene.done(
            await scene.emu.submit_modal(form, {"prompt": "a blue square", "strength": "0.5"})
        )
        job = await app.store.jobs.get(pictures(done)[0].filename[:6])
        assert job is not None
        assert job.recipe.image is not None
        assert job.recipe.image.strength == 0.5
