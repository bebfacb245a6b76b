"""The life of a job's message, from the queue to the pictures."""

from __future__ import annotations

import pytest

from generation.errors import OutOfMemory
from generation.metadata import read_metadata
from tests.slack_scene import Scene, job_id, labels, pictures, text_of
from tests.slack_server import Delivery, Message

ENDED = ["Reroll", "Edit", "Recipe", "Favorite", "Delete", "Vary 1", "Upscale 1"]


def jobs_messages(scene: Scene) -> list[Message]:
    return [message for message in scene.emu.messages if message.payload.get("metadata")]


async def waiting(delivery: Delivery) -> Message:
    """Wait for the message of a job that goes on; another's may change at the same time."""
    prompt = delivery.payload["text"].partition(" --")[0]
    return await delivery.wait_message(
        lambda m: "Cancel" in labels(m) and prompt in text_of(m), timeout=60
    )


async def test_a_command_becomes_one_message_that_lives_until_its_picture(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        asked = await scene.emu.slash("/imagine", "a red circle++ on blue --seed 7")
        await asked.wait_ack()
        assert asked.ack_payload is None
        message = await waiting(asked)
        await scene.until(lambda: any(b["type"] == "image" for b in message.blocks), "a preview")
        assert "%" in text_of(message)
        assert pictures(message) == []
        scene.engine.hold.set()
        assert await scene.done(asked) is message, "it is the same message all along"
        job = await scene.job_of(message)

        def left() -> list[str]:
            return [each.filename for each in scene.emu.files.values() if not each.deleted]

        await scene.until(lambda: left() == [f"{job.id}.1.png"], "previews go")

    assert [edit.op for edit in message.history][:2] == ["post", "chat.update"]
    assert {edit.op for edit in message.history[1:]} == {"chat.update"}
    assert {edit.payload["ts"] for edit in message.history} == {message.ts}
    assert jobs_messages(scene) == [message]
    said = text_of(message)
    assert f"#{job.id}" in said
    assert "a red circle++ on blue" in said
    assert "seed 7" in said
    assert labels(message) == ENDED
    [picture] = pictures(message)
    assert picture["alt_text"] == "a red circle++ on blue"
    file = scene.emu.files[picture["slack_file"]["id"]]
    assert file.data is not None
    assert read_metadata(file.data).recipe == job.recipe


async def test_a_job_of_several_pictures_shows_them_all_in_order(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("three -n 3 --seed 4294967295")
    titles = [picture["title"]["text"] for picture in pictures(message)]
    assert [title.split()[0] for title in titles] == [f"{job_id(message)}.{n}" for n in (1, 2, 3)]
    assert [title.split()[-1] for title in titles] == ["4294967295", "0", "1"]
    assert len({picture["slack_file"]["id"] for picture in pictures(message)}) == 3


async def test_a_failed_job_says_why_in_its_message(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.faults["too much"] = OutOfMemory("cuda", 1024, 1024)
        asked = await scene.emu.slash("/imagine", "too much")
        message = await asked.wait_message(lambda m: "memory" in text_of(m), timeout=60)
    assert pictures(message) == []
    assert "Reroll" in labels(message)
    assert "Cancel" not in labels(message)


async def test_cancel_stops_a_job_that_runs_and_one_that_waits(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        first = await waiting(await scene.emu.slash("/imagine", "slow"))
        await scene.until(lambda: scene.engine.orders)
        second = await waiting(await scene.emu.slash("/imagine", "next"))
        assert "waits behind 1 job" in text_of(second)
        for message in (second, first):
            click = await scene.emu.click(message, text="Cancel")
            assert "being stopped" in text_of(await scene.told(click))
            await scene.until(lambda m=message: "cancelled" in text_of(m))  # type: ignore[misc]
            assert "Cancel" not in labels(message)
        assert [order.recipe.prompt for order in scene.engine.orders] == ["slow"]
    assert scene.results() == []
    assert len(jobs_messages(scene)) == 2


async def test_a_job_that_waits_is_told_when_its_turn_has_come(scene: Scene) -> None:
    async with scene.bot():
        scene.engine.hold.clear()
        await waiting(await scene.emu.slash("/imagine", "one"))
        second = await waiting(await scene.emu.slash("/imagine", "two"))
        scene.engine.hold.set()
        await scene.until(lambda: pictures(second))
    states = [str(edit.payload["blocks"]) for edit in second.history]
    assert "waits behind 1 job" in states[0]
    assert "seed" in states[-1]


async def test_a_job_of_a_button_lives_in_the_thread_of_its_message(scene: Scene) -> None:
    async with scene.bot():
        first = await scene.imagine()
        second = await scene.done(await scene.emu.click(first, text="Reroll"))
        third = await scene.done(await scene.emu.click(second, text="Reroll"))
    assert second.thread_ts == first.ts
    assert third.thread_ts == first.ts, "a thread has no threads"
    assert f"from #{job_id(first)}" in text_of(second)
    assert len(scene.results()) == 3


async def test_a_private_job_lives_where_only_its_asker_sees_it(scene: Scene) -> None:
    ann, bob = scene.emu.user("ann"), scene.emu.user("bob")
    async with scene.bot():
        asked = await scene.emu.slash("/imagine", "a secret --private", user=ann)
        await asked.wait_ack()
        assert asked.ack_payload["response_type"] == "ephemeral"
        message = await scene.done(asked)
        told = await scene.told(asked)
        history = await scene.told(await scene.emu.slash("/art", "history", user=bob))
    assert message.channel == scene.emu.dm(ann)["id"]
    assert "direct messages" in text_of(told)
    assert "secret" not in text_of(told)
    assert "secret" not in text_of(history)
    here = [m for m in scene.emu.messages if m.channel == scene.emu.channel_id]
    assert {m.user_only for m in here} == {ann["id"], bob["id"]}, "nobody else hears of it"


async def test_a_private_job_of_the_direct_messages_needs_no_such_sentence(scene: Scene) -> None:
    ann = scene.emu.user("ann")
    async with scene.bot():
        asked = await scene.emu.slash(
            "/imagine", "a secret --private", user=ann, channel=scene.emu.dm(ann)
        )
        message = await scene.done(asked)
    assert asked.ack_payload is None
    assert message.channel == scene.emu.dm(ann)["id"]


@pytest.mark.parametrize("words", [("/imagine", ""), ("/imagine", "  "), ("/art", "imagine")])
async def test_imagine_without_a_word_opens_a_form_with_every_option(
    scene: Scene, words: tuple[str, str]
) -> None:
    async with scene.bot():
        asked = await scene.emu.slash(*words)
        await asked.wait_ack()
        assert asked.ack_payload is None
        view = await scene.emu.wait_view()
        sent = await scene.emu.submit(
            view,
            {"prompt": "a red circle", "seed": "7", "steps": 9, "lora": ["inkstyle"], "count": 2},
        )
        message = await scene.done(sent)
        job = await scene.job_of(message)
    assert not view.open
    assert message.channel == scene.emu.channel_id
    assert (job.recipe.prompt, job.recipe.seed, job.recipe.steps) == ("a red circle", 7, 9)
    assert [lora.name for lora in job.recipe.loras] == ["inkstyle"]
    assert len(pictures(message)) == 2


async def test_what_is_wrong_in_the_form_is_said_below_its_input(scene: Scene) -> None:
    async with scene.bot() as app:
        await scene.emu.slash("/imagine")
        view = await scene.emu.wait_view()
        sent = await scene.emu.submit(view, {"prompt": "x", "seed": "many"})
        await sent.wait_ack()
        assert view.open
        assert list(view.errors or {}) == ["seed"]
        assert await app.store.jobs.unfinished() == ()
        done = await scene.done(await scene.emu.submit(view, {"prompt": "x", "seed": "8"}))
        assert (await scene.job_of(done)).recipe.seed == 8


async def test_a_private_job_of_the_form_goes_to_the_direct_messages(scene: Scene) -> None:
    async with scene.bot():
        await scene.emu.slash("/imagine")
        view = await scene.emu.wait_view()
        sent = await scene.emu.submit(view, {"prompt": "a secret", "private": ["yes"]})
        message = await scene.done(sent)
    assert message.channel == scene.emu.dm(scene.emu.user())["id"]


async def test_a_mention_in_a_channel_is_answered_in_a_thread_of_it(scene: Scene) -> None:
    async with scene.bot():
        asked = await scene.emu.mention("a red circle --seed 7")
        message = await scene.done(asked)
        job = await scene.job_of(message)
    assert message.thread_ts == asked.payload["event"]["ts"]
    assert (job.recipe.prompt, job.recipe.seed) == ("a red circle", 7)


async def test_a_mention_in_a_thread_is_answered_there(scene: Scene) -> None:
    root = scene.emu.say("look at this")
    async with scene.bot():
        message = await scene.done(await scene.emu.mention("a fox", thread_ts=root.ts))
    assert message.thread_ts == root.ts


async def test_a_direct_message_is_a_prompt(scene: Scene) -> None:
    ann = scene.emu.user("ann")
    async with scene.bot():
        plain = await scene.done(await scene.emu.direct_message("a <b> & c", ann))
        root = scene.emu.say("a talk", user=ann, channel=scene.emu.dm(ann))
        inside = await scene.done(await scene.emu.direct_message("a fox", ann, thread_ts=root.ts))
        assert (await scene.job_of(plain)).recipe.prompt == "a <b> & c"
    assert "a &lt;b&gt; &amp; c" in plain.text
    assert (plain.channel, plain.thread_ts) == (scene.emu.dm(ann)["id"], None)
    assert inside.thread_ts == root.ts


async def test_a_mention_without_a_word_is_told_what_there_is(scene: Scene) -> None:
    async with scene.bot():
        answer = await scene.told(await scene.emu.mention(""))
    assert "/imagine" in text_of(answer)


async def test_what_the_bot_itself_or_a_channel_says_is_no_prompt(scene: Scene) -> None:
    place = scene.emu.dm(scene.emu.user())["id"]
    async with scene.bot() as app:
        for more in (
            {"channel": place, "bot_id": scene.emu.bot_id},
            {"channel": place, "subtype": "message_changed"},
            {"channel": scene.emu.channel_id},
        ):
            said = await scene.emu.event({"type": "message", "text": "a fox", **more})
            await said.wait_ack()
        assert await app.store.jobs.unfinished() == ()
        await scene.imagine()
    assert len(scene.emu.messages) == 1


async def test_every_command_is_a_word_of_art(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle --steps 9")
        job = job_id(message)
        expected = {
            "queue": "Nothing runs", f"favorites {job}.1": job,
            "loras": "inkstyle", "models": "mini", "settings --steps 12": "12",
            "help imagine": "--seed", "": "/imagine", "HELP": "/imagine",
            f"cancel {job}": "done already",
            "histroy": "history", "reroll zzzzzz": "zzzzzz",
        }  # fmt: skip
        for words, answer in expected.items():
            asked = await scene.emu.slash("/art", words)
            assert answer in text_of(await scene.told(asked)), words
            assert asked.ack_payload["response_type"] == "ephemeral", words
        listed = await scene.done(await scene.emu.slash("/art", "history circle"))
        assert (job in text_of(listed), listed.user_only) == (True, scene.emu.user()["id"])
        shown = await scene.done(await scene.emu.slash("/art", f"show #{job}"))
        assert pictures(shown)[0]["slack_file"] == pictures(message)[0]["slack_file"]
        checked = await scene.emu.slash("/art", f"verify {job}")
        await checked.wait_message(lambda m: "identical" in text_of(m), timeout=60)
        for asked in (
            await scene.emu.slash("/art", f"reroll {job} --seed random"),
            await scene.emu.slash("/reroll", f"{job} --seed 5"),
            await scene.emu.slash("/reroll"),
        ):
            again = await asked.wait_message(
                lambda m: bool(pictures(m)) and "from #" in text_of(m), timeout=60
            )
            assert again is not message


async def test_a_refusal_is_private_and_stores_nothing(scene: Scene) -> None:
    async with scene.bot() as app:
        asked = await scene.emu.slash("/imagine", "a cat --sede 4")
        assert "--seed" in text_of(await scene.told(asked))
        assert await app.store.jobs.unfinished() == ()
