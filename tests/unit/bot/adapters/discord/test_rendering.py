from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import texts
from bot.adapters.discord.rendering import Rendered, render
from bot.characters import units
from bot.commands import Widest, commands
from bot.errors import AlreadyOver
from bot.reply import Line, PictureView, ProgressView, Reply, Span, line, strong, user
from bot.service.service import refusal
from generation.errors import NotANumber
from generation.loras import LoraInfo
from tests.discord_markdown import read
from tests.unit.bot.conftest import Talk

PNG = b"\x89PNG\r\n\x1a\n"


def text_of(rendered: Rendered) -> str:
    """All that a message says."""
    return "\n".join(filter(None, [rendered.content, *descriptions(rendered)]))


def descriptions(rendered: Rendered) -> list[str]:
    return [embed.description for embed in rendered.embeds if embed.description]


def within_limits(rendered: Rendered) -> bool:
    parts = descriptions(rendered)
    return (
        units(rendered.content) <= 2000
        and len(rendered.embeds) <= 10
        and all(units(part) <= 4096 for part in parts)
        and sum(map(units, parts)) <= 6000
        and bool(rendered.content or rendered.embeds or rendered.files)
    )


def said(reply: Reply) -> str:
    """The text of a short message, with a fixed id, time and date."""
    rendered = render(reply, 0)
    assert not descriptions(rendered)
    text = rendered.content
    for id_, stand_in in ((reply.job, "k7f3q2"), (str(reply.data[0].get("parent", "")), "a00000")):
        text = text.replace(id_, stand_in) if id_ else text
    return re.sub(r"\d+(\.\d)? s$", "1.9 s", text, flags=re.MULTILINE)


# What people get to see ---------------------------------------------------------------------------


async def test_a_job_from_the_queue_to_its_pictures(talk: Talk) -> None:
    states = await talk.states("imagine", prompt="a red_circle++ --seed 7 --steps 9 --no blur*")
    assert render(states[0], 0).content == f"a red\\_circle++\n**#{states[0].job}** is next."
    assert (
        said(states[-1])
        == "a red\\_circle++\n**#k7f3q2** · seed 7 · 1.9 s\n-# no blur\\* · steps 9"
    )
    assert [file.name for file in render(states[-1], 0).files] == [f"{states[-1].job}.1.png"]


async def test_a_reroll_says_where_it_came_from_and_all_its_seeds(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 5")
    again = await talk.say("reroll", id=f"{first.job} --seed 9 --count 2")
    assert said(again) == "a star\n**#k7f3q2** · seeds 9, 10 · 1.9 s\n-# from #a00000"


async def test_a_failure_and_a_cancellation_are_said_once(talk: Talk) -> None:
    talk.engine.faults["a wall"] = NotANumber("float16")
    failed = await talk.say("imagine", prompt="a wall")
    assert said(failed) == (
        "a wall\n**#k7f3q2** failed: The picture came out empty, since the model cannot bear "
        'float16: set \\[generation\\] dtype to "float32" or "bfloat16", or give the model a '
        "fixed VAE."
    )
    cancelled = Reply(
        lines=(texts.prompt_line("a star"), texts.cancelled("k7f3q2")),
        problem=texts.cancelled("k7f3q2"),
        job="k7f3q2",
    )
    assert render(cancelled, 0).content == "a star\n**#k7f3q2** was cancelled."


def test_a_refusal_is_said_once_whether_or_not_the_lines_have_it() -> None:
    sentence = "#k7f3q2 is done already, so there is nothing to stop."
    reply = refusal(AlreadyOver("k7f3q2", "done"))
    assert render(reply, 0).content == sentence
    assert render(Reply(problem=reply.problem), 0).content == sentence


def test_a_waiting_job_says_behind_how_many() -> None:
    reply = Reply(lines=(texts.prompt_line("a star"), texts.queued("k7f3q2", 3, 40.0)))
    assert render(reply, 0).content == "a star\n**#k7f3q2** waits behind 3 jobs, about 40 s."


def test_a_running_job_has_a_bar_and_a_preview_in_an_embed() -> None:
    progress = ProgressView("painting", 0.456, 9, 20, 12.2, PNG)
    rendered = render(Reply(lines=(texts.running("k7f3q2"),), progress=progress), 0)
    assert rendered.content == (
        "**#k7f3q2** is being made.\n`█████████░░░░░░░░░░░` 45 % · painting · 9/20 · 13 s left"
    )
    assert [embed.image.url for embed in rendered.embeds] == ["attachment://preview.png"]
    assert [(file.name, file.data) for file in rendered.files] == [("preview.png", PNG)]


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [(-1.0, "`░░░░░░░░░░░░░░░░░░░░` 0 %"), (7.0, "`████████████████████` 100 %")],
)
def test_a_bar_never_leaves_its_frame(fraction: float, bar: str) -> None:
    rendered = render(Reply(progress=ProgressView("painting", fraction)), 0)
    assert rendered.content == f"{bar} · painting"


