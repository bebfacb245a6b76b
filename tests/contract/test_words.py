"""People's words are shown as they were written, and call nobody."""

from __future__ import annotations

import pytest

from tests.contract.talk import Answer, Chat, Talk, job_of, made, pictured, recipe_of
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


WORDS = (
    "*a* _fox_ ~and~ `code` & co <!channel> <!here> <@U1|x> <@1> <#C1|art> @everyone @here :smile: "
    "||dark|| # no head"
)
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u2060\u2068\u2069"))
"""What a surface may put between characters so that they mean nothing."""


def read(answer: Answer) -> str:
    """What people read of an answer."""
    return answer.text.translate(INVISIBLE)


async def test_a_prompt_is_shown_as_it_was_written_wherever_it_appears(
    talk: Talk, town: Town
) -> None:
    town.engine.hold.clear()
    answer = await talk.say(f"/imagine {WORDS} --seed 7 --no {WORDS}")
    assert read(answer).split("\n")[0] == WORDS
    assert answer.calls == []
    await town.engine.begun.wait()
    answers = [await talk.say("/queue")]
    town.engine.hold.set()
    await pictured(answer)
    job = job_of(answer)
    answers += [answer, await made(talk, f"/show {job}"), await talk.say("/history --mine")]
    await talk.say(f"/favorites {job}")
    answers += [await talk.say("/favorites"), await talk.say(f"/settings --no {WORDS}")]
    for shown in answers:
        assert WORDS[:70] in read(shown)
        assert shown.calls == []


@pytest.mark.parametrize(
    "command",
    [f"/show {WORDS}", f"/history {WORDS}", f"/imagine a fox --seed {WORDS}", f"/loras {WORDS}"],
)
async def test_what_is_refused_is_quoted_as_it_was_written(talk: Talk, command: str) -> None:
    answer = await talk.say(command)
    assert "*a*" in read(answer)
    assert answer.calls == []


async def test_a_recipe_is_shown_as_it_was_written(chat: Chat) -> None:
    answer = await made(chat, f"/imagine {WORDS} --no {WORDS}")
    recipe = await chat.press(answer, "Recipe")
    assert read(recipe).count(WORDS) == 2
    assert recipe.calls == []


async def test_words_of_any_script_are_shown_beside_ours(talk: Talk) -> None:
    words = "שועל בשלג, 雪の中の狐, naïve 🦊👩‍👩‍👧"
    answer = await made(talk, f"/imagine {words} --seed 7")
    first, second, *_ = read(answer).split("\n")
    assert first == words
    assert second.startswith(f"#{job_of(answer)} · seed 7")
    assert words.split(",")[1] in read(await talk.say(f"/history {words.split()[3]} --mine"))
    assert recipe_of(answer.pictures[0]).prompt == words
