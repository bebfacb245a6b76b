from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.calm import AT_ONCE, STORM
from bot.adapters.patience import SETTLE_SECONDS
from bot.adapters.slack.responding import (
    PATIENCE,
)
from bot.reply import Reply, line
from bot.service.service import refusal
from generation.errors import BadImage, OutOfMemory
from storage.records import Promise, utc_now
from tests.slack_network import HOOK
from tests.slack_responder import (
    ASKED,
    POST,
    REFUSED,
    SAID,
    STARTED,
    Scene,
    answered,
    in_scene,
    picture,
    submitted,
)

# In time ------------------------------------------------------------------------------------------


def test_what_only_the_asker_sees_goes_with_the_acknowledgement() -> None:
    scene = answered(REFUSED, after=PATIENCE - 0.1)
    assert scene.what == ["ask", "ack"]
    [given] = scene.answers
    assert given is not None
    assert (given["text"], given["response_type"]) == ("No.", "ephemeral")


def test_where_the_acknowledgement_cannot_speak_the_asker_is_told_after_it() -> None:
    scene = answered(REFUSED, speaks=False)
    assert scene.what == ["ask", "ack", "respond", "keep"]
    assert scene.answers == [None]
    [told] = scene.network.of("respond")
    assert (told["url"], told["response_type"], told["text"]) == (HOOK, "ephemeral", "No.")


def test_a_refusal_that_the_acknowledgement_cannot_tell_is_promised_before_it() -> None:
    scene = answered(replace(REFUSED, problem=line("No.")), speaks=False)
    assert scene.what == ["ask", "promise", "ack", "respond", "keep"]


def test_what_is_for_all_is_posted_after_the_acknowledgement() -> None:
    scene = answered(SAID)
    assert scene.what == ["ask", "ack", POST, "keep"]
    assert scene.network.of(POST)[0]["channel"] == "C100"


def test_a_job_is_acknowledged_once_it_is_stored_and_then_shown() -> None:
    scene = answered(STARTED)
    assert scene.what == ["ask", "ack", POST]
    assert scene.answers == [None]
    [post] = scene.store.posts.known
    assert (post.job, post.kind) == ("k7f3q2", "job")


def test_who_asks_for_something_private_in_a_channel_is_told_where_it_comes() -> None:
    hidden = replace(STARTED, private=True)
    [given] = answered(hidden).answers
    assert given is not None
    assert given["response_type"] == "ephemeral"
    assert "k7f3q2" in given["text"]
    assert answered(hidden, asked=replace(ASKED, channel="D900")).answers == [None]
    assert answered(hidden, speaks=False).answers == [None]


def test_pictures_are_promised_before_they_are_brought(tmp_path: Path) -> None:
    scene = answered(replace(SAID, pictures=(picture(tmp_path),)))
    assert scene.what[:3] == ["ask", "promise", "ack"]
    assert scene.what[-2:] == [POST, "keep"]
    assert {post.kind for post in scene.store.posts.known} == {"file", "shown"}


