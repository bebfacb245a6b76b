from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from slack_sdk.models.views import View

from bot import texts
from bot.adapters.slack.home import home_view, pictures_of
from bot.adapters.slack.richtext import characters
from bot.reply import Button, PictureView, Reply, faint, line, user
from bot.service.answers import home as service_home
from bot.service.answers.clicks import PRESSES
from bot.service.answers.home import Part

Block = dict[str, Any]


def picture(identifier: str, prompt: str = "a fox", *, sensitive: bool = False) -> PictureView:
    return PictureView(identifier, Path("x.png"), 64, 64, 7, prompt, sensitive)


def cancel(job: str) -> Button:
    return Button("cancel", job, texts.cancel_button(job), "danger")


def blocks_of(parts: Sequence[Part], files: Mapping[str, str]) -> list[Block]:
    """Return the blocks of a home that Slack would take."""
    view = home_view(parts, files)
    assert view["type"] == "home"
    View(**json.loads(json.dumps(view))).validate_json()
    blocks: list[Block] = view["blocks"]
    names = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(set(names)) == len(names)
    for block in blocks:
        if block["type"] == "actions":
            actions = [element["action_id"] for element in block["elements"]]
            assert len(set(actions)) == len(actions) <= 25
    assert len(json.dumps(view).encode()) < 250_000
    return blocks


def words_of(block: object) -> Iterator[str]:
    """Yield all text that people read."""
    if isinstance(block, dict):
        if isinstance(block.get("text"), str):
            yield block["text"]
        for each in block.values():
            yield from words_of(each)
    elif isinstance(block, list):
        for each in block:
            yield from words_of(each)


def actions_of(block: Block) -> list[str]:
    return [element["action_id"] for element in block["elements"]]


def pictures_in(blocks: Sequence[Block]) -> list[str]:
    """Return the files of the pictures that are shown."""
    beside = [block["accessory"] for block in blocks if "accessory" in block]
    return [each["slack_file"]["id"] for each in beside if each["type"] == "image"]


def test_the_top_opens_what_can_be_done_without_a_command() -> None:
    [actions] = blocks_of([], {})
    buttons = [(e["action_id"], e["text"]["text"], e.get("style")) for e in actions["elements"]]
    assert buttons == [
        ("open:imagine", "Imagine", "primary"),
        ("open:settings", "Change settings", None),
        ("open:home", "Refresh", None),
    ]


def test_a_part_is_its_title_its_pictures_its_lines_and_its_buttons() -> None:
    reply = Reply(
        lines=(line("More: ", user("page 2")),),
        pictures=(picture("k7f3q2.1", "a fox"), picture("k7f3q2.2", "an owl")),
        buttons=(cancel("aaaaaa"),),
    )
    part = Part("Pictures", reply, ("reroll", "show", "favorite"))
    blocks = blocks_of([part], {"k7f3q2.1": "F1"})[1:]
    assert [block["type"] for block in blocks] == [
        *("header", "section", "actions"),
        *("section", "actions"),
        *("rich_text", "actions"),
    ]
    assert blocks[0]["text"]["text"] == "Pictures"
    assert list(words_of(blocks[1])) == ["a fox\nk7f3q2.1 · seed 7"]
    image = blocks[1]["accessory"]
    assert (image["slack_file"], image["alt_text"]) == ({"id": "F1"}, "a fox")
    assert list(words_of(blocks[3])) == ["an owl\nk7f3q2.2 · seed 7"]
    for block, identifier in ((blocks[2], "k7f3q2.1"), (blocks[4], "k7f3q2.2")):
        assert actions_of(block) == [f"do:{action}:{identifier}" for action in part.actions]
        for element in block["elements"]:
            action = element["action_id"].split(":")[1]
            assert action in PRESSES
            assert element["text"]["text"] == texts.BUTTONS[action]
    assert "".join(words_of(blocks[5])) == "More: page 2"
    assert actions_of(blocks[6]) == ["do:cancel:aaaaaa"]
    assert (blocks[6]["elements"][0]["style"], *words_of(blocks[6])) == (
        "danger",
        "Cancel #aaaaaa",
    )


def test_a_picture_has_no_buttons_but_those_of_its_part() -> None:
    reply = Reply(pictures=(picture("k7f3q2.1"), picture("k7f3q2.2")))
    blocks = blocks_of([Part("A", reply, ("show",)), Part("B", reply)], {})[1:]
    assert [actions_of(block) for block in blocks if block["type"] == "actions"] == [
        ["do:show:k7f3q2.1"],
        ["do:show:k7f3q2.2"],
    ]


