from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot import texts
from bot.adapters.slack.inputs import TEXT_MOST
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.showing import TRIES, Showing, notice_view
from bot.adapters.slack.uploading import Uploads
from bot.reply import Field, Form, Line, PictureView, Reply, line
from generation.errors import OutOfMemory
from tests.jumping_loop import run_jumping
from tests.slack_network import (
    DIRECT,
    HOOK,
    UNREADY,
    Kept,
    Network,
    Refusal,
    broken,
    refused,
    too_many,
    web_on,
)

SAID = Reply(lines=(line("Here."),))
TOLD = Reply(lines=(line("No."),), private=True)
FORM = Reply(form=Form("edit", "k7f3q2", "Edit", (Field("prompt", "Prompt"),)))
ASKED = Asked("77", "T1", "U50", channel="C100", thread="4.0", response_url=HOOK, trigger="1.2")
UNASKED = replace(ASKED, response_url="")
POST, OPEN, WHISPER = "chat.postMessage", "views.open", "chat.postEphemeral"


class Scene:
    """What shows answers, and what it speaks to."""

    def __init__(self) -> None:
        self.network = Network()
        self.store = Kept(self.network)

    async def begin(self) -> Scene:
        store: Any = self.store
        web = await web_on(self.network)
        uploads = Uploads(web, store.posts)
        self.showing = Showing(web, Poster(web, "@reroll"), uploads, store.posts)
        return self

    def faults(self, what: str, *faults: Refusal | Exception) -> None:
        self.network.next[what].extend(faults)


def in_scene(play: Callable[[Scene], Coroutine[Any, Any, Any]]) -> Scene:
    """Play a scene with all its pauses, in no time."""

    async def played() -> Scene:
        scene = await Scene().begin()
        await play(scene)
        return scene

    return run_jumping(played())


def shown(
    reply: Reply, asked: Asked = ASKED, **faults: Sequence[Refusal | Exception]
) -> tuple[list[str], Network]:
    """Show a reply where requests of these kinds are refused at first."""

    async def play(scene: Scene) -> None:
        for what, each in faults.items():
            scene.faults(what.replace("_", "."), *each)
        await scene.showing.show(asked, reply)

    network = in_scene(play).network
    return network.what, network


def words(line: Line) -> str:
    return "".join(span.text for span in line)


def picture(folder: Path) -> PictureView:
    path = folder / "k7f3q2.1.png"
    path.write_bytes(b"a picture")
    return PictureView("k7f3q2.1", path, 128, 128, 7, "a fox")


# To the asker alone -------------------------------------------------------------------------------


def test_what_is_private_goes_through_the_address_for_answers() -> None:
    what, network = shown(TOLD)
    assert what == ["respond"]
    [told] = network.of("respond")
    assert (told["url"], told["text"], told["thread_ts"]) == (HOOK, "No.", "4.0")
    assert (told["response_type"], told["replace_original"]) == ("ephemeral", False)
    assert (told["unfurl_links"], told["unfurl_media"]) == (False, False)


def test_without_one_it_is_whispered_where_it_was_asked() -> None:
    what, network = shown(TOLD, UNASKED)
    assert what == [WHISPER]
    [told] = network.of(WHISPER)
    assert (told["channel"], told["user"], told["thread_ts"]) == ("C100", "U50", "4.0")


@pytest.mark.parametrize("why", ["not_in_channel", "channel_not_found", "user_not_in_channel"])
def test_where_nothing_can_be_whispered_it_goes_to_the_direct_messages(why: str) -> None:
    what, network = shown(TOLD, UNASKED, chat_postEphemeral=[refused(why)])
    assert what == [WHISPER, "conversations.open", POST]
    [told] = network.of(POST)
    assert (told["channel"], told["text"], "thread_ts" in told) == (DIRECT, "No.", False)


def test_between_two_there_is_no_need_to_whisper() -> None:
    what, network = shown(TOLD, replace(UNASKED, channel="D7"))
    assert what == [POST]
    assert (network.of(POST)[0]["channel"], network.of(POST)[0]["thread_ts"]) == ("D7", "4.0")
    assert shown(TOLD, replace(UNASKED, channel=""))[0] == ["conversations.open", POST]


def test_a_deletion_takes_the_pressed_message_away_that_only_its_asker_sees() -> None:
    gone = replace(TOLD, deleted="k7f3q2")
    what, network = shown(gone, replace(ASKED, is_loose=True))
    assert what == ["respond"]
    assert network.of("respond") == [{"url": HOOK, "delete_original": True}]
    for asked in (ASKED, replace(UNASKED, is_loose=True)):
        assert "delete_original" not in str(shown(gone, asked)[1].requests)
    assert "delete_original" not in str(shown(TOLD, replace(ASKED, is_loose=True))[1].requests)


