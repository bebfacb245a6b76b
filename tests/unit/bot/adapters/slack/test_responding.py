from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.adapters.calm import AT_ONCE, STORM, Calm
from bot.adapters.patience import SETTLE_SECONDS
from bot.adapters.slack.messages import Messages
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.promising import Promising
from bot.adapters.slack.responding import (
    PATIENCE,
    AskAgain,
    Belated,
    Responder,
    Taken,
)
from bot.adapters.slack.showing import Showing
from bot.adapters.slack.uploading import Uploads
from bot.reply import Field, Form, PictureView, Reply, line
from bot.service.service import refusal
from generation.errors import BadImage, OutOfMemory
from storage.records import Promise, utc_now
from tests.jumping_loop import run_jumping
from tests.slack_network import HOOK, Kept, Network, broken, refused, web_on
from tests.unit.bot.adapters.slack.test_messages import job

STARTED = Reply(lines=(line("You are next."),), job="k7f3q2", final=False)
SAID = Reply(lines=(line("Here."),))
REFUSED = Reply(lines=(line("No."),), private=True)
FORM = Reply(form=Form("edit", "k7f3q2", "Edit", (Field("prompt", "Prompt"),)))
ASKED = Asked(
    "77", "T1", "U50", channel="C100", response_url=HOOK, trigger="1.2", kind="command",
    body={"command": "/imagine", "text": "a fox", "token": "old"},
)  # fmt: skip
POST, OPEN = "chat.postMessage", "views.open"


class Scene:
    """A responder, and what it speaks to."""

    def __init__(self) -> None:
        self.network = Network()
        self.store = Kept(self.network)
        self.store.jobs.known = {"k7f3q2": job()}
        self.calm = Calm()
        self.answers: list[Answer] = []

    async def begin(self) -> Scene:
        store: Any = self.store
        web = await web_on(self.network)
        poster, uploads = Poster(web, "@reroll"), Uploads(web, store.posts)
        messages = Messages(self.calm)
        messages.begin(poster, uploads, store)
        self.responder = Responder(
            messages,
            Showing(web, poster, uploads, store.posts),
            Promising(store.promises, poster),
            self.calm,
        )
        return self

    @property
    def what(self) -> list[str]:
        """What Slack and the store were asked, and when the acknowledgement went."""
        return self.network.what

    async def answer(
        self, reply: Reply, *, after: float = 0.0, asked: Asked = ASKED, speaks: bool = True
    ) -> Answer:
        """Answer somebody after so many seconds."""
        given = await self.responder.respond(asked, self.service(reply, after), speaks=speaks)
        self.acknowledge(given)
        return given

    async def submit(self, reply: Reply, *, after: float = 0.0) -> Answer:
        """Answer a modal after so many seconds."""
        given = await self.responder.submitted(
            replace(ASKED, response_url=""),
            self.service(reply, after),
            lambda reply: {"prompt": reply.text},
        )
        self.acknowledge(given)
        return given

    def acknowledge(self, given: Answer) -> None:
        self.answers.append(given)
        self.network.note("ack", {})

    def service(self, reply: Reply, after: float = 0.0) -> Callable[[], Coroutine[Any, Any, Reply]]:
        async def answered() -> Reply:
            self.network.note("ask", {})
            await asyncio.sleep(after)
            return reply

        return answered


def in_scene(play: Callable[[Scene], Coroutine[Any, Any, Any]]) -> Scene:
    """Play a scene with all its waits, in no time, until nothing more comes."""

    async def played() -> Scene:
        scene = await Scene().begin()
        await play(scene)
        while busy := scene.responder._busy:
            await asyncio.wait(busy)
        return scene

    return run_jumping(played())


def answered(reply: Reply, **more: Any) -> Scene:
    return in_scene(lambda scene: scene.answer(reply, **more))


def submitted(reply: Reply, **more: Any) -> Scene:
    return in_scene(lambda scene: scene.submit(reply, **more))


def picture(folder: Path) -> PictureView:
    path = folder / "k7f3q2.1.png"
    path.write_bytes(b"a picture")
    return PictureView("k7f3q2.1", path, 128, 128, 7, "a fox")


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


# In a storm ---------------------------------------------------------------------------------------


def storm(number: int, reply: Reply = SAID) -> Scene:
    async def play(scene: Scene) -> None:
        asked = [replace(ASKED, key=str(each), thread=f"{each}.0") for each in range(number)]
        await asyncio.gather(*(scene.answer(reply, asked=each) for each in asked))

    return in_scene(play)


def test_in_a_storm_all_are_promised_and_acknowledged_before_any_is_looked_at() -> None:
    number = 3 * STORM
    scene = storm(number)
    assert sorted(scene.what[: 2 * number]) == ["ack"] * number + ["promise"] * number
    assert scene.what.count("ask") == scene.what.count(POST) == number
    assert scene.store.promises.owed == {}


def test_in_a_storm_no_command_is_passed_by_many_that_came_later() -> None:
    number = 6 * STORM
    threads = [each["thread_ts"] for each in storm(number).network.of(POST)]
    assert sorted(threads, key=float) == [f"{each}.0" for each in range(number)]
    assert all(abs(place - float(thread)) < AT_ONCE for place, thread in enumerate(threads))


