"""Whatever people write, nobody is called by it and nothing breaks."""

from __future__ import annotations

import random
import re
import string

import pytest

from tests.discord_scene import Scene, pictures, text_of
from tests.discord_server import Message

CALLS = re.compile(r"@everyone|@here|<@[!&]?\d+>|<#\d+>|<a?:\w+:\d+>|<t:\d+>|</\w+:\d+>")
MASKED = re.compile(r"(?<!\\)\[[^\]]*\]\(https?:")

HOSTILE = [
    "@everyone look",
    "@here <@&1> <@1> <@!1> <#1> <:a:1> <a:b:1> <t:1> </imagine:1>",
    "```js\nalert(1)``` `` ` ``` @everyone",
    "[click](https://evil.example) <https://evil.example> https://evil.example",
    "\u202eright to left\u202c \u2067 isolate \u200f mark",
    "😀" * 500,
    "**bold __under ~~strike ||spoiler|| > quote\n> quote\n# head\n-# sub\n- item",
    "\\@everyone \\` \\\\",
    "line\nline\r\nline\u2028line",
]


def check(message: Message) -> None:
    body = message.payload
    assert body["mentions"] == []
    assert not body["mention_everyone"]
    text = text_of(message)
    assert not CALLS.search(text), text
    assert not MASKED.search(text), text
    assert len(message.content or "") <= 2000


@pytest.mark.parametrize("prompt", HOSTILE)
async def test_a_hostile_prompt_becomes_a_picture_or_a_sentence(scene: Scene, prompt: str) -> None:
    async with scene.bot():
        ix = await scene.emu.slash("imagine", {"prompt": prompt, "seed": 1})
        message = await ix.wait_message(lambda m: bool(pictures(m)) or m.ephemeral, timeout=60)
        check(message)
        if pictures(message):
            check(await scene.answer(await scene.emu.click(message, label="Recipe")))
            check(await scene.answer(await scene.emu.slash("history", {"words": prompt[:100]})))


def junk(dice: random.Random) -> str:
    parts = [
        "@everyone", "<@&1>", "`", "```", "**", "||", "[a](http://x)", "\u202e", "\x00", "😀",
        "--seed", "--steps", "—ar", "“", "(", ")", "++", "1.3", ":", "<lora:a:1>", " ", "\n", "é",
        ".and()", "[", "]", "\\", "<", ">", "#", "9" * 20, "-1", "1e9", "nan",
    ]  # fmt: skip
    words = [
        dice.choice(parts) if dice.random() < 0.6 else dice.choice(string.printable)
        for _ in range(dice.randint(1, 30))
    ]
    return "".join(words)[:1000]


async def test_junk_in_any_option_gets_an_answer_and_calls_nobody(scene: Scene) -> None:
    dice = random.Random(20260721)
    scene.options = {"limits.steps": "100"}
    async with scene.bot():
        for _ in range(60):
            command = dice.choice(scene.emu.global_commands)
            if command["type"] != 1:
                continue
            texts = [o for o in command["options"] if o["type"] == 3 and not o.get("choices")]
            chosen = [o for o in texts if o.get("required") or dice.random() < 0.5]
            given = {o["name"]: junk(dice)[: o.get("max_length", 1000)] for o in chosen}
            ix = await scene.emu.slash(command["name"], given)
            check(await scene.answer(ix))
            for option in command["options"]:
                if option.get("autocomplete") and option["type"] == 3:
                    asked = await scene.emu.autocomplete(
                        command["name"], option["name"], junk(dice)[:100],
                        others={o["name"]: "x" for o in texts if o.get("required")
                                and o["name"] != option["name"]},
                    )  # fmt: skip
                    await asked.wait_ack()
                    assert asked.choices is not None