# In place of what was pressed ---------------------------------------------------------------------

PRESSED = replace(ASKED, message="9.0", is_loose=True, turns=True)
IN_DIRECT = replace(UNASKED, channel="D7", message="9.0", turns=True)


def test_a_page_takes_the_place_of_the_one_before() -> None:
    what, network = shown(TOLD, PRESSED)
    assert what == ["respond"]
    [told] = network.of("respond")
    assert (told["url"], told["text"], told["replace_original"]) == (HOOK, "No.", True)
    assert told["response_type"] == "ephemeral"
    what, network = shown(TOLD, IN_DIRECT)
    assert what == ["chat.update"]
    [told] = network.of("chat.update")
    assert (told["channel"], told["ts"], told["text"]) == ("D7", "9.0", "No.")


def test_where_a_page_is_refused_the_one_before_stays() -> None:
    failed = replace(TOLD, problem=line("No."))
    assert shown(failed, PRESSED)[1].of("respond")[0]["replace_original"] is False
    assert shown(failed, IN_DIRECT)[0] == [POST]


def test_a_page_is_told_anew_once_its_address_is_used_up_or_its_message_gone() -> None:
    what, _ = shown(TOLD, PRESSED, respond=[Refusal(404, "used_url")] * 2)
    assert what == ["respond", "respond", WHISPER]
    assert shown(TOLD, IN_DIRECT, chat_update=[refused("message_not_found")])[0] == [
        "chat.update",
        POST,
    ]


def test_a_page_waits_for_its_pictures_and_keeps_an_answer_for_where_they_never_come(
    tmp_path: Path,
) -> None:
    page = replace(TOLD, pictures=(picture(tmp_path),))
    unready = Refusal(400, {"ok": False, "error": "invalid_blocks"})
    what, network = shown(page, PRESSED, respond=[unready] * 2)
    assert (what.count("respond"), what.count("upload")) == (3, 1)
    assert all(each["replace_original"] for each in network.of("respond"))
    what, network = shown(page, PRESSED, respond=[unready] * 4)
    assert [each["replace_original"] for each in network.of("respond")] == [True] * 4 + [False]


def test_a_busy_slack_turns_the_page_a_little_later() -> None:
    assert shown(TOLD, PRESSED, respond=[Refusal(500, "oh")])[0] == ["respond"] * 2
    assert shown(TOLD, IN_DIRECT, chat_update=[too_many(3)])[0] == ["chat.update"] * 2


# To everybody -------------------------------------------------------------------------------------


def test_what_is_for_all_is_posted_where_it_was_asked() -> None:
    what, network = shown(SAID)
    assert what == [POST]
    [posted] = network.of(POST)
    assert (posted["channel"], posted["thread_ts"], posted["text"]) == ("C100", "4.0", "Here.")
    assert shown(SAID, replace(ASKED, channel=""))[0] == ["conversations.open", POST]


def test_what_shows_a_job_is_remembered_so_that_it_goes_with_the_job(tmp_path: Path) -> None:
    scene = in_scene(
        lambda scene: scene.showing.show(ASKED, replace(SAID, pictures=(picture(tmp_path),)))
    )
    file, post = scene.store.posts.known
    assert (file.kind, file.channel) == ("file", "k7f3q2.1")
    assert (post.kind, post.job, post.channel) == ("shown", "k7f3q2", "C100")
    [posted] = scene.network.of(POST)
    assert posted["blocks"][-1]["slack_file"]["id"] == file.message
    assert in_scene(lambda scene: scene.showing.show(ASKED, SAID)).store.posts.known == []


