"""Every command there is can be given on every surface."""

from __future__ import annotations

import re

import pytest

from bot.commands import Widest, commands
from tests.contract.talk import Talk, job_of, made
from tests.contract.town import Town

pytestmark = pytest.mark.asyncio(loop_scope="session")


SAID = {
    "imagine": ("/imagine a wolf", "a wolf"),
    "reroll": ("/reroll {job}", "a fox"),
    "vary": ("/vary {job}.1", "a fox"),
    "upscale": ("/upscale {job}.1", "a fox"),
    "compare": ("/compare a hare --axis steps=3,4", "a hare"),
    "history": ("/history", "a fox"),
    "show": ("/show {job}.1", "recipe: "),
    "verify": ("/verify {job}", "a fox|identical"),
    "queue": ("/queue", "yours|Nothing runs"),
    "cancel": ("/cancel {job}", "is done already"),
    "favorites": ("/favorites {job}.1", "is among your favourites"),
    "loras": ("/loras", "inkstyle"),
    "models": ("/models", "mini"),
    "styles": ("/styles", "made first|being made|wrong"),
    "settings": ("/settings", "You have no defaults"),
    "help": ("/help", "/imagine"),
    "forget": ("/forget", "All that I knew of you is gone|There was nothing of yours"),
}
"""For each command a way to give it, and a pattern of the answer. One without a scenario fails."""


async def test_every_command_has_an_answer_however_it_is_typed(talk: Talk, town: Town) -> None:
    there = town.app.service.desk.commands
    assert set(SAID) == set(there) == {command.name for command in commands(Widest())}
    job = job_of(await made(talk, "/imagine a fox"))
    for command, words in SAID.values():
        for spelling in talk.spellings(command.format(job=job)):
            answer = await talk.say(spelling)
            assert re.search(words, answer.text), spelling