@pytest.mark.parametrize("fraction", [None, math.nan, math.inf])
def test_where_nobody_knows_how_far_it_is_there_is_no_bar(fraction: float | None) -> None:
    progress = ProgressView("downloading my_model", fraction, seconds_left=math.inf)
    assert render(Reply(progress=progress), 0).content == "-# downloading my\\_model"


def test_a_preview_stays_with_a_text_that_needs_embeds() -> None:
    progress = ProgressView("painting", 0.5, preview=PNG)
    rendered = render(Reply(lines=(line(user("word " * 1000)),), progress=progress), 0)
    assert [embed.image.url for embed in rendered.embeds] == [None, "attachment://preview.png"]
    assert text_of(rendered).count("word") == 1000
    assert within_limits(rendered)


def test_a_preview_that_may_not_be_sent_is_left_out() -> None:
    progress = ProgressView("painting", 0.5, preview=PNG)
    rendered = render(Reply(progress=progress), len(PNG) - 1)
    assert (rendered.files, rendered.embeds) == ((), ())


async def test_the_history_reads_as_a_list(talk: Talk) -> None:
    talk.engine.faults["a _wall_"] = NotANumber("float16")
    jobs = [await talk.say("imagine", prompt=prompt) for prompt in ("a *star*", "a _wall_")]
    content = render(await talk.say("history"), 0).content
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", content) == (
        f"**#{jobs[1].job}** a \\_wall\\_ · DATE · failed\n**#{jobs[0].job}** a \\*star\\* · DATE"
    )


def test_where_a_list_goes_on_can_be_copied() -> None:
    reply = Reply(lines=(texts.next_page("/history red_circle", 12),))
    assert render(reply, 0).content == "-# More: `/history red_circle --page 12`"


async def test_the_help_has_a_line_for_every_command(talk: Talk) -> None:
    lines = render(await talk.say("help"), 0).content.split("\n")
    assert lines[1] == "**/imagine** Make a picture from words."
    assert len(lines) == len(commands(Widest())) + 4


async def test_a_refused_prompt_shows_the_place_as_it_was_typed(talk: Talk) -> None:
    content = render(await talk.say("imagine", prompt="a _cat_ (b"), 0).content
    assert content == (
        "The prompt has a ( that is never closed; write \\\\( for the sign itself "
        "(at character 9, in a \\_cat\\_ (b)."
    )


# Much to show -------------------------------------------------------------------------------------


def test_a_list_of_a_hundred_loras_fills_embeds_and_says_what_is_left_out() -> None:
    infos = (LoraInfo(f"lora_{n}", Path(), "A title", "a trigger", 0.8, "sdxl") for n in range(100))
    rows = tuple(texts.lora_row(info) for info in infos)
    rendered = render(Reply(lines=rows), 0)
    parts = descriptions(rendered)
    assert (rendered.content, len(parts)) == ("", 2)
    shown = "\n".join(parts).split("\n")
    assert shown[0] == "**lora\\_0** · A title · trigger: a trigger · scale 0.8 · for sdxl"
    left = 100 - (len(shown) - 1)
    assert shown[-2].startswith(f"**lora\\_{99 - left}** ")
    assert shown[-1] == f"-# {left} more lines do not fit in here."
    assert 5900 < sum(map(len, parts)) <= 6000


def test_a_history_of_fifty_keeps_every_row_and_the_way_on() -> None:
    rows = [
        texts.history_row(f"k7f3{n:02}", "_" * 79, "2030-01-01 12:00", "done") for n in range(50)
    ]
    rendered = render(Reply(lines=(*rows, texts.next_page("/history", 7))), 0)
    shown = text_of(rendered).split("\n")
    assert [row[:11] for row in shown[:-1]] == [f"**#k7f3{n:02}**" for n in range(50)]
    assert shown[-1] == "-# More: `/history --page 7`"


