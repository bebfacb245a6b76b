from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot import texts
from bot.adapters.slack.rendering import (
    Rendered,
    blocks_of,
    buttons_of,
    image_of,
    render,
)
from bot.commands import Widest, commands
from bot.errors import AlreadyOver
from bot.reply import Button, Line, PictureView, ProgressView, Reply, Span, line, strong, user
from bot.service.service import refusal
from generation.errors import NotANumber
from generation.loras import LoraInfo
from tests.slack_blocks import flaws, length, readable, said
from tests.unit.bot.conftest import Talk


def shown(rendered: Rendered) -> str:
    """What a message says, with nothing in it that Slack refuses."""
    assert flaws(rendered.blocks) == []
    assert 1 <= length(rendered.text) <= 3000
    assert not re.search(r"[<>]|&(?!amp;|lt;|gt;)", rendered.text)
    return said(rendered.blocks)


def state(reply: Reply, files: dict[str, str] | None = None) -> str:
    """What a job's message says, with a fixed id and time."""
    text = shown(render(reply, files or {}))
    for id_, stand_in in ((reply.job, "k7f3q2"), (str(reply.data[0].get("parent", "")), "a00000")):
        text = text.replace(id_, stand_in) if id_ else text
    return re.sub(r"\d+(\.\d)? s$", "1.9 s", text, flags=re.MULTILINE)


def picture(path: Path, number: int = 1, alt: str = "a star") -> PictureView:
    return PictureView(f"k7f3q2.{number}", path, 8, 8, 40 + number, alt)


# What people get to see ---------------------------------------------------------------------------


async def test_a_job_from_the_queue_to_its_pictures(talk: Talk) -> None:
    states = await talk.states("imagine", prompt="a red_circle++ --seed 7 --steps 9 --no blur*")
    assert state(states[0]) == "a red_circle++\n**#k7f3q2** is next.\n(Cancel)"
    done = states[-1]
    files = {f"{done.job}.1": "F1"}
    assert state(done, files) == (
        "a red_circle++\n**#k7f3q2** · seed 7 · 1.9 s\n-# no blur* · steps 9\n"
        "[F1] a red_circle++\n(Reroll)(Edit)(Recipe)(Favorite)(Delete)\n(Vary 1)(Upscale 1)"
    )
    assert render(done, files).text.startswith(f"a red_circle++\n#{done.job} · seed 7 · ")


async def test_a_reroll_says_where_it_came_from_and_all_its_seeds(talk: Talk) -> None:
    first = await talk.say("imagine", prompt="a star --seed 5")
    again = await talk.say("reroll", id=f"{first.job} --seed 9 --count 2")
    files = {f"{again.job}.1": "F1", f"{again.job}.2": "F2"}
    assert state(again, files).startswith(
        "a star\n**#k7f3q2** · seeds 9, 10 · 1.9 s\n-# from #a00000\n"
        "[F1] k7f3q2.1 · seed 9: a star\n[F2] k7f3q2.2 · seed 10: a star\n(Reroll)"
    )


async def test_a_failure_and_a_cancellation_are_said_once(talk: Talk) -> None:
    talk.engine.faults["a wall"] = NotANumber("float16")
    failed = await talk.say("imagine", prompt="a wall")
    assert state(failed).startswith(
        "a wall\n**#k7f3q2** failed: The picture came out empty, since the model cannot bear "
        'float16: set [generation] dtype to "float32" or "bfloat16", or give the model a fixed VAE.'
    )
    cancelled = Reply(
        lines=(texts.prompt_line("a star"), texts.cancelled("k7f3q2")),
        problem=texts.cancelled("k7f3q2"),
        job="k7f3q2",
    )
    assert shown(render(cancelled)) == "a star\n**#k7f3q2** was cancelled."


def test_a_refusal_is_said_once_whether_or_not_the_lines_have_it() -> None:
    sentence = "#k7f3q2 is done already, so there is nothing to stop."
    reply = refusal(AlreadyOver("k7f3q2", "done"))
    assert shown(render(reply)) == sentence
    only = render(Reply(problem=reply.problem))
    assert (shown(only), only.text) == (sentence, sentence)


