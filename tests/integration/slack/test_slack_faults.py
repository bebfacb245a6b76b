"""Slack at its worst: the pictures arrive all the same, and once."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from sqlalchemy import Connection

from bot.adapters.slack import messages
from tests.chat_scene import soon
from tests.slack_scene import Scene, job_id, labels, pictures, text_of
from tests.slack_server import Delivery, File, Message

OPEN_FAULTS: list[dict[str, Any]] = [{"status": 500}, {"drop": True}, {"lost_answer": True}]


def jobs_messages(scene: Scene) -> list[Message]:
    """Return the messages of jobs, also those that are gone."""
    return [message for message in scene.emu.messages if message.payload.get("metadata")]


def kept_files(scene: Scene) -> list[File]:
    return [each for each in scene.emu.files.values() if each.completed and not each.deleted]


async def held(
    scene: Scene, prompt: str = "a red circle", **asker: Any
) -> tuple[Delivery, Message]:
    """Ask for a picture that is begun, but not made before the engine's hold is set."""
    scene.engine.hold.clear()
    asked = await scene.emu.slash("/imagine", prompt, **asker)
    message = await asked.wait_message(lambda m: "Cancel" in labels(m), timeout=60)
    await scene.until(lambda: scene.engine.orders, "it is begun")
    return asked, message


def pauses_after_refusals(scene: Scene, method: str) -> list[float]:
    """Return the seconds from each refused call of a method to the next one."""
    calls = [call for call in scene.emu.calls if call.method == method]
    pairs = itertools.pairwise(calls)
    return [after.t - before.t for before, after in pairs if before.out == 429]


async def test_updates_that_slack_has_no_room_for_wait_as_long_as_it_says(scene: Scene) -> None:
    async with scene.bot():
        _, message = await held(scene)
        fault = scene.emu.fault("chat.update", status=429, retry_after=1)
        scene.engine.hold.set()
        await scene.until(lambda: pictures(message))
    assert fault.hits == 1
    [pause] = pauses_after_refusals(scene, "chat.update")
    assert pause > 0.99
    assert jobs_messages(scene) == [message]


async def test_posts_that_slack_has_no_room_for_wait_as_long_as_it_says(scene: Scene) -> None:
    async with scene.bot():
        fault = scene.emu.fault("chat.postMessage", status=429, retry_after=1)
        message = await scene.imagine()
    assert fault.hits == 1
    [pause] = pauses_after_refusals(scene, "chat.postMessage")
    assert pause > 0.99
    assert jobs_messages(scene) == [message]


@pytest.mark.parametrize("wrong", OPEN_FAULTS)
async def test_an_update_that_fails_at_the_end_is_made_again(
    scene: Scene, wrong: dict[str, Any]
) -> None:
    async with scene.bot():
        _, message = await held(scene)
        fault = scene.emu.fault("chat.update", times=2, **wrong)
        scene.engine.hold.set()
        await scene.until(lambda: pictures(message))
        await scene.quiet()
    assert fault.hits == 2
    assert jobs_messages(scene) == [message]