def test_a_long_prompt_goes_whole_into_an_embed() -> None:
    rendered = render(Reply(lines=(line(user("*" * 2000)), texts.running("k7f3q2"))), 0)
    assert descriptions(rendered) == [r"\*" * 2000 + "\n**#k7f3q2** is being made."]


def test_a_line_too_long_for_one_embed_goes_on_between_words_in_the_next() -> None:
    words = [f"{number:096}" for number in range(55)]
    first, second = descriptions(render(Reply(lines=(line(user(" ".join(words))),)), 0))
    assert first.split() + second.split() == words


def test_two_thousand_emoji_fit() -> None:
    rendered = render(Reply(lines=(line(user("🦊" * 2000)),)), 0)
    assert descriptions(rendered) == ["🦊" * 2000]


def test_a_huge_reason_leaves_the_prompt_and_the_id() -> None:
    prompt = "a fox " * 300
    lines = (line(user(prompt)), line(strong("#k7f3q2"), " failed: ", "x" * 9000))
    shown = text_of(render(Reply(lines=lines), 0))
    assert shown.startswith(prompt.strip())
    assert "**#k7f3q2** failed: xxx" in shown


def test_lines_that_show_nothing_make_no_empty_message() -> None:
    assert render(Reply(lines=(line(user("\x00")),)), 0).content == "…"


# For any reply ------------------------------------------------------------------------------------

PIECES = (
    "a fox ",
    "*",
    "<@1>",
    "@everyone",
    "\\",
    "`",
    "\n",
    "🦊",
    "👩‍👩‍👧‍👦",
    "שלום ",
    "\u202e",
    "||",
    "# ",
)


def repeated(*times: int) -> st.SearchStrategy[str]:
    """Pieces of a text, so many times over."""
    parts = st.lists(st.sampled_from(PIECES), min_size=1, max_size=6).map("".join)
    return st.builds(lambda text, number: text * number, parts, st.sampled_from(times))


def rows(pieces: st.SearchStrategy[str], times: int) -> st.SearchStrategy[list[Line]]:
    """A line, so many times over."""
    styles = st.sampled_from(("plain", "strong", "faint", "code", "user"))
    spans = st.lists(st.builds(Span, pieces, styles), max_size=4)
    return spans.map(lambda line: [tuple(line)] * times)


LONG = repeated(1, 30, 300, 900)
ROWS = st.one_of(rows(LONG, 1), rows(repeated(1, 10), 20), rows(repeated(1, 2), 150))
hard = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@hard
@given(st.lists(ROWS, max_size=4))
def test_any_reply_keeps_discords_limits_and_means_nothing_else(many: list[list[Line]]) -> None:
    rendered = render(Reply(lines=tuple(row for rows in many for row in rows)), 0)
    assert within_limits(rendered)
    for text in (rendered.content, *descriptions(rendered)):
        assert text.encode("utf-8").decode("utf-8") == text
        assert read(text).kinds <= {"strong", "code", "small"}


SEEDS = st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=9, unique=True)


@hard
@given(LONG, LONG, SEEDS)
def test_any_result_shows_its_id_seeds_settings_and_time(
    prompt: str, negative: str, seeds: list[int]
) -> None:
    different = {"no": negative, "steps": "30", "lora": negative, "sampler": "heun"}
    lines = (
        texts.prompt_line(prompt),
        texts.done("k7f3q2", tuple(seeds), 1.9, len(seeds)),
        texts.different(different),
        texts.parent_line("a00000"),
    )
    rendered = render(Reply(lines=lines, job="k7f3q2"), 0)
    assert within_limits(rendered)
    shown = text_of(rendered)
    for part in ("**#k7f3q2**", ", ".join(map(str, seeds)), " · 1.9 s", " · steps 30", "heun"):
        assert part in shown
    assert shown.endswith("-# from #a00000")


@pytest.mark.parametrize("missing", [1, 3])
def test_pictures_that_are_gone_leave_the_text(tmp_path: Path, missing: int) -> None:
    views = tuple(
        PictureView(f"k7f3q2.{number}", tmp_path / f"{number}.png", 8, 8, number, "a star")
        for number in range(1, missing + 1)
    )
    rendered = render(Reply(lines=(texts.running("k7f3q2"),), pictures=views), 0)
    lines = rendered.content.split("\n")
    assert rendered.files == ()
    assert lines[0] == "**#k7f3q2** is being made."
    assert lines[1] == (
        "-# The file of k7f3q2.1 is gone or damaged: `/reroll k7f3q2.1 --seed 1` makes it again."
    )
    assert len(lines) == missing + 1
