"""What cannot be: one sentence for the asker's eyes only, and nothing is stored."""

from __future__ import annotations

import pytest

from tests.contract.talk import Chat, Talk, made, stored_by
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("/imagine a fox --sede 4", "--seed"),
        ("/imagine a fox --seed -1", "4294967295"),
        ("/imagine a fox --seed seven", "whole number"),
        ("/imagine a fox --seed", "--seed needs a value"),
        ("/imagine --seed 4", "The prompt is empty"),
        ("/imagine a fox --model minni", "mini"),
        ("/imagine a fox --lora inkstile", "inkstyle"),
        ("/imagine a fox --sampler heum", "heun"),
        ("/imagine a fox --steps 1000", "1 … 100"),
        ("/imagine a fox --count 5", "1 … 4"),
        ("/imagine a fox --size 4096x4096", "2.4 megapixels"),
        ("/imagine a fox --refiner 0.2", "0.5"),
        ("/imagine a fox --strength 0.5", "input picture"),
        ("/imagine " + "a fox, " * 300, "may have 2000"),
        ("/imagine (a fox", "never closed"),
        ("/imagine a gruesome fox", "gruesome"),
        ("/reroll", "no picture here yet"),
        ("/reroll zzzzzz", "no job or picture zzzzzz"),
        ("/show zzzzzz.2", "no job or picture zzzzzz.2"),
        ("/verify zzzzzz", "no job or picture zzzzzz"),
        ("/cancel zzzzzz", "no job or picture zzzzzz"),
        ("/favorites zzzzzz.1", "no job or picture zzzzzz.1"),
        ("/history --before x", "before cannot be x"),
        ("/help imagin", "imagine"),
        ("/settings --reset stepps", "steps"),
    ],
)
async def test_what_cannot_be_is_said_in_one_private_sentence(
    talk: Talk, town: Town, command: str, words: str
) -> None:
    answer = await talk.say(command)
    sentence = answer.text.strip()
    assert words in sentence
    assert "\n" not in sentence
    assert sentence.endswith(".")
    assert (answer.private, talk.sees("bob", answer)) == (True, False)
    assert (answer.buttons, answer.pictures) == ([], [])
    assert await stored_by(talk) == []
    assert town.engine.orders == []


async def test_a_blocked_word_may_be_what_somebody_does_not_want(talk: Talk) -> None:
    assert (await made(talk, "/imagine a fox --no gruesome things")).pictures


async def test_nobody_fills_the_queue_alone(chat: Chat, town: Town) -> None:
    town.engine.hold.clear()
    for _ in range(5):
        await chat.say("/imagine a fox")
    refused = await chat.say("/imagine a fox")
    assert refused.text.strip() == "You have 5 unfinished jobs, which is the most: wait for one."
    assert refused.private
    assert len(await stored_by(chat)) == 5
    assert (await chat.say("/imagine a fox", by="bob")).buttons == ["Cancel"]