def test_what_was_promised_waits_while_somebody_is_owed_an_answer() -> None:
    async def play(scene: Scene) -> None:
        with scene.calm.owing():
            await asyncio.gather(*(scene.answer(SAID) for _ in range(2 * STORM)))
            await asyncio.sleep(0.5)
            assert "ask" not in scene.what

    assert in_scene(play).what.count("ask") == 2 * STORM


def test_few_commands_are_no_storm() -> None:
    scene = storm(STORM)
    assert "promise" not in scene.what


def test_in_a_storm_on_a_full_disk_each_is_looked_at_at_once() -> None:
    async def play(scene: Scene) -> None:
        scene.store.promises.fault = OutOfMemory("disk", 1, 1)
        await asyncio.gather(*(scene.answer(REFUSED) for _ in range(2 * STORM)))

    scene = in_scene(play)
    assert None not in scene.answers


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


# Promises of an earlier process -------------------------------------------------------------------


def owed(scene: Scene, key: str = "77", **more: Any) -> Promise:
    promise = Promise("slack", "C100", ASKED.ticket(), {"kind": "command"})
    ticket = replace(promise.ticket, id=key)
    promise = replace(promise, **{"ticket": ticket} | more)
    scene.store.promises.owed[key] = promise
    return promise


def test_what_was_promised_is_asked_again_and_forgotten() -> None:
    asked: list[Promise] = []

    async def again(promise: Promise) -> Taken:
        asked.append(promise)
        return "here"

    async def play(scene: Scene) -> None:
        owed(scene, "1")
        owed(scene, "2")
        await kept(scene, again)

    scene = in_scene(play)
    assert [each.ticket.id for each in asked] == ["1", "2"]
    assert scene.what == ["keep", "keep"]


async def kept(scene: Scene, ask_again: AskAgain) -> None:
    """Keep what is owed, and wait until that has been tried."""
    store: Any = scene.store
    scene.responder.keep_promises(await store.promises.broken("slack"), ask_again)
    await scene.responder.settle()


async def nothing(promise: Promise) -> Taken:
    assert promise.request is not None
    return "unread"


def test_what_slack_sent_again_itself_is_left_to_that() -> None:
    async def elsewhere(_promise: Promise) -> Taken:
        return "elsewhere"

    async def play(scene: Scene) -> None:
        owed(scene)
        await kept(scene, elsewhere)

    scene = in_scene(play)
    assert list(scene.store.promises.owed) == ["77"]
    assert scene.what == []


def test_what_could_not_be_shown_is_owed_still() -> None:
    async def play(scene: Scene) -> None:
        owed(scene)

        async def again(_promise: Promise) -> Taken:
            await Belated(scene.responder).respond(ASKED, scene.service(SAID))
            return "here"

        for faults in ({POST: broken()}, {}):
            scene.network.always = dict(faults)
            await scene.begin()
            store: Any = scene.store
            scene.responder.keep_promises(await store.promises.broken("slack"), again)
            await asyncio.sleep(60)
            assert list(scene.store.promises.owed) == (["77"] if faults else [])

    what = in_scene(play).what
    assert what[:3] == ["ask", "conversations.history", POST], "it may have been posted already"


def test_what_cannot_be_read_is_apologised_for_while_that_can_be_said() -> None:
    async def play(scene: Scene) -> None:
        ticket = owed(scene, "1").ticket
        owed(scene, "2", request=None)
        owed(scene, "3", channel="U50", ticket=replace(ticket, id="3", token=""))
        owed(scene, "4", ticket=replace(ticket, id="4", expires=utc_now()))
        await kept(scene, nothing)

    scene = in_scene(play)
    told = scene.network.of("respond")
    assert [(each["url"], each["text"]) for each in told] == [(HOOK, texts.INTERRUPTED)] * 2
    [direct] = scene.network.of(POST)
    assert (direct["channel"], direct["text"]) == ("D900", texts.INTERRUPTED)
    assert scene.store.promises.owed == {}


def test_an_apology_that_does_not_go_now_goes_at_the_next_start() -> None:
    async def play(scene: Scene) -> None:
        owed(scene)
        scene.network.next["respond"] = [broken()]
        await kept(scene, nothing)
        await asyncio.sleep(5)
        assert list(scene.store.promises.owed) == ["77"]
        await kept(scene, nothing)

    assert in_scene(play).store.promises.owed == {}


def test_an_apology_that_slack_refuses_is_not_tried_for_ever() -> None:
    async def play(scene: Scene) -> None:
        owed(scene, channel="U50", ticket=replace(ASKED.ticket(), token=""))
        scene.network.always = {POST: refused("channel_not_found")}
        await kept(scene, nothing)

    assert in_scene(play).store.promises.owed == {}


def test_what_is_asked_again_is_answered_without_an_acknowledgement() -> None:
    async def play(scene: Scene) -> None:
        belated = Belated(scene.responder)
        for reply in (SAID, STARTED):
            assert await belated.respond(ASKED, scene.service(reply), speaks=True) is None
        assert await belated.submitted(ASKED, scene.service(REFUSED), lambda _: {}) is None
        await belated.open_view(ASKED, {"type": "modal"})

    scene = in_scene(play)
    assert scene.what.count(POST) == 2
    assert [each["text"] for each in scene.network.of("respond")] == [
        "No.", "".join(span.text for span in texts.form_too_late())
    ]  # fmt: skip
    assert OPEN not in scene.what