def test_a_running_job_has_a_bar_and_a_preview() -> None:
    progress = ProgressView("painting", 0.456, 9, 20, 12.2)
    reply = Reply(
        lines=(texts.running("k7f3q2"),),
        progress=progress,
        buttons=(Button("cancel", "k7f3q2", "Cancel", "danger"),),
    )
    assert shown(render(reply, {}, "FP")) == (
        "**#k7f3q2** is being made.\n"
        "-# █████████░░░░░░░░░░░ 45 % · painting · 9/20 · 13 s left\n"
        "[FP] A first glimpse of the picture.\n(Cancel)"
    )
    assert "[FP]" not in shown(render(reply))


@pytest.mark.parametrize(
    ("fraction", "bar"),
    [(-1.0, "░░░░░░░░░░░░░░░░░░░░ 0 %"), (7.0, "████████████████████ 100 %")],
)
def test_a_bar_is_never_longer_than_all_of_it(fraction: float, bar: str) -> None:
    rendered = render(Reply(progress=ProgressView("painting", fraction)))
    assert shown(rendered) == f"-# {bar} · painting"


@pytest.mark.parametrize("fraction", [None, math.nan, math.inf])
def test_where_nobody_knows_how_far_it_is_there_is_no_bar(fraction: float | None) -> None:
    progress = ProgressView("downloading my_model", fraction, seconds_left=math.inf)
    rendered = render(Reply(progress=progress))
    assert (shown(rendered), rendered.text) == ("-# downloading my_model", "downloading my_model")


async def test_the_history_reads_as_a_list(talk: Talk) -> None:
    jobs = [await talk.say("imagine", prompt=prompt) for prompt in ("a *star*", "a _wall_")]
    text = shown(render(await talk.say("history", words="a --limit 1")))
    assert re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d", "DATE", text).split(" --before ")[0] == (
        f"**#{jobs[1].job}** a _wall_ · DATE\n-# More: | `/art history a --limit 1"
    )


async def test_the_help_has_a_line_for_every_command_as_it_is_typed(talk: Talk) -> None:
    lines = shown(render(await talk.say("help"))).split("\n")
    assert lines[1] == "**/imagine** Make a picture from words."
    assert "**/art history** Find earlier pictures by the words of their prompt." in lines
    assert lines[-1] == "/art help imagine lists the options of a command."
    assert len(lines) == len(commands(Widest())) + 4
    asked = replace(talk.invocation("help", "console:ann", "a"), options={"command": "show"})
    about = shown(render(await talk.app.service.answer(asked)))
    assert about.startswith("**/art show** ")
    assert about.endswith("`/art show k7f3q2.1`")


async def test_a_refused_prompt_shows_the_place_as_it_was_typed(talk: Talk) -> None:
    rendered = render(await talk.say("imagine", prompt="a <!here> (b"))
    assert shown(rendered) == (
        "The prompt has a ( that is never closed; write \\( for the sign itself "
        "(at character 11, in a <\u2060!here> (b)."
    )
    assert "in a &lt;\u2060!here&gt; (b)." in rendered.text