def test_a_fault_is_a_private_answer_with_a_number_that_the_log_has(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def fail() -> Reply:
        raise ZeroDivisionError("of the universe")

    async def refuse() -> Reply:
        raise BadImage("not shared", "x.png")

    async def play(scene: Scene) -> None:
        for ask in (fail, refuse):
            scene.acknowledge(await scene.responder.respond(ASKED, ask, speaks=True))

    with caplog.at_level(logging.ERROR):
        first, second = in_scene(play).answers
    [record] = caplog.records
    assert first is not None
    assert record.getMessage().split()[1] in first["text"]
    assert "universe" not in first["text"]
    assert second is not None
    assert second["text"] == refusal(BadImage("not shared", "x.png")).text


# A modal that was sent ----------------------------------------------------------------------------


def test_a_refusal_keeps_the_modal_open() -> None:
    scene = submitted(replace(REFUSED, problem=line("No.")))
    assert scene.answers == [{"response_action": "errors", "errors": {"prompt": "No."}}]
    assert scene.what == ["ask", "ack"]


def test_a_modal_becomes_what_is_only_told() -> None:
    scene = submitted(REFUSED)
    [given] = scene.answers
    assert given is not None
    assert (given["response_action"], given["view"]["type"]) == ("update", "modal")
    assert scene.what == ["ask", "ack"]


def test_a_modal_closes_over_a_job_and_over_what_is_for_all() -> None:
    job = submitted(STARTED)
    assert (job.answers, job.what) == ([None], ["ask", "ack", POST])
    said = submitted(SAID)
    assert (said.answers, said.what) == ([None], ["ask", "ack", POST, "keep"])


def test_a_slow_modal_is_promised_and_answered_after_it_has_closed() -> None:
    scene = submitted(REFUSED, after=PATIENCE + 1)
    assert scene.what == ["ask", "promise", "ack", "chat.postEphemeral", "keep"]


def test_a_modal_does_not_wait_in_a_storm() -> None:
    async def play(scene: Scene) -> None:
        await asyncio.gather(*(scene.submit(REFUSED, after=0.5) for _ in range(2 * STORM)))

    scene = in_scene(play)
    assert "promise" not in scene.what
    assert None not in scene.answers


# Later --------------------------------------------------------------------------------------------


def test_a_slow_answer_is_promised_before_it_is_acknowledged_and_kept_after_it_came() -> None:
    scene = answered(SAID, after=PATIENCE + 1)
    assert scene.what == ["ask", "promise", "ack", POST, "keep"]
    requests = {each.what: each for each in scene.network.requests}
    assert requests["promise"].arguments["id"] == requests["keep"].arguments["id"] == "77"
    assert 1.4 < requests["ack"].at - requests["ask"].at < 2.5
    assert scene.store.promises.owed == {}


def test_a_promise_has_what_was_asked_for_and_how_it_can_be_answered() -> None:
    seen: list[Promise] = []

    async def play(scene: Scene) -> None:
        for asked in (ASKED, replace(ASKED, key="78", response_url="")):
            answer = asyncio.create_task(scene.answer(SAID, after=9, asked=asked))
            await asyncio.sleep(PATIENCE + 1)
            seen.extend(scene.store.promises.owed.values())
            await answer

    in_scene(play)
    first, *_, second = seen
    assert (first.platform, first.channel, first.ticket.token) == ("slack", "C100", HOOK)
    assert first.request == {"kind": "command", "body": {"command": "/imagine", "text": "a fox"}}
    assert timedelta(minutes=20) < first.ticket.expires - utc_now() < timedelta(minutes=31)
    assert second.channel == "U50", "nobody else is owed an answer"


def test_a_slow_job_is_not_asked_for_again_though_its_promise_came_after_it() -> None:
    scene = answered(STARTED, after=PATIENCE + 1)
    assert scene.what[:3] == ["ask", "promise", "ack"]
    assert POST in scene.what
    assert scene.store.promises.owed == {}


def test_who_waited_for_a_private_job_is_told_where_it_goes_on() -> None:
    scene = answered(replace(STARTED, private=True), after=PATIENCE + 1)
    [told] = scene.network.of("respond")
    assert "direct messages" in told["text"]


def test_slow_answers_hold_nobody_up() -> None:
    async def play(scene: Scene) -> None:
        slow = [
            scene.answer(SAID, after=60, asked=replace(ASKED, key=str(number)))
            for number in range(3 * AT_ONCE)
        ]
        waiting = asyncio.gather(*slow)
        await asyncio.sleep(PATIENCE + 5)
        async with asyncio.timeout(5):
            await scene.calm.passed()
        await waiting

    in_scene(play)


def test_on_a_full_disk_a_slow_answer_comes_all_the_same() -> None:
    async def play(scene: Scene) -> None:
        scene.store.promises.fault = OutOfMemory("disk", 1, 1)
        await scene.answer(SAID, after=PATIENCE + 1)

    assert POST in in_scene(play).what


def test_an_answer_that_nobody_waits_for_any_more_is_not_worked_on() -> None:
    ended: list[bool] = []

    async def slow() -> Reply:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            ended.append(True)
            raise
        return SAID

    async def play(scene: Scene) -> None:
        answer = asyncio.create_task(scene.responder.respond(ASKED, slow))
        await asyncio.sleep(0.5)
        answer.cancel()
        await asyncio.gather(answer, return_exceptions=True)
        await asyncio.sleep(0.1)
        assert ended == [True]

    in_scene(play)


# At the end ---------------------------------------------------------------------------------------


def test_the_end_waits_a_little_for_answers_on_their_way() -> None:
    async def play(scene: Scene) -> None:
        scene.network.late[POST] = SETTLE_SECONDS - 1
        await scene.answer(SAID)
        await scene.responder.settle()
        assert scene.what[-1] == "keep"

    in_scene(play)


def test_the_end_gives_up_what_takes_too_long_and_leaves_its_promise() -> None:
    async def play(scene: Scene) -> None:
        await scene.answer(SAID, after=100)
        begun = asyncio.get_running_loop().time()
        await scene.responder.settle()
        assert asyncio.get_running_loop().time() - begun < SETTLE_SECONDS + 1
        assert list(scene.store.promises.owed) == ["77"]

    assert POST not in in_scene(play).what
