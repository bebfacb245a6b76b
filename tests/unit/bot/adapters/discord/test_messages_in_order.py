from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest
from PIL import Image

from bot.adapters.patience import REMEMBERED
from bot.reply import PictureView
from storage.records import ReplyTo
from tests.discord_messages import (
    CHANNEL,
    END,
    STATE,
    Talk,
    error,
    in_talk,
    job,
    not_taken,
    shown,
)
from tests.jumping_loop import jumping

# Once ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fault", [error(500), error(503), error(429), aiohttp.ClientConnectionError(), OSError()]
)
@jumping
async def test_a_result_is_tried_once_where_that_may_go_better_later(fault: Exception) -> None:
    talk = Talk().begin()
    talk.server.refusals["post"] = [fault]
    assert await not_taken(talk) == "down"
    assert talk.server.what == ["post"]
    await talk.messages.show(job(), END)
    assert len(talk.store.known) == 1
    [nonce] = {each.arguments["nonce"] for each in talk.server.requests if each.what == "post"}
    assert "k7f3q2" in nonce
    assert len(nonce) <= 25, "Discord takes no longer ones"


@jumping
async def test_a_fault_of_ours_is_not_repeated() -> None:
    talk = Talk().begin()
    talk.server.always = {"post": error(400)}
    assert await not_taken(talk) == "refused"
    # The second says where the result can be had, which is refused here as well.
    assert talk.server.what == ["post", "post"]


@jumping
async def test_who_cannot_have_a_result_hears_where_it_is() -> None:
    talk = Talk().begin()
    talk.server.refusals["post"] = [error(400)]
    assert await not_taken(talk) == "refused"
    assert "/show k7f3q2" in talk.server.requests[-1].arguments["content"]
    assert len(talk.store.known) == 1, "it goes when the job is deleted"


@pytest.mark.parametrize("fault", [(413, 0), (400, 40005)])
async def test_a_result_that_is_too_large_is_made_smaller_at_once(
    tmp_path: Path, fault: tuple[int, int]
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (400, 400, 3), np.uint8)
    path = tmp_path / "k7f3q2.1.png"
    Image.fromarray(noise).save(path)
    picture = PictureView("k7f3q2.1", path, 400, 400, 7, "noise")
    talk = Talk().begin()
    talk.server.refusals["post"] = [error(*fault)]
    await talk.messages.show(job(), replace(END, pictures=(picture,)))
    sizes = [
        len(file.fp.getvalue()) for each in talk.server.requests for file in each.arguments["files"]
    ]
    assert sizes[0] == path.stat().st_size
    assert 0 < sizes[1] <= sizes[0] / 2


# In order -----------------------------------------------------------------------------------------


async def first_there(tasks: set[asyncio.Task[None]]) -> set[asyncio.Task[None]]:
    done, _ = await asyncio.wait(tasks, timeout=1, return_when=asyncio.FIRST_COMPLETED)
    return done


def test_the_states_of_a_job_wait_for_its_first_message_and_for_no_other() -> None:
    async def scene(talk: Talk) -> None:
        other = job(id="b00000", reply_to=ReplyTo("discord", str(CHANNEL)))
        async with talk.messages.opening("77") as opened:
            mine = asyncio.create_task(talk.messages.show(job(), END))
            assert not await first_there({mine})
            await talk.messages.show(other, replace(END, job="b00000"))
            opened(500)
        await mine

    requests = in_talk(scene).server.requests
    assert [(each.what, each.place) for each in requests] == [("post", CHANNEL), ("edit", 500)]


def test_states_go_on_where_the_first_message_has_failed() -> None:
    async def scene(talk: Talk) -> None:
        with pytest.raises(ConnectionError):
            await failing_opening(talk)
        await talk.messages.show(job(), END)

    assert in_talk(scene).server.what == ["post"]


async def failing_opening(talk: Talk) -> None:
    async with talk.messages.opening("77"):
        raise ConnectionError


def test_states_wait_while_somebody_waits_for_an_answer_and_results_do_not() -> None:
    async def scene(talk: Talk) -> None:
        talk.store.known = [shown()]
        with talk.calm.owing():
            state = asyncio.create_task(talk.messages.show(job(), STATE))
            await asyncio.sleep(0.5)
            assert talk.server.requests == []
            await talk.messages.show(job(id="b00000"), END)
            assert talk.server.what == ["post"]
        await state

    assert in_talk(scene).server.what == ["post", "edit"]


def test_nothing_goes_before_the_bot_is_logged_in() -> None:
    async def scene(_: Talk) -> None:
        talk = Talk()
        tasks = {
            asyncio.create_task(talk.messages.show(job(), END)),
            asyncio.create_task(talk.messages.withdraw([shown()])),
        }
        assert not await first_there(tasks)
        talk.begin()
        await asyncio.gather(*tasks)
        assert sorted(talk.server.what) == ["delete", "post"]

    in_talk(scene)


@jumping
async def test_the_first_state_is_left_out_once_a_later_one_was_shown() -> None:
    talk, tried = Talk().begin(), []

    async def show() -> None:
        tried.append(1)

    await talk.messages.accepted("a00000", ("1", 2), show)
    assert len(tried) == 1
    for name, state in (("b00000", END), ("c00000", STATE)):
        await talk.messages.show(job(id=name), state)
        await talk.messages.accepted(name, ("1", 2), show)
    assert len(tried) == 1


@jumping
async def test_a_first_state_that_fails_is_tried_again() -> None:
    talk, tried = Talk().begin(), []

    async def show() -> None:
        tried.append(1)
        if len(tried) < 3:
            raise error(500)

    await talk.messages.accepted("a00000", ("1", 2), show)
    assert len(tried) == 3
    assert [post.message for post in talk.store.known] == ["2"]


@jumping
async def test_not_all_jobs_are_remembered_for_ever() -> None:
    talk, tried = Talk().begin(), []

    async def show() -> None:
        tried.append(1)

    for number in range(REMEMBERED + 1):
        await talk.messages.show(job(id=f"{number:06}", deleted=None), STATE)
    await talk.messages.accepted("000001", ("1", 2), show)
    assert tried == []
    await talk.messages.accepted("000000", ("1", 2), show)
    assert len(tried) == 1