@pytest.mark.parametrize("wrong", OPEN_FAULTS)
@pytest.mark.parametrize("place", ["channel", "thread", "direct", "private"])
async def test_a_post_that_fails_is_made_again_and_stands_there_once(
    scene: Scene, place: str, wrong: dict[str, Any]
) -> None:
    ann = scene.emu.user("ann")
    async with scene.bot():
        times = 2 if place == "channel" else 1
        fault = scene.emu.fault("chat.postMessage", times=times, **wrong)
        if place == "thread":
            asked = await scene.emu.mention("a red circle", user=ann)
        elif place == "direct":
            asked = await scene.emu.direct_message("a red circle", ann)
        else:
            words = "a red circle" + (" --private" if place == "private" else "")
            asked = await scene.emu.slash("/imagine", words, user=ann)
        message = await scene.done(asked)
        await scene.quiet()
    # What had arrived is found by its marker, so there is no second try.
    assert fault.hits == (1 if "lost_answer" in wrong else times)
    assert jobs_messages(scene) == [message]
    assert message.channel == (
        scene.emu.channel_id if place in ("channel", "thread") else scene.emu.dm(ann)["id"]
    )


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("files.getUploadURLExternal", {"status": 429}),
        ("upload", {"status": 500}),
        ("upload", {"lost_answer": True}),
        ("files.completeUploadExternal", {"status": 500}),
        ("files.completeUploadExternal", {"lost_answer": True, "times": 1}),
    ],
)
async def test_a_picture_whose_upload_fails_is_brought_again(
    scene: Scene, step: str, wrong: dict[str, Any]
) -> None:
    async with scene.bot():
        _, message = await held(scene)
        fault = scene.emu.fault(step, **{"times": 2} | wrong)
        scene.engine.hold.set()
        await scene.until(lambda: pictures(message))
        await scene.quiet()
    assert fault.left == 0
    [picture] = pictures(message)
    assert [each.id for each in kept_files(scene)] == [picture["slack_file"]["id"]]


async def test_pictures_that_slack_still_looks_at_are_shown_once_it_has(scene: Scene) -> None:
    scene.emu.processing_delay = 1.0
    async with scene.bot():
        message = await scene.imagine("two -n 2")
        await scene.quiet()
    assert len(pictures(message)) == 2
    assert len(kept_files(scene)) == 2, "each was brought once"
    assert jobs_messages(scene) == [message]


async def test_a_picture_that_slack_never_shows_is_brought_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "UNREADY_TRIES", 3)
    scene.emu.processing_delay = 1e6

    def brought() -> list[File]:
        return [each for each in scene.emu.files.values() if each.filename.endswith(".1.png")]

    async with scene.bot():
        asked = await scene.emu.slash("/imagine", "a red circle")
        await scene.until(lambda: len(brought()) > 1, "it is brought again")
        scene.emu.processing_delay = 0.0
        message = await scene.done(asked)
        await scene.quiet()
    [*lost, last] = brought()
    assert all(each.deleted for each in lost)
    assert pictures(message)[0]["slack_file"]["id"] == last.id


