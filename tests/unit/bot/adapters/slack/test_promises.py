from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

from bot import texts
from bot.adapters.slack.responding import (
    AskAgain,
    Belated,
    Taken,
)
from storage.records import Promise, utc_now
from tests.slack_network import HOOK, broken, refused
from tests.slack_responder import (
    ASKED,
    OPEN,
    POST,
    REFUSED,
    SAID,
    STARTED,
    Scene,
    in_scene,
)


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
