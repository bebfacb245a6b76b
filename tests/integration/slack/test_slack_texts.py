"""Whatever people write, nobody is called by it, nothing breaks, and each gets an answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.slack_fuzz import fuzz
from tests.slack_scene import Scene, job_id, pictures, text_of

HOSTILE = [
    "<!channel> <!here|here> <!everyone> <@U0EMU00001> <@U1|x> <#C1|art> <!subteam^S1|@team>",
    "&lt;!channel&gt; &amp;lt;!here&amp;gt; &",
    "*bold* _it_ ~strike~ `code` ``` ```js\nalert(1)``` > quote\n> quote :smile: :+1::skin-tone-2:",
    "<https://evil.example|click> https://evil.example/?a=b&c=d evil.example mailto:a@evil.example",
    "\u202eright to left\u202c \u2067 isolate \u200f mark עברית",
    "\u200b \ufeff \u00ad \u2060 fox",
    "😀" * 500,
    "漢字" * 900,
    "line\nline\r\nline\u2028line\u2029line",
    "'; DROP TABLE jobs; -- %s {0} \\u0000 \\",
]


@pytest.mark.parametrize("prompt", HOSTILE)
async def test_a_hostile_prompt_becomes_a_picture_and_is_shown_everywhere(
    scene: Scene, prompt: str
) -> None:
    async with scene.bot():
        asked = await scene.emu.slash("/imagine", f"{prompt} --seed 1")
        message = await scene.done(asked)
        job = await scene.job_of(message)
        for other in (await scene.emu.mention(prompt), await scene.emu.direct_message(prompt)):
            await other.wait_message(lambda m: bool(pictures(m)) and m is not message)
        await scene.told(await scene.emu.click(message, text="Recipe"))
        await scene.told(await scene.emu.slash("/art", f"history {prompt[:100]}"))
        await scene.emu.click(message, text="Edit")
        view = await scene.emu.wait_view()
        edited = await scene.emu.submit(view, {"seed": "2"})
        again = await edited.wait_message(lambda m: f"from #{job.id}" in text_of(m))
        await scene.emu.until(lambda: bool(pictures(again)))
        await scene.emu.open_home()
        await scene.until(lambda: job.id in str(scene.emu.published), "the home")
        assert (await scene.job_of(again)).recipe.prompt == job.recipe.prompt
        await scene.quiet()


@pytest.mark.parametrize(
    "prompt", ["a \x07 bell", "\x1b[31mred", "a \x00", "a \ud800 half", "\udfff"]
)
async def test_what_is_no_text_is_refused_in_a_sentence(scene: Scene, prompt: str) -> None:
    async with scene.bot() as app:
        for asked in (
            await scene.emu.slash("/imagine", prompt),
            await scene.emu.mention(prompt),
            await scene.emu.slash("/art", f"history {prompt}"),
        ):
            assert text_of(await scene.told(asked))
        await scene.emu.slash("/imagine")
        view = await scene.emu.wait_view()
        await (await scene.emu.submit(view, {"prompt": prompt})).wait_ack()
        assert list(view.errors or {}) == ["prompt"]
        assert await app.store.jobs.unfinished() == ()
    assert scene.results() == []


async def test_markup_that_slack_made_of_a_message_is_read_as_it_was_typed(scene: Scene) -> None:
    raw = {
        "<@U0EMUBOT01> a &lt;b&gt; &amp; c": "a <b> & c",
        "a <@U0EMU00001> and <@U1|ann> fox": "a @U0EMU00001 and @ann fox",
        "see <https://evil.example|evil.example> a fox": "see https://evil.example a fox",
        "a <!here> fox": "a @here fox",
    }
    async with scene.bot():
        for text, prompt in raw.items():
            event = {"type": "app_mention", "channel": scene.emu.channel_id, "text": text}
            message = await scene.done(await scene.emu.event(event))
            assert (await scene.job_of(message)).recipe.prompt == prompt


async def test_a_text_of_any_length_is_a_picture_or_a_sentence(scene: Scene) -> None:
    long = "many words " * 3700
    scene.options = {"limits.prompt_chars": "20000"}
    async with scene.bot():
        told = await scene.told(await scene.emu.slash("/imagine", long))
        assert "20" in text_of(told)
        told = await scene.told(await scene.emu.mention(long))
        assert "20" in text_of(told)
        message = await scene.imagine(long[:19_000])
        assert "many words" in text_of(message)
        await scene.told(await scene.emu.click(message, text="Recipe"))
        told = await scene.told(await scene.emu.slash("/art", "history"))
        assert job_id(message) in text_of(told)


async def test_junk_on_every_way_gets_an_answer_and_calls_nobody(tmp_path: Path) -> None:
    found = await fuzz(tmp_path, 200, seed=20261121)
    assert found["texts"] == 200
