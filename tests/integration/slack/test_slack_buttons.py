"""Buttons, forms and the menus of messages: they work for ever, and for the right people."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from bot import texts
from bot.service.answers.clicks import PRESSES
from tests.chat_scene import PATIENCE
from tests.slack_scene import Scene, job_id, labels, pictures, text_of
from tests.slack_server import Delivery, File, Message


def kept_files(scene: Scene) -> list[File]:
    return [each for each in scene.emu.files.values() if each.completed and not each.deleted]


def stored(scene: Scene) -> list[str]:
    return sorted(each.name for each in (scene.folder / "data" / "pictures").rglob("*.png"))


async def form_of(scene: Scene, click: Delivery) -> None:
    await click.wait_ack()
    assert click.ack_payload is None


@asynccontextmanager
async def asked_again(scene: Scene, restarts: bool) -> AsyncIterator[Message]:
    """Give a message with a picture, of this process or of one that is gone."""
    if restarts:
        async with scene.bot():
            message = await scene.imagine("a red circle --steps 9 --seed 7")
            await scene.quiet()
        async with scene.bot():
            yield message
    else:
        async with scene.bot():
            message = await scene.imagine("a red circle --steps 9 --seed 7")
            await scene.quiet()
            yield message


async def reroll(scene: Scene, message: Message) -> None:
    again = await scene.done(await scene.emu.click(message, text="Reroll"))
    assert again is not message
    assert (await scene.job_of(again)).recipe.seed != 7


async def edit(scene: Scene, message: Message) -> None:
    await form_of(scene, await scene.emu.click(message, text="Edit"))
    view = await scene.emu.wait_view()
    sent = await scene.emu.submit(view, {"prompt": "a blue square", "seed": "8"})
    job = await scene.job_of(await scene.done(sent))
    assert (job.recipe.prompt, job.recipe.seed, job.recipe.steps) == ("a blue square", 8, 9)


async def vary(scene: Scene, message: Message) -> None:
    near = await scene.done(await scene.emu.click(message, text="Vary 1"))
    job = await scene.job_of(near)
    assert (job.parent, len(job.recipe.variations)) == (f"{job_id(message)}.1", 1)


async def upscale(scene: Scene, message: Message) -> None:
    large = await scene.done(await scene.emu.click(message, text="Upscale 1"))
    job = await scene.job_of(large)
    assert job.parent == f"{job_id(message)}.1"
    assert job.recipe.upscale is not None


async def take(scene: Scene, message: Message) -> None:
    asked = await scene.emu.slash("/art", f"compare #{job_id(message)} --axis steps=3,4")
    sheet = await scene.done(asked)
    taken = await scene.done(await scene.emu.click(sheet, text="Take 2"))
    assert "steps 4" in text_of(taken)


async def recipe(scene: Scene, message: Message) -> None:
    told = await scene.told(await scene.emu.click(message, text="Recipe"))
    assert "steps 9" in text_of(told)


async def favorite(scene: Scene, message: Message) -> None:
    await scene.told(await scene.emu.click(message, text="Favorite"))
    listed = await scene.told(await scene.emu.slash("/art", "favorites"))
    assert job_id(message) in text_of(listed)


async def delete(scene: Scene, message: Message) -> None:
    click = await scene.emu.click(message, text="Delete")
    assert "deleted" in text_of(await scene.told(click))
    await scene.until(lambda: message.deleted)


async def cancel(scene: Scene, _message: Message) -> None:
    scene.engine.hold.clear()
    asked = await scene.emu.slash("/imagine", "slow")
    waiting = await asked.wait_message(lambda m: "Cancel" in labels(m))
    await scene.told(await scene.emu.click(waiting, text="Cancel"))
    await scene.until(lambda: "cancelled" in text_of(waiting))


async def show(scene: Scene, message: Message) -> None:
    await scene.emu.open_home()
    ann = scene.emu.user()
    await scene.until(lambda: f"do:show:{job_id(message)}.1" in str(scene.emu.published))
    click = await scene.emu.click(scene.emu.home(ann), f"do:show:{job_id(message)}.1")
    shown = await click.wait_message(lambda m: bool(pictures(m)) and m is not message)
    assert shown.channel == scene.emu.dm(ann)["id"]


async def look(scene: Scene, message: Message) -> None:
    listed = await scene.told(await scene.emu.slash("/art", "history"))
    shown = await scene.told(await scene.emu.click(listed, text=f"#{job_id(message)}"))
    assert "steps 9" in text_of(shown)


async def older(scene: Scene, message: Message) -> None:
    page = await turned(scene, message)
    assert job_id(message) in text_of(page)


async def newer(scene: Scene, message: Message) -> None:
    page = await turned(scene, message)
    await scene.emu.click(page, text="Newer")
    await scene.until(lambda: "a blue star" in text_of(page))


async def turned(scene: Scene, message: Message) -> Message:
    """Turn to the second page of the history, where a message of before is."""
    await scene.imagine("a blue star")
    page = await scene.told(await scene.emu.slash("/art", "history --limit 1"))
    await scene.emu.click(page, text="Older")
    await scene.until(lambda: job_id(message) in text_of(page) and "Newer" in labels(page))
    return page


async def reveal(scene: Scene, _message: Message) -> None:
    scene.engine.flagged = 0.9
    click = await scene.emu.click(await hidden(scene, "a blue circle"), text="Show it to me")
    shown = await scene.told(click)
    assert (len(pictures(shown)), shown.user_only) == (1, click.user)


async def hidden(scene: Scene, prompt: str) -> Message:
    """Ask for a picture that is hidden, and return the message that speaks of it."""
    asked = await scene.emu.slash("/imagine", prompt)
    return await asked.wait_message(
        lambda m: "for everybody's eyes" in text_of(m), timeout=PATIENCE
    )


async def use(scene: Scene, message: Message) -> None:
    picture = scene.emu.say("mine", files=[sent_file(scene, message)])
    kept = await scene.told(await scene.emu.shortcut("use", message=picture))
    await form_of(scene, await scene.emu.click(kept, text=texts.BUTTONS["use"]))
    view = await scene.emu.wait_view()
    done = await scene.done(await scene.emu.submit(view, {"prompt": "a blue square"}))
    assert (await scene.job_of(done)).recipe.image is not None


def sent_file(scene: Scene, message: Message) -> File:
    """Let somebody send the picture of a message by themselves."""
    ours = scene.emu.files[pictures(message)[0]["slack_file"]["id"]]
    assert ours.data is not None
    return scene.emu.user_file("mine.png", ours.data)


PRESSED = {each.__name__: each for each in (
    reroll, edit, vary, upscale, take, recipe, favorite, delete, cancel, use, show, look, newer,
    older, reveal,
)}  # fmt: skip


def test_every_button_is_pressed_here() -> None:
    assert PRESSED.keys() == PRESSES.keys()


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize("action", PRESSED)
async def test_a_button_works_also_in_a_message_of_an_earlier_process(
    scene: Scene, action: str, restarts: bool
) -> None:
    scene.options = {"safety.action": '"spoiler"'}
    async with asked_again(scene, restarts) as message:
        await PRESSED[action](scene, message)
        await scene.quiet()


async def test_the_buttons_of_a_message_that_only_one_sees_work(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        copied = scene.emu.say("mine", files=[sent_file(scene, message)])
        kept = await scene.told(await scene.emu.shortcut("use", message=copied))
    async with scene.bot():
        await scene.emu.click(kept, text=texts.BUTTONS["use"])
        view = await scene.emu.wait_view()
        done = await scene.done(await scene.emu.submit(view, {"prompt": "a blue square"}))
    assert (done.channel, done.user_only) == (message.channel, None)


async def test_a_form_that_an_earlier_process_opened_is_taken(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        await scene.emu.click(message, text="Edit")
        view = await scene.emu.wait_view()
    async with scene.bot():
        done = await scene.done(await scene.emu.submit(view, {"prompt": "a blue square"}))
    assert done.thread_ts == message.ts
    assert "a blue square" in text_of(done)


async def test_only_the_asker_or_an_admin_deletes(scene: Scene) -> None:
    boss, stranger = scene.emu.user("boss"), scene.emu.user("bob")
    scene.options = {"access.admins": f'["slack:{scene.emu.team["id"]}:{boss["id"]}"]'}
    async with scene.bot():
        one, two = await scene.imagine("one"), await scene.imagine("two")
        await scene.quiet()
        assert len(stored(scene)) == 2
        refused = await scene.told(await scene.emu.click(one, text="Delete", user=stranger))
        assert "deleted" not in text_of(refused)
        assert not one.deleted
        assert len(stored(scene)) == 2
        await scene.emu.click(one, text="Delete")
        await scene.until(lambda: one.deleted)
        await scene.emu.click(two, text="Delete", user=boss)
        await scene.until(lambda: two.deleted)
        await scene.until(lambda: not kept_files(scene), "its files in Slack go, too")
    assert stored(scene) == []


async def test_delete_takes_down_every_message_that_shows_it_and_its_files(scene: Scene) -> None:
    async with scene.bot():
        keep = await scene.imagine("another")
        message = await scene.imagine("two -n 2")
        job = job_id(message)
        copies: list[Message] = []
        for asked in (
            await scene.emu.slash("/art", f"show {job}"),
            await scene.emu.slash("/art", f"show {job}.2", user=scene.emu.user("bob")),
            await scene.emu.slash("/art", f"show {job}", channel=scene.emu.channel("there")),
        ):
            copies.append(await asked.wait_message(new(scene, [keep, message, *copies])))
        await scene.quiet()
    async with scene.bot():
        await scene.emu.click(message, text="Delete")
        await scene.until(lambda: all(each.deleted for each in (message, *copies)))
        await scene.until(lambda: len(kept_files(scene)) == 1)
    assert scene.results() == [keep]
    assert [each.id for each in kept_files(scene)] == [pictures(keep)[0]["slack_file"]["id"]]


def new(scene: Scene, known: list[Message]) -> Callable[[Message], bool]:
    """Say whether a message shows pictures and was not there before."""
    return lambda message: bool(pictures(message)) and message not in known


async def test_a_job_that_is_deleted_while_it_runs_leaves_nothing(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        asked = await scene.emu.slash("/imagine", "slow --private")
        message = await asked.wait_message(lambda m: "%" in text_of(m))
        await scene.until(lambda: kept_files(scene), "a preview")
        click = await scene.emu.shortcut("recipe", message=message)
        assert "slow" in text_of(await scene.told(click))
        await scene.emu.click(message, text="Cancel")
        await scene.until(lambda: "Delete" in labels(message))
        await scene.emu.click(message, text="Delete")
        await scene.until(lambda: message.deleted)
        await scene.until(lambda: not kept_files(scene))
        await scene.quiet()


async def test_what_is_wrong_in_the_form_of_edit_is_said_in_it(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle --steps 9")
        await scene.emu.click(message, text="Edit")
        view = await scene.emu.wait_view()
        right = {"prompt": "x", "seed": "1", "settings": "--steps 8"}
        for name, value in {
            "seed": "many",
            "settings": "--steps 9999",
            "prompt": "x --sede 4",
        }.items():
            sent = await scene.emu.submit(view, right | {name: value})
            await sent.wait_ack()
            assert view.open, name
            assert list(view.errors or {}) == [name]
        done = await scene.done(await scene.emu.submit(view, right))
        assert (await scene.job_of(done)).recipe.steps == 8


async def test_a_prompt_that_no_form_can_hold_is_told_so(scene: Scene) -> None:
    scene.options = {"limits.prompt_chars": "20000"}
    async with scene.bot():
        message = await scene.imagine("many words " * 300)
        told = await scene.told(await scene.emu.click(message, text="Edit"))
    assert "/reroll" in text_of(told)
    assert scene.emu.views == []


@pytest.mark.parametrize("press", ["Edit", "/imagine", "imagine"])
async def test_who_presses_too_late_for_a_form_is_told_so(scene: Scene, press: str) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        scene.emu.trigger_ttl = -1.0
        if press == "Edit":
            pressed = await scene.emu.click(message, text=press)
        elif press == "imagine":
            pressed = await scene.emu.shortcut(press)
        else:
            pressed = await scene.emu.slash(press)
        told = await pressed.wait_message(lambda m: "press again" in text_of(m))
    assert told.user_only == pressed.user or told.channel == scene.emu.dm(scene.emu.user())["id"]
    assert scene.emu.views == []


async def test_a_button_that_nobody_knows_is_answered_or_left_alone(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle")
        block, button = message.find(text="Reroll")
        button["action_id"] = "do:dance:abcdef"
        told = await scene.told(await scene.emu.click(message, text="Reroll"))
        assert "dance" in text_of(told)
        button["action_id"] = "another bot's"
        await (await scene.emu.click(message, text="Reroll")).wait_ack()
        button["action_id"] = "do:reroll:zzzzzz"
        click = await scene.emu.click(message, text="Reroll")
        gone = await click.wait_message(lambda m: "zzzzzz" in text_of(m))
    assert gone.user_only
    assert scene.results() == [message]
    assert block["type"] == "actions"