async def test_a_picture_that_is_no_longer_in_slack_is_brought_again(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine()
        await scene.quiet()
        [file] = kept_files(scene)
        file.deleted = True
        asked = await scene.emu.slash("/art", f"show {job_id(message)}")
        shown = await asked.wait_message(
            lambda m: bool(pictures(m)) and m is not message, timeout=60
        )
    [again] = kept_files(scene)
    assert pictures(shown)[0]["slack_file"]["id"] == again.id
    # The bot could not know that the file was gone.
    assert {each.method for each in scene.emu.violations} == {"chat.postMessage"}
    scene.emu.violations.clear()


async def test_a_message_that_a_moderator_deleted_comes_again_with_the_result(
    scene: Scene,
) -> None:
    async with scene.bot():
        _, message = await held(scene)
        scene.emu.moderate(message)
        scene.engine.hold.set()
        await scene.until(scene.results)
        await scene.quiet()
    assert len(jobs_messages(scene)) == 2
    [result] = scene.results()
    assert result.channel == message.channel


async def test_a_cancelled_job_whose_message_was_deleted_keeps_quiet(scene: Scene) -> None:
    async with scene.bot():
        _, message = await held(scene)
        scene.emu.moderate(message)
        told = await scene.emu.slash("/art", f"cancel {job_id(message)}")
        assert "stopped" in text_of(await scene.told(told))
        await scene.quiet()
    assert jobs_messages(scene) == [message]


@pytest.mark.parametrize("why", ["is_archived", "not_in_channel", "channel_not_found"])
async def test_a_channel_that_closes_meanwhile_sends_the_result_to_the_direct_messages(
    scene: Scene, why: str
) -> None:
    place = scene.emu.channel("here", private=why == "channel_not_found")
    ann = scene.emu.user("ann")
    async with scene.bot():
        asked, message = await held(scene, user=ann, channel=place)
        scene.emu.fault("chat.update", error=why, times=1000)
        place["is_archived"] = why == "is_archived"
        place["is_member"] = why == "is_archived"
        scene.engine.hold.set()
        await scene.until(scene.results)
        await scene.quiet()
        told = await scene.told(asked)
    [result] = scene.results()
    assert result.channel == scene.emu.dm(ann)["id"]
    assert "direct messages" in text_of(told)
    assert not pictures(message)


@pytest.mark.parametrize("private", [False, True])
async def test_where_the_bot_is_not_the_result_is_a_direct_message_and_the_asker_is_told_why(
    scene: Scene, private: bool
) -> None:
    place = scene.emu.channel("elsewhere", is_member=False, private=private)
    ann = scene.emu.user("ann")
    async with scene.bot():
        asked = await scene.emu.slash("/imagine", "a red circle", user=ann, channel=place)
        message = await scene.done(asked)
        await scene.quiet()
        told = [m for m in scene.emu.messages if m.user_only == ann["id"]]
    assert message.channel == scene.emu.dm(ann)["id"]
    assert jobs_messages(scene) == [message]
    [note] = told
    assert "/invite" in text_of(note)


async def test_a_public_channel_that_is_open_to_the_bot_gets_its_result(scene: Scene) -> None:
    scene.emu.public_posting = True
    place = scene.emu.channel("elsewhere", is_member=False)
    async with scene.bot():
        message = await scene.done(await scene.emu.slash("/imagine", "a fox", channel=place))
    assert message.channel == place["id"]


async def test_between_two_people_a_command_is_answered_as_far_as_slack_allows(
    scene: Scene,
) -> None:
    ann = scene.emu.user("ann")
    place = {**scene.emu.channel("x", is_member=False, private=True), "id": "D0BETWEEN1"}
    scene.emu.channels[place["id"]] = place | {"is_im": True, "user": "U0SOMEBODY"}
    async with scene.bot():
        asked = await scene.emu.slash("/imagine", "a red circle", user=ann, channel=place)
        message = await scene.done(asked)
        assert message.channel == scene.emu.dm(ann)["id"]
        assert "direct messages" in text_of(await scene.told(asked))
        secret = await scene.emu.slash("/imagine", "a secret --private", user=ann, channel=place)
        hidden = await scene.done(secret)
        assert hidden.channel == scene.emu.dm(ann)["id"]
        shown = await scene.emu.slash("/art", f"show {job_id(message)}", user=ann, channel=place)
        public = await shown.wait_message(lambda m: m.channel == place["id"] and bool(pictures(m)))
    assert public.user_only is None


async def test_a_thread_that_is_gone_sends_its_result_to_the_channel(scene: Scene) -> None:
    async with scene.bot():
        fault = scene.emu.fault("chat.postMessage", error="thread_not_found")
        message = await scene.done(await scene.emu.mention("a red circle"))
    assert fault.hits == 1
    assert (message.channel, message.thread_ts) == (scene.emu.channel_id, None)
    assert jobs_messages(scene) == [message]


async def test_without_the_right_to_bring_files_the_result_says_so(scene: Scene) -> None:
    async with scene.bot():
        scene.emu.fault("files.getUploadURLExternal", error="missing_scope", times=1000)
        asked = await scene.emu.slash("/imagine", "a red circle")
        message = await asked.wait_message(lambda m: "Reroll" in labels(m), timeout=60)
        await scene.quiet()
    assert "seed" in text_of(message)
    assert f"{job_id(message)}.1" in text_of(message)
    assert scene.results() == []


async def test_an_answer_whose_address_is_used_up_goes_another_way(scene: Scene) -> None:
    async with scene.bot():
        message = await scene.imagine("a red circle --steps 9")
        scene.emu.response_url_ttl = -1.0
        click = await scene.emu.click(message, text="Recipe")
        assert "steps 9" in text_of(await scene.told(click))


async def test_what_slack_sends_twice_is_done_once(scene: Scene) -> None:
    async with scene.bot():
        asked = await scene.emu.slash("/imagine", "one")
        await scene.emu.resend(asked)
        said = await scene.emu.mention("two")
        await scene.emu.send_again_as_retry(said)
        await scene.until(lambda: len(scene.results()) == 2)
        click = await scene.emu.click(await scene.done(asked), text="Reroll")
        await scene.emu.resend(click)
        listed = await scene.emu.slash("/art", "queue")
        await scene.emu.resend(listed)
        each = (asked, said, click, listed)
        await scene.until(lambda: all(one.acks == 2 for one in each), "both acknowledgements")
        await scene.until(lambda: len(scene.results()) == 3)
        await scene.quiet()
    assert len(jobs_messages(scene)) == 3
    assert len([m for m in scene.emu.messages if m.user_only]) == 1


async def test_an_event_that_comes_again_after_a_restart_is_known(scene: Scene) -> None:
    async with scene.bot():
        said = await scene.emu.mention("a red circle")
        message = await scene.done(said)
    async with scene.bot():
        await scene.emu.send_again_as_retry(said)
        await scene.until(lambda: said.acks == 2)
        await scene.quiet()
        await scene.imagine("another")
    assert len(jobs_messages(scene)) == 2
    assert jobs_messages(scene)[0] is message


async def test_a_connection_that_drops_under_a_job_costs_nothing(scene: Scene) -> None:
    async with scene.bot():
        _, message = await held(scene)
        await scene.emu.drop_socket()
        scene.engine.hold.set()
        await scene.until(lambda: pictures(message))
        await scene.emu.wait_connected(60)
        await scene.imagine("two")
    assert len(jobs_messages(scene)) == 2


async def test_a_storm_that_loses_its_connection_is_answered_as_far_as_it_was_heard(
    scene: Scene,
) -> None:
    async with scene.bot():
        asked = [await scene.emu.slash("/imagine", f"circle {n}") for n in range(12)]
        await scene.until(lambda: any(each.acked for each in asked))
        await scene.emu.drop_socket()
        await scene.emu.wait_connected(60)
        last = await scene.imagine("the last")

        def shown() -> list[str]:
            return [picture["alt_text"] for m in scene.results() for picture in pictures(m)]

        def heard() -> set[str]:
            return {each.payload["text"] for each in asked if each.acked}

        await scene.until(lambda: heard() <= set(shown()), "what was acknowledged is answered")
        await scene.quiet()
    assert pictures(last)
    assert len(shown()) == len(set(shown())), "once each"


async def test_a_connection_that_slack_renews_costs_nothing(scene: Scene) -> None:
    async with scene.bot():
        _, message = await held(scene)
        before = len(scene.emu.socket_log)
        await scene.emu.disconnect("refresh_requested")
        await scene.until(lambda: len(scene.emu.socket_log) >= before + 2, "a new socket")
        await scene.emu.wait_connected(60)
        scene.engine.hold.set()
        await scene.until(lambda: pictures(message))
        await scene.imagine("two")
    assert len(jobs_messages(scene)) == 2


async def limit(scene: Scene, pages: int) -> None:
    """Let the database grow to so many pages only; less than it has is as much as it has."""

    def work(connection: Connection) -> None:
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    await scene.app.store._database.write(work)


async def test_a_full_disk_is_told_to_whoever_asks_and_passes(scene: Scene) -> None:
    long = "many words " * 150
    async with scene.bot():
        message = await scene.imagine()
        await scene.quiet()
        await limit(scene, 1)
        full = []

        async def is_full() -> bool:
            asked = await scene.emu.slash("/imagine", long)
            await asked.wait_ack(60)
            full.append(asked)
            return asked.ack_payload is not None

        scene.engine.hold.clear()
        await soon(is_full)
        assert "disk" in text_of(await scene.told(full[-1])).lower()
        storm = [await scene.emu.slash("/imagine", long) for _ in range(12)]
        for each in storm:
            assert "disk" in text_of(await scene.told(each)).lower()
        await limit(scene, 10**6)
        scene.engine.hold.set()
        await scene.quiet()
        again = await scene.done(await scene.emu.click(message, text="Reroll"))
    assert pictures(again)