def test_what_was_deleted_while_it_was_shown_is_shown_no_more(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.store.posts.gone = {"k7f3q2"}
        await scene.showing.show(ASKED, replace(SAID, pictures=(picture(tmp_path),)))

    scene = in_scene(play)
    assert scene.network.what[-2:] == [POST, "chat.delete"]
    assert [post.kind for post in scene.store.posts.known] == ["file"]


def test_a_message_that_cannot_be_noted_is_there_all_the_same(tmp_path: Path) -> None:
    async def play(scene: Scene) -> None:
        scene.store.posts.fault = OutOfMemory("disk", 1, 1)
        await scene.showing.show(ASKED, replace(SAID, pictures=(picture(tmp_path),)))

    assert in_scene(play).network.what[-1] == POST


def test_where_the_bot_is_no_member_the_command_itself_is_answered() -> None:
    what, network = shown(SAID, chat_postMessage=[refused("not_in_channel")])
    assert what == [POST, "respond"]
    assert network.of("respond")[0]["response_type"] == "in_channel"
    assert shown(SAID, UNASKED, chat_postMessage=[refused("not_in_channel")])[0] == [POST]


# With patience ------------------------------------------------------------------------------------


def test_an_answer_is_brought_with_patience() -> None:
    faults: list[Refusal | Exception] = [
        broken(), aiohttp.ClientConnectionError(), OSError(), broken(503)
    ]  # fmt: skip
    what, network = shown(SAID, chat_postMessage=faults)
    assert what.count(POST) == TRIES
    assert what[1:3] == ["conversations.replies", POST], "it may have come: that is looked up"
    posts = [each.at for each in network.requests if each.what == POST]
    pauses = [after - before for before, after in itertools.pairwise(posts)]
    assert [round(pause, 1) for pause in pauses] == [0.5, 1, 2, 4]
    again = shown(SAID, chat_postMessage=[broken()] * 2 * TRIES)[0]
    assert again.count(POST) == TRIES


def test_an_answer_waits_as_slack_asks() -> None:
    _, network = shown(SAID, chat_postMessage=[too_many(0), too_many(9)])
    first, second, third = (each.at for each in network.requests)
    assert (round(second - first, 1), round(third - second, 1)) == (0, 9)


def test_an_address_for_answers_is_tried_again_while_it_is_busy_only() -> None:
    assert shown(TOLD, respond=[Refusal(500, "oh"), Refusal(429, "no")])[0] == ["respond"] * 3
    assert shown(TOLD, respond=[Refusal(404, "used_url")])[0] == ["respond", WHISPER]


def test_a_picture_that_is_not_ready_is_waited_for(tmp_path: Path) -> None:
    what, _ = shown(replace(SAID, pictures=(picture(tmp_path),)), chat_postMessage=[UNREADY] * 2)
    assert (what.count(POST), what.count("upload")) == (3, 1)


def test_where_pictures_cannot_be_shown_the_asker_is_told(tmp_path: Path) -> None:
    reply = replace(SAID, pictures=(picture(tmp_path),))
    what, network = shown(reply, chat_postMessage=[refused("msg_blocks_too_long")])
    assert what[-2:] == [POST, "respond"]
    assert network.of("respond")[0]["text"] == words(texts.not_shown())
    assert shown(SAID, chat_postMessage=[refused("msg_blocks_too_long")])[0] == [POST]


def test_a_fault_of_ours_is_told_with_a_number_that_the_log_has(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nothing: Any = None
    strange = replace(picture(tmp_path), alt=nothing)
    with caplog.at_level(logging.ERROR):
        _, network = shown(replace(SAID, pictures=(strange,)))
    [told] = network.of("respond")
    assert caplog.records[-1].getMessage().split()[1] in told["text"]


# As a view ----------------------------------------------------------------------------------------


def test_a_form_opens_over_the_press() -> None:
    what, network = shown(FORM)
    assert what == [OPEN]
    [opened] = network.of(OPEN)
    assert opened["trigger_id"] == "1.2"
    assert opened["view"]["callback_id"] == "form:edit:k7f3q2"
    assert "C100" in opened["view"]["private_metadata"]


def test_who_pressed_too_late_is_told() -> None:
    for asked in (ASKED, replace(ASKED, in_home=True)):
        what, network = shown(FORM, asked, views_open=[refused("expired_trigger_id")])
        assert what == [OPEN, "respond"]
        assert network.of("respond")[0]["text"] == words(texts.form_too_late())


def test_a_form_that_no_modal_holds_is_not_opened() -> None:
    long = Form("edit", "k7f3q2", "Edit", (Field("prompt", "Prompt", "x" * (TEXT_MOST + 1)),))
    what, network = shown(Reply(form=long))
    assert what == ["respond"]
    assert network.of("respond")[0]["text"] == words(texts.form_too_long(TEXT_MOST))


def test_at_home_what_is_told_opens_over_it(tmp_path: Path) -> None:
    home = replace(UNASKED, in_home=True, channel=DIRECT)
    what, network = shown(TOLD, home)
    assert what == [OPEN]
    assert network.of(OPEN)[0]["view"] == notice_view(TOLD)
    what, network = shown(TOLD, home, views_open=[refused("expired_trigger_id")])
    assert what == [OPEN, POST]
    assert network.of(POST)[0]["text"] == "No.", "it is told all the same"
    assert shown(SAID, home)[0] == [POST]
    assert OPEN not in shown(replace(TOLD, pictures=(picture(tmp_path),)), home)[0]