def test_a_refusal_has_no_title_of_its_own() -> None:
    blocks = blocks_of([Part("", Reply(lines=(line("Not here."),)))], {})[1:]
    assert [block["type"] for block in blocks] == ["rich_text"]
    assert list(words_of(blocks)) == ["Not here."]


def test_a_long_prompt_is_cut_and_what_it_holds_means_nothing() -> None:
    prompt = "<!here> *bold* :fox:\n" * 90
    part = Part("Pictures", Reply(pictures=(picture("k7f3q2.1", prompt),)))
    row = blocks_of([part], {"k7f3q2.1": "F1"})[2]
    text = "".join(words_of(row))
    assert 100 < len(text) < 250
    assert text.endswith("…\nk7f3q2.1 · seed 7")
    assert "<!" not in json.dumps(row)
    assert (row["text"]["type"], row["text"]["emoji"]) == ("plain_text", False)
    assert len(row["accessory"]["alt_text"]) <= 200


def test_a_prompt_of_which_nothing_can_be_shown_is_a_picture() -> None:
    part = Part("Pictures", Reply(pictures=(picture("k7f3q2.1", " \x00\n"),)))
    assert list(words_of(blocks_of([part], {})[2])) == ["A picture.\nk7f3q2.1 · seed 7"]


def test_every_picture_is_brought_once_and_one_that_is_sensitive_not_at_all() -> None:
    first, second = picture("k7f3q2.1"), picture("k7f3q2.2")
    hidden = picture("k7f3q2.3", sensitive=True)
    parts = [
        Part("A", Reply(pictures=(second, hidden, first))),
        Part("B", Reply()),
        Part("C", Reply(pictures=(first,))),
    ]
    assert pictures_of(parts) == (second, first)
    blocks = blocks_of(parts, {f"k7f3q2.{number}": f"F{number}" for number in (1, 2, 3)})
    assert pictures_in(blocks) == ["F2", "F1", "F1"]


def test_the_fullest_home_loses_nothing() -> None:
    pictures = tuple(picture(f"k7f3q2.{n}", "word " * 400) for n in range(service_home.PICTURES))
    queue = tuple(texts.queue_row(n, "aaaaaa", "word " * 16, True, 99.0) for n in range(60))
    buttons = tuple(cancel(f"aaaaa{n}") for n in range(service_home.BUTTONS))
    actions = ("reroll", "show", "favorite")
    settings = tuple(texts.setting_row(f"name{n}", "word " * 40) for n in range(12))
    parts = (
        Part(texts.HOME_PICTURES, Reply(pictures=pictures), actions),
        Part(texts.HOME_FAVORITES, Reply(lines=(line("More."),), pictures=pictures), actions),
        Part(texts.HOME_SETTINGS, Reply(lines=settings)),
        Part(texts.HOME_QUEUE, Reply(lines=queue, buttons=buttons)),
    )
    blocks = blocks_of(parts, {each.id: f"F{each.seed}" for each in pictures})
    assert len(blocks) < 100
    assert characters(blocks) < 12_000
    assert len(pictures_in(blocks)) == 12
    [*_, last] = blocks
    assert actions_of(last) == [f"do:cancel:aaaaa{n}" for n in range(5, 10)]


@pytest.mark.parametrize("number", [49, 50, 51, 200])
def test_a_home_has_never_more_blocks_than_slack_takes(number: int) -> None:
    many = tuple(picture(f"k7f3q2.{index}") for index in range(1, number))
    parts = [Part("A", Reply(pictures=many), ("reroll",))]
    assert len(blocks_of(parts, {each.id: "F1" for each in many})) <= 100


def test_the_lines_of_a_part_leave_room_for_the_next() -> None:
    rows = tuple(line(faint(f"{number}.")) for number in range(200))
    parts = [Part("A", Reply(lines=rows)), Part("B", Reply(buttons=(cancel("aaaaaa"),)))]
    *_, last_row, _, buttons = blocks_of(parts, {})
    assert "more lines" in "".join(words_of(last_row))
    assert actions_of(buttons) == ["do:cancel:aaaaaa"]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.text(max_size=400), max_size=4), st.text(max_size=200), st.booleans())
def test_slack_takes_a_home_whatever_people_wrote(
    prompts: list[str], title: str, brought: bool
) -> None:
    pictures = tuple(picture(f"k7f3q2.{n}", prompt) for n, prompt in enumerate(prompts, 1))
    lines = tuple(line(user(prompt)) for prompt in prompts)
    part = Part(title.strip() or "x", Reply(lines=lines, pictures=pictures))
    files = {each.id: "F1" for each in pictures} if brought else {}
    blocks = blocks_of([part], files)
    assert len(pictures_in(blocks)) == len(files)
