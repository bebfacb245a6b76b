from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.jumping_loop import jumping
from tests.slack_messages import (
    END,
    POST,
    STATE,
    UPDATE,
    Talk,
    in_talk,
    job,
    shown,
)
from tests.slack_network import (
    too_many,
)


async def first_there(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done, _ = await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
    return done


def test_states_of_a_job_go_one_after_the_other() -> None:
    async def scene(talk: Talk) -> None:
        talk.network.late[POST] = 5
        first = asyncio.create_task(talk.show(STATE))
        await asyncio.sleep(2)
        await asyncio.gather(first, talk.show(END))

    requests = in_talk(scene).network.requests
    assert [each.what for each in requests] == [POST, UPDATE]
    assert requests[1].arguments["text"].startswith("Done.")


def test_states_wait_while_somebody_waits_for_an_answer_and_results_do_not() -> None:
    async def scene(talk: Talk) -> None:
        talk.store.posts.known = [shown()]
        with talk.calm.owing():
            state = asyncio.create_task(talk.show(STATE))
            await asyncio.sleep(0.5)
            assert talk.network.requests == []
            await talk.show(END, id="b00000")
            assert talk.network.what == [POST]
        await state

    assert in_talk(scene).network.what == [POST, UPDATE]


def test_nothing_goes_before_the_bot_is_signed_in() -> None:
    async def scene(_: Talk) -> None:
        talk = Talk()
        tasks = {
            asyncio.create_task(talk.show(END)),
            asyncio.create_task(talk.messages.withdraw([shown()])),
        }
        assert not await first_there(tasks)
        await talk.begin()
        await asyncio.gather(*tasks)
        assert sorted(talk.network.what) == ["chat.delete", POST]

    in_talk(scene)


@jumping
async def test_the_first_state_is_left_out_once_a_later_one_was_shown() -> None:
    talk = await Talk().begin()
    names = ("a00000", "b00000", "c00000")
    talk.store.jobs.known = {name: job(id=name) for name in names}
    await talk.messages.accepted("a00000", replace(STATE, job="a00000"))
    assert talk.network.what == [POST]
    for name, state in (("b00000", END), ("c00000", STATE)):
        await talk.show(state, id=name)
        before = len(talk.network.requests)
        await talk.messages.accepted(name, replace(STATE, job=name))
        assert len(talk.network.requests) == before


@jumping
async def test_a_first_state_that_fails_is_tried_again() -> None:
    talk = await Talk().begin()
    talk.store.jobs.known = {"k7f3q2": job()}
    talk.network.next[POST] = [too_many(1), too_many(1)]
    await talk.messages.accepted("k7f3q2", STATE)
    assert talk.network.what == [POST] * 3
    assert len(talk.store.posts.known) == 1


@jumping
async def test_a_first_state_is_given_up_after_a_while() -> None:
    talk = await Talk().begin()
    talk.store.jobs.known = {"k7f3q2": job()}
    talk.network.always = {POST: too_many(1)}
    await talk.messages.accepted("k7f3q2", STATE)
    assert 2 < len(talk.network.requests) < 10