def test_a_message_is_posted_without_previews_of_addresses() -> None:
    rendered = render(Reply(lines=(line("https://a.b"),)))
    assert rendered.as_message() == {
        "text": "https://a.b",
        "blocks": list(rendered.blocks),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_a_reply_of_nothing_is_an_ellipsis() -> None:
    for reply in (Reply(), Reply(lines=(line(user("\x00\n")),)), Reply(problem=line(""))):
        rendered = render(reply)
        assert (shown(rendered), rendered.text) == ("…", "…")


# Pictures and buttons -----------------------------------------------------------------------------


def test_of_one_picture_the_number_is_not_said(tmp_path: Path) -> None:
    rendered = render(Reply(pictures=(picture(tmp_path),)), {"k7f3q2.1": "F1"})
    assert (shown(rendered), rendered.text) == ("[F1] a star", "a star")


def test_a_picture_that_has_no_file_is_spoken_of(tmp_path: Path) -> None:
    there = tmp_path / "there.png"
    there.touch()
    pictures = (
        picture(tmp_path, 1),
        picture(there, 2),
        picture(tmp_path / "gone.png", 3),
        picture(tmp_path, 4),
    )
    rendered = render(Reply(pictures=pictures), {"k7f3q2.1": "F1", "k7f3q2.4": "F4"})
    assert shown(rendered) == (
        "[F1] k7f3q2.1 · seed 41: a star\n[F4] k7f3q2.4 · seed 44: a star\n"
        "-# k7f3q2.2 could not be brought to the chat: | `/art show k7f3q2.2` | tries again.\n"
        "-# The file of k7f3q2.3 is gone or damaged: | `/reroll k7f3q2.3 --seed 43` | "
        "makes it again."
    )


def test_a_sheet_has_its_title_and_is_not_missed(tmp_path: Path) -> None:
    sheet = replace(picture(tmp_path, 2), id="history", title="The newest pictures")
    reply = Reply(pictures=(sheet,))
    assert shown(render(reply, {"history": "F1"})) == "[F1] The newest pictures: a star"
    assert shown(render(Reply(lines=(line("Here."),), pictures=(sheet,)))) == "Here."


def test_a_sheet_that_is_not_for_all_eyes_is_spoken_of_without_a_button(tmp_path: Path) -> None:
    sheet = replace(picture(tmp_path), id="history", title="The newest pictures", sensitive=True)
    rendered = render(Reply(pictures=(sheet,)), {"history": "F1"})
    [block] = rendered.blocks
    assert block["text"]["text"] == "The newest pictures may not be for everybody's eyes."
    assert "accessory" not in block


def test_pictures_of_long_prompts_leave_room_for_the_prompt(tmp_path: Path) -> None:
    pictures = tuple(picture(tmp_path, number, "word " * 600) for number in range(1, 10))
    files = {picture.id: f"F{picture.seed}" for picture in pictures}
    lines = (texts.prompt_line("word " * 400), texts.running("k7f3q2"))
    text = shown(render(Reply(lines=lines, pictures=pictures), files))
    assert text.startswith("word " * 399)
    assert "\n**#k7f3q2** is being made.\n[F41] k7f3q2.1 · seed 41: word " in text


def test_more_pictures_than_a_message_holds_are_counted(tmp_path: Path) -> None:
    pictures = tuple(picture(tmp_path, number) for number in range(70))
    files = {picture.id: f"F{picture.seed}" for picture in pictures}
    rows = shown(render(Reply(pictures=pictures), files)).split("\n")
    assert len(rows) == 21
    assert rows[-1] == "-# 50 more pictures have no room here: | `/art show` | and an id shows one."


@pytest.mark.parametrize(
    ("alt", "expected"),
    [
        ("", "A picture."),
        (" \x00\n", "A picture."),
        ("a\n<!here>\x07", "a <\u2060!here>"),
        ("x" * 3000, "x" * 1999 + "…"),
    ],
)
def test_an_image_is_always_described(alt: str, expected: str) -> None:
    image = image_of("F1", alt)
    assert (image["alt_text"], "title" in image) == (expected, False)
    assert flaws([image]) == []


def test_an_image_can_have_a_title() -> None:
    image = image_of("F1", "a star", "#k7f3q2 <@U1>")
    assert said([image]) == "[F1] #k7f3q2 <\u2060@U1>: a star"
    assert flaws([image]) == []


def test_buttons_are_in_rows_of_five_and_say_what_they_do() -> None:
    buttons = [Button("vary", f"k7f3q2.{number}", f"Vary {number}") for number in range(1, 6)]
    buttons += [Button("reroll", "k7f3q2", "Reroll", "primary")]
    buttons += [Button("delete", "k7f3q2", "x" * 80, "danger")]
    rows = buttons_of(buttons, start=3)
    assert flaws(rows) == []
    assert [(row["block_id"], len(row["elements"])) for row in rows] == [
        ("buttons:3", 5),
        ("buttons:4", 2),
    ]
    first, (reroll, delete) = rows[0]["elements"][0], rows[1]["elements"]
    assert (first["action_id"], "style" in first) == ("do:vary:k7f3q2.1", False)
    assert (reroll["action_id"], reroll["style"]) == ("do:reroll:k7f3q2", "primary")
    assert (delete["style"], delete["text"]["text"]) == ("danger", "x" * 74 + "…")
    assert "confirm" not in delete


def test_buttons_have_the_rows_that_the_reply_asks_for() -> None:
    buttons = [Button("vary", f"k7f3q2.{number}", f"Vary {number}", row=1) for number in (1, 2)]
    rows = buttons_of([*buttons, Button("reroll", "k7f3q2", "Reroll")])
    said = [[each["text"]["text"] for each in row["elements"]] for row in rows]
    assert said == [["Reroll"], ["Vary 1", "Vary 2"]]
    assert flaws(rows) == []


# Much to show -------------------------------------------------------------------------------------


def test_a_history_of_fifty_keeps_every_row_and_the_way_on() -> None:
    rows = [
        texts.history_row(f"k7f3{n:02}", "_" * 79, "2030-01-01 12:00", "done") for n in range(50)
    ]
    lines = shown(render(Reply(lines=(*rows, texts.next_page("/history", 7))))).split("\n")
    assert [row[:11] for row in lines[:-1]] == [f"**#k7f3{n:02}**" for n in range(50)]
    assert lines[-1] == "-# More: | `/art history --page 7`"


def test_a_long_prompt_is_shown_whole() -> None:
    rendered = render(Reply(lines=(line(user("🦊" * 2000)), texts.running("k7f3q2"))))
    assert shown(rendered).replace("\n", "") == "🦊" * 2000 + "**#k7f3q2** is being made."


def test_a_prompt_of_forty_thousand_characters_is_cut_and_the_rest_stays() -> None:
    lines = (
        texts.prompt_line("<!here> fox & " * 2858),
        texts.done("k7f3q2", (7, 8), 1.9, 2),
        texts.different({"no": "blur", "steps": "9"}),
        texts.parent_line("a00000"),
    )
    rendered = render(Reply(lines=lines))
    text = shown(rendered)
    assert text.endswith(
        "…\n**#k7f3q2** · seeds 7, 8 · 1.9 s\n-# no blur · steps 9\n-# from #a00000"
    )
    assert 11_900 < length(text) < 12_100
    assert 2980 < length(rendered.text) <= 3000


def test_lists_that_are_too_long_say_how_much_is_left_out() -> None:
    infos = (LoraInfo(f"lora_{n}", Path(), "A title", "x" * 60, 0.8, "sdxl") for n in range(300))
    rows = [texts.lora_row(info) for info in infos]
    lines = shown(render(Reply(lines=tuple(rows)))).split("\n")
    assert lines[-1] == f"-# {300 - (len(lines) - 1)} more lines do not fit in here."
    assert lines[-2].startswith(f"**lora_{len(lines) - 2}** ")
    small = [line(Span(f"warning {number}", "faint")) for number in range(200)]
    assert shown(render(Reply(lines=tuple(small)))).endswith(
        "-# warning 48\n-# 151 more lines do not fit in here."
    )


def full(folder: Path, lines: tuple[Line, ...]) -> Rendered:
    """A message of these lines and much of everything else."""
    pictures = tuple(picture(folder, number, "word " * 600) for number in range(1, 10))
    reply = Reply(
        lines=lines,
        pictures=pictures,
        buttons=tuple(Button("vary", f"k7f3q2.{n}", f"Vary {n}") for n in range(23)),
        progress=ProgressView("x" * 9000, 0.5),
    )
    return render(reply, {picture.id: f"F{picture.seed}" for picture in pictures}, "FP")


def test_a_long_prompt_takes_the_room_that_all_else_leaves(tmp_path: Path) -> None:
    rendered = full(tmp_path, (texts.prompt_line("word " * 4000), texts.running("k7f3q2")))
    assert "…\n**#k7f3q2** is being made.\n" in shown(rendered)
    assert 11_990 < sum(map(length, readable(list(rendered.blocks)))) <= 12_000


def test_many_lines_take_the_blocks_that_all_else_leaves(tmp_path: Path) -> None:
    small = (line(Span(f"warning {number}", "faint")) for number in range(60))
    rendered = full(tmp_path, (texts.prompt_line("a fox " * 300), *small))
    text = shown(rendered)
    assert len(rendered.blocks) == 50
    assert text.startswith("a fox " * 299)
    assert " more lines do not fit in here.\n-# ██████████" in text
    assert text.endswith("(Vary 20)(Vary 21)(Vary 22)")


def test_blocks_of_lines_keep_to_the_room_that_is_left() -> None:
    lines = [line(strong(f"#{number}"), " ", user("a fox " * 20)) for number in range(40)]
    made = blocks_of(lines, 2, 900)
    assert flaws(made, 2, 900) == []
    assert said(made).startswith("**#0** a fox a fox")
    assert said(made).endswith(" more lines do not fit in here.")
    assert blocks_of([]) == []


# For any reply ------------------------------------------------------------------------------------

PIECES = (
    "a fox ",
    "*",
    "<!channel>",
    "<@U1>",
    "<",
    "&",
    "`",
    "\n",
    "🦊",
    "שלום ",
    "\u202e",
    "\x00",
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


LONG = repeated(1, 30, 500)
ROWS = st.one_of(rows(LONG, 1), rows(repeated(1, 10), 20), rows(repeated(1), 60))
hard = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


@hard
@given(st.lists(ROWS, max_size=3), LONG, st.integers(0, 9), st.integers(0, 23))
def test_any_reply_keeps_slacks_limits_and_means_nothing_else(
    many: list[list[Line]], alt: str, pictures: int, buttons: int
) -> None:
    views = tuple(picture(Path("none.png"), number, alt) for number in range(pictures))
    reply = Reply(
        lines=tuple(row for rows in many for row in rows),
        pictures=views,
        buttons=tuple(Button("vary", f"k7f3q2.{number}", "Vary") for number in range(buttons)),
        progress=ProgressView(alt, 0.5) if pictures % 2 else None,
    )
    shown(render(reply, {view.id: f"F{view.seed}" for view in views[::2]}, "FP"))


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
    text = shown(render(Reply(lines=lines, job="k7f3q2")))
    small = text.replace(" | ", "")
    for part in ("**#k7f3q2**", ", ".join(map(str, seeds)), " · 1.9 s", "steps 30", "heun"):
        assert part in small
    assert text.endswith("-# from #a00000")


@hard
@given(repeated(1, 5, 500))
@example("a fox a fox a fox a fox \u202e" * 500)
def test_no_words_of_a_person_are_lost_where_there_is_room(text: str) -> None:
    rendered = render(Reply(lines=(line("of ", user(text)),)))
    read = "".join(readable(list(rendered.blocks)))
    assert read.count("fox") == text.count("fox") or length(read) > 11_900


def test_a_hidden_picture_is_a_line_with_a_button_even_where_slack_has_its_file(
    tmp_path: Path,
) -> None:
    hidden = replace(picture(tmp_path / "a.png"), sensitive=True)
    seen = replace(picture(tmp_path / "b.png", 2), path=tmp_path)
    message = render(Reply(lines=(line("done"),), pictures=(hidden, seen)), {
        "k7f3q2.1": "F1", "k7f3q2.2": "F2",
    })  # fmt: skip
    assert "F1" not in str(message.blocks)
    assert "F2" in str(message.blocks)
    assert flaws(message.blocks) == []
    [block] = [each for each in message.blocks if each["type"] == "section"]
    assert block["text"]["text"] == "k7f3q2.1 may not be for everybody's eyes."
    assert block["accessory"]["action_id"] == "do:reveal:k7f3q2.1"
    assert block["accessory"]["text"]["text"] == texts.BUTTONS["reveal"]
