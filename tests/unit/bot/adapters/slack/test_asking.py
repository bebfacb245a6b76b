from __future__ import annotations

import json
from collections.abc import AsyncIterator, Coroutine
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.adapters.slack.answering import Ask, Errors
from bot.adapters.slack.asking import Asking
from bot.adapters.slack.fetching import Fetcher
from bot.adapters.slack.once import Answer
from bot.adapters.slack.payloads import Asked
from bot.adapters.slack.posting import Poster
from bot.adapters.slack.richtext import Block
from bot.adapters.slack.web import Web
from bot.commands import Command, Widest, commands
from bot.config import Config, load_config
from bot.errors import NotAllowed
from bot.invocation import Attachment, Click, Invocation, Where
from bot.reply import Reply, line
from bot.service.service import refusal
from bot.service.suggestions import Suggestions
from generation.errors import UserError
from generation.loras import LoraCatalogue
from storage.records import JobRecord, Post, Promise
from tests.slack_network import HOOK, Kept, Network
from tests.slack_server import SlackEmulator
from tests.unit.bot.adapters.slack.test_messages import job

ANSWER = Reply(lines=(line("Here."),))
COMMANDS = {command.name: command for command in commands(Widest())}
BOT = "U1BOT"
WHERE = Where("T1", ("C100",))
PERSON = {"id": "U50", "name": "ann"}


class Settings:
    """What people have set."""

    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    async def get(self, _actor: str) -> dict[str, Any]:
        return self.known


class Tickets:
    """The jobs by what asked for them."""

    def __init__(self) -> None:
        self.known: dict[str, JobRecord] = {}

    async def of_ticket(
        self, platform: str, ticket: str, within: timedelta = timedelta()
    ) -> JobRecord | None:
        assert platform == "slack"
        return self.known.get(ticket)


@dataclass
class Store:
    settings: Settings = field(default_factory=Settings)
    jobs: Tickets = field(default_factory=Tickets)

    def __post_init__(self) -> None:
        self.posts = Kept(Network()).posts


@dataclass
class Desk:
    """As much of the service's desk as is looked at."""

    suggestions: Suggestions
    store: Store = field(default_factory=Store)
    commands: dict[str, Command] = field(default_factory=lambda: COMMANDS)


@dataclass
class Answers:
    """The service: notes what it is asked, and the bytes of the files that come with that."""

    desk: Desk
    asked: list[tuple[str, Any]] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    closed: bool = False

    def _take(self, what: str, asked: Invocation | Click) -> Reply:
        self.asked.append((what, asked))
        for name, value in (asked.options if isinstance(asked, Invocation) else {}).items():
            if isinstance(value, Attachment):
                self.files[name] = value.path.read_bytes()
        return ANSWER

    def let_in(self, _asked: Invocation | Click) -> None:
        if self.closed:
            raise NotAllowed("channel")

    async def answer(self, invocation: Invocation) -> Reply:
        return self._take("answer", invocation)

    async def click(self, click: Click) -> Reply:
        return self._take("click", click)

    async def keep_picture(self, invocation: Invocation) -> Reply:
        return self._take("keep", invocation)


class Shown:
    """The responder: asks at once, and notes what it is given."""

    def __init__(self) -> None:
        self.replies: list[tuple[Asked, Reply]] = []
        self.speaks = False
        self.may_wait = True
        self.errors: dict[str, str] = {}
        self.views: list[Block] = []
        self.begun: list[Coroutine[Any, Any, None]] = []

    async def respond(
        self, asked: Asked, answer: Ask, *, speaks: bool = False, may_wait: bool = True
    ) -> Answer:
        self.speaks, self.may_wait = speaks, may_wait
        self.replies.append((asked, await guarded(answer)))
        return None

    async def submitted(self, asked: Asked, answer: Ask, errors: Errors) -> Answer:
        reply = await guarded(answer)
        self.errors = errors(reply) if reply.problem else {}
        self.replies.append((asked, reply))
        return {"response_action": "clear"}

    async def open_view(self, _asked: Asked, view: Block) -> None:
        self.views.append(view)

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        self.begun.append(work)

    async def work(self) -> None:
        """Do what was begun."""
        while self.begun:
            await self.begun.pop(0)


async def guarded(answer: Ask) -> Reply:
    try:
        return await answer()
    except UserError as error:
        return refusal(error)


@dataclass
class Homes:
    """Notes whose home is shown."""

    shown: list[Asked] = field(default_factory=list)

    async def show(self, asked: Asked) -> None:
        self.shown.append(asked)


@dataclass
class Talk:
    """What asks, and what it speaks to."""

    emu: SlackEmulator
    config: Config
    web: Web

    def __post_init__(self) -> None:
        suggestions = Suggestions(self.config, tuple(COMMANDS.values()), LoraCatalogue(()))
        self.service = Answers(Desk(suggestions))
        self.shown, self.homes = Shown(), Homes()
        service: Any = self.service
        homes: Any = self.homes
        store: Any = self.service.desk.store
        fetcher = Fetcher(self.config, self.web, store, BOT)
        self.asking = Asking(service, self.shown, Poster(self.web, "@reroll"), fetcher, homes, BOT)

    @property
    def asked(self) -> Any:
        """The last question to the service."""
        return self.service.asked[-1][1]

    @property
    def reply(self) -> Reply:
        return self.shown.replies[-1][1]


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    emu = await SlackEmulator().start()
    file = tmp_path / "config.toml"
    file.write_text(f"generation.model = 'mini'\nslack.api_url = '{emu.base_url}'\n")
    config = load_config(file, {})
    web = Web(config.settings.slack, emu.bot_token)
    talk = Talk(emu, config, web)
    yield talk
    await talk.shown.work()
    await web.close()
    await emu.stop()


def command(text: str = "", name: str = "/imagine", **more: Any) -> dict[str, Any]:
    return {
        "command": name,
        "text": text,
        "team_id": "T1",
        "user_id": "U50",
        "user_name": "ann",
        "channel_id": "C100",
        "response_url": HOOK,
        "trigger_id": "1.2",
    } | more


def event(text: str = f"<@{BOT}> a fox", **more: Any) -> dict[str, Any]:
    about = {"type": "app_mention", "user": "U50", "ts": "5.0", "channel": "C100", "text": text}
    return {"team_id": "T1", "event_id": "Ev1", "event": about | more}


def interactive(**more: Any) -> dict[str, Any]:
    return {"user": PERSON, "team": {"id": "T1"}, "trigger_id": "1.2"} | more


def press(action_id: str, **more: Any) -> dict[str, Any]:
    container = {"type": "message", "message_ts": "5.0", "channel_id": "C100"}
    return interactive(container=container, actions=[{"action_id": action_id}], **more)


def home_press(action_id: str, user: str = "U50") -> dict[str, Any]:
    body = press(action_id) | {"container": {"type": "view"}, "view": {"type": "home", "id": "V1"}}
    return body | {"user": {"id": user, "name": "ann"}}


def entry(action: str, **message: Any) -> dict[str, Any]:
    about = {"ts": "5.0"} | message
    return interactive(callback_id=action, channel={"id": "C100"}, message=about, message_ts="5.0")


def modal(callback_id: str, values: dict[str, Any], place: str = "C100") -> dict[str, Any]:
    state = {"values": {name: {name: value} for name, value in values.items()}}
    blocks = [{"type": "input", "block_id": name} for name in values]
    metadata = json.dumps({"channel": place, "thread": "4.0", "message": ""})
    return interactive(
        view={"id": "V1", "hash": "h", "type": "modal", "callback_id": callback_id,
              "state": state, "blocks": blocks, "private_metadata": metadata}
    )  # fmt: skip


def text_input(value: str) -> dict[str, Any]:
    return {"type": "plain_text_input", "value": value}


def link_to(talk: Talk, name: str = "fox.png", data: bytes = b"a picture") -> str:
    file = talk.emu.user_file(name, data, PERSON)
    return str(talk.emu.file_payload(file)["url_private"])


# Commands -----------------------------------------------------------------------------------------


async def test_a_command_reaches_the_service_as_it_was_given(talk: Talk) -> None:
    await talk.asking.command(command("a &lt;fox&gt; --seed 7"))
    [(what, asked)] = talk.service.asked
    assert what == "answer"
    assert isinstance(asked, Invocation)
    assert (asked.command, asked.options) == ("imagine", {"prompt": "a <fox> --seed 7"})
    assert (asked.actor, asked.display_name) == ("slack:T1:U50", "ann")
    assert (asked.reply_to.place, asked.where) == ("slack:C100", WHERE)
    assert not asked.admin
    assert talk.reply == ANSWER
    assert talk.shown.speaks


@pytest.mark.parametrize(
    ("text", "name", "options"),
    [
        ("show k7f3q2", "show", {"id": "k7f3q2"}),
        ("  SHOW   k7f3q2 ", "show", {"id": "k7f3q2"}),
        ("show\nk7f3q2", "show", {"id": "k7f3q2"}),
        ("imagine a fox", "imagine", {"prompt": "a fox"}),
        ("queue", "queue", {}),
        ("", "help", {}),
        ("nothing of the kind", "nothing", {}),
    ],
)
async def test_every_command_is_a_word_of_one(
    talk: Talk, text: str, name: str, options: dict[str, str]
) -> None:
    await talk.asking.command(command(text, "/art"))
    assert talk.asked.command == name
    assert {key: value for key, value in talk.asked.options.items() if key} == options


async def test_reroll_needs_no_word(talk: Talk) -> None:
    await talk.asking.command(command("", "/reroll"))
    assert (talk.asked.command, talk.asked.options) == ("reroll", {})
    await talk.asking.command(command("k7f3q2 --steps 5", "/reroll"))
    assert talk.asked.options == {"id": "k7f3q2 --steps 5"}


@pytest.mark.parametrize(
    "body", [command(""), command(" "), command("imagine", "/art"), command("settings", "/art")]
)
async def test_a_command_without_words_opens_its_modal_where_it_has_one(
    talk: Talk, body: dict[str, Any]
) -> None:
    await talk.asking.command(body)
    await talk.shown.work()
    if "settings" in body["text"]:
        assert talk.asked.command == "settings"
        return
    [view] = talk.shown.views
    assert (view["callback_id"], talk.service.asked) == ("command:imagine", [])
    assert json.loads(view["private_metadata"])["channel"] == "C100"


async def test_no_modal_opens_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    await talk.asking.command(command(""))
    await talk.shown.work()
    assert talk.shown.views == []
    assert talk.reply == refusal(NotAllowed("channel"))


async def test_a_link_to_a_file_is_the_picture(talk: Talk) -> None:
    first, second = link_to(talk), link_to(talk, "hen.png", b"a mask")
    await talk.asking.command(command(f"a fox <{first}> --mask <{second}|hen> --strength 0.5"))
    assert talk.asked.options["prompt"].split() == ["a", "fox", "--strength", "0.5"]
    assert talk.service.files == {"image": b"a picture", "mask": b"a mask"}


async def test_nothing_is_fetched_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    await talk.asking.command(command(f"a fox {link_to(talk)}"))
    assert talk.reply.problem is not None
    assert talk.service.asked == []
    assert talk.emu.calls == []


async def test_a_file_that_is_not_there_is_said(talk: Talk) -> None:
    await talk.asking.command(command(f"a fox {talk.emu.root}/files-pri/F0NONE000/x.png"))
    assert talk.reply.problem is not None
    assert talk.service.asked == []


# What people write --------------------------------------------------------------------------------


async def test_a_mention_asks_for_a_picture_in_its_thread(talk: Talk) -> None:
    await talk.asking.mention(event(f"<@{BOT}> a &lt;fox&gt; --seed 7"))
    assert (talk.asked.command, talk.asked.options) == ("imagine", {"prompt": "a <fox> --seed 7"})
    assert (talk.asked.reply_to.channel, talk.asked.reply_to.thread) == ("C100", "5.0")
    assert not talk.shown.speaks


@pytest.mark.parametrize("words", ["", " Help "])
async def test_a_mention_without_words_is_helped(talk: Talk, words: str) -> None:
    await talk.asking.mention(event(f"<@{BOT}>{words}"))
    assert talk.asked.command == "help"


async def test_files_that_came_with_a_message_are_for_what_its_links_left(talk: Talk) -> None:
    mask = talk.emu.user_file("hen.png", b"a mask")
    files = [talk.emu.file_payload(mask)]
    words = f"<@{BOT}> a fox <{link_to(talk)}>"
    await talk.asking.mention(event(words, subtype="file_share", files=files))
    assert talk.asked.options["prompt"] == "a fox"
    assert talk.service.files == {"image": b"a picture", "mask": b"a mask"}


@pytest.mark.parametrize(
    "more",
    [
        {"bot_id": "B1"},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"subtype": "bot_message"},
        {"subtype": "channel_join"},
        {"user": ""},
    ],
)
async def test_what_nobody_wrote_just_now_is_not_answered(talk: Talk, more: dict[str, Any]) -> None:
    assert await talk.asking.mention(event(**more)) is None
    assert (talk.service.asked, talk.shown.replies) == ([], [])


async def test_what_slack_sends_again_is_not_asked_again_if_its_job_is_there(talk: Talk) -> None:
    talk.service.desk.store.jobs.known = {"C100:5.0": job()}
    await talk.asking.mention(event(), again=True)
    assert talk.service.asked == []
    await talk.asking.mention(event(), again=False)
    await talk.asking.mention(event() | {"event": event()["event"] | {"ts": "6.0"}}, again=True)
    assert len(talk.service.asked) == 2


async def test_what_is_mended_afterwards_is_not_asked_once_more(talk: Talk) -> None:
    mended = event()["event"] | {"edited": {"user": "U50", "ts": "6.0"}}
    await talk.asking.mention(event() | {"event": mended})
    assert talk.service.asked == []


# Presses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("known", "loose"), [("5.0", False), ("6.0", True)])
async def test_what_empties_a_message_has_to_know_whether_it_can_be_reached(
    talk: Talk, known: str, loose: bool
) -> None:
    talk.service.desk.store.posts.known = [Post("k7f3q2", "slack", "C100", known)]
    await talk.asking.action(press("do:delete:k7f3q2"))
    assert talk.shown.replies[-1][0].is_loose is loose
    assert not talk.shown.may_wait
    await talk.asking.action(press("do:recipe:k7f3q2"))
    assert not talk.shown.replies[-1][0].is_loose
    assert talk.shown.may_wait


async def test_a_press_is_a_click_of_who_did_it_and_where(talk: Talk) -> None:
    await talk.asking.action(press("do:vary:k7f3q2.1"))
    [(what, click)] = talk.service.asked
    assert what == "click"
    assert (click.action, click.target, click.form) == ("vary", "k7f3q2.1", {})
    assert (click.actor, click.display_name, click.where) == ("slack:T1:U50", "ann", WHERE)
    assert (click.reply_to.channel, click.reply_to.thread) == ("C100", "5.0")
    assert (talk.shown.begun, talk.homes.shown) == ([], [])


@pytest.mark.parametrize(
    "action_id", ["", "x", "do:vary", "do:Vary:k7f3q2", "do:vary:K7", "do:vary:k7f3q2:1", "prompt"]
)
async def test_a_press_that_is_none_of_ours_means_nothing(talk: Talk, action_id: str) -> None:
    assert await talk.asking.action(press(action_id)) is None
    assert (talk.service.asked, talk.shown.replies) == ([], [])


async def test_a_press_at_home_is_answered_between_two_and_changes_the_home(talk: Talk) -> None:
    ann = talk.emu.user("ann")
    await talk.asking.action(home_press("do:favorite:k7f3q2.1", ann["id"]))
    await talk.shown.work()
    assert talk.asked.reply_to.channel == talk.emu.dm(ann)["id"]
    assert talk.asked.where.direct
    [home] = talk.homes.shown
    assert home.user == ann["id"]


async def test_openers_open_modals_and_homes(talk: Talk) -> None:
    await talk.asking.action(home_press("open:imagine"))
    await talk.asking.action(press("open:imagine"))
    talk.service.desk.store.settings.known = {"steps": 12}
    await talk.asking.action(home_press("open:settings"))
    await talk.asking.action(home_press("open:home"))
    await talk.asking.action(home_press("open:queue"))
    await talk.shown.work()
    at_home, in_channel, settings = talk.shown.views
    assert "where" in inputs(at_home)
    assert "where" not in inputs(in_channel) | inputs(settings)
    assert settings["callback_id"] == "command:settings"
    assert '"12"' in json.dumps(settings)
    assert len(talk.homes.shown) == 1
    assert talk.reply.problem is not None, "there is no modal of that"


def inputs(view: Block) -> set[str]:
    return {str(block.get("block_id")) for block in view["blocks"]}


async def test_a_home_is_shown_to_who_opens_it(talk: Talk) -> None:
    await talk.asking.home(event(type="app_home_opened", tab="messages", channel="D900"))
    await talk.asking.home(event(type="app_home_opened", tab="home", channel="D900"))
    await talk.shown.work()
    [home] = talk.homes.shown
    assert (home.user, home.channel) == ("U50", "")


# Modals -------------------------------------------------------------------------------------------


async def test_a_form_that_was_sent_is_a_click_with_its_fields(talk: Talk) -> None:
    body = modal("form:edit:k7f3q2", {"prompt": text_input("a hen"), "seed": text_input("")})
    assert await talk.asking.view(body) == {"response_action": "clear"}
    [(what, click)] = talk.service.asked
    assert (what, click.action, click.target) == ("click", "edit", "k7f3q2")
    assert click.form["prompt"] == "a hen"
    assert (click.reply_to.channel, click.reply_to.thread) == ("C100", "4.0")


async def test_a_form_that_was_opened_at_home_is_answered_between_two(talk: Talk) -> None:
    ann = talk.emu.user("ann")
    body = modal("form:edit:k7f3q2", {"prompt": text_input("a hen")}, place="")
    await talk.asking.view(body | {"user": ann})
    assert talk.asked.reply_to.channel == talk.emu.dm(ann)["id"]


async def test_a_modal_of_a_command_is_the_command(talk: Talk) -> None:
    body = modal("command:imagine", {"prompt": text_input("a hen"), "steps": text_input("12")})
    await talk.asking.view(body)
    assert talk.asked.command == "imagine"
    assert talk.asked.options["prompt"] == "a hen"
    assert str(talk.asked.options["steps"]) == "12"
    assert (talk.asked.reply_to.channel, talk.asked.where) == ("C100", WHERE)


async def test_a_modal_of_no_channel_asks_where_and_else_goes_between_two(talk: Talk) -> None:
    ann = talk.emu.user("ann")
    chosen = {"type": "conversations_select", "selected_conversation": "C200"}
    values = {"prompt": text_input("a hen")}
    body = modal("command:imagine", values | {"where": chosen}, place="")
    await talk.asking.view(body)
    assert talk.asked.reply_to.channel == "C200"
    await talk.asking.view(modal("command:imagine", values, place="") | {"user": ann})
    assert talk.asked.reply_to.channel == talk.emu.dm(ann)["id"]


async def test_a_picture_of_a_modal_is_fetched(talk: Talk) -> None:
    file = talk.emu.file_payload(talk.emu.user_file("fox.png", b"a picture"))
    picture = {"type": "file_input", "files": [file]}
    body = modal("command:imagine", {"prompt": text_input("a hen"), "image": picture})
    await talk.asking.view(body)
    assert talk.service.files == {"image": b"a picture"}


async def test_what_a_modal_gets_wrong_is_said_at_its_input(talk: Talk) -> None:
    loras = {"type": "multi_external_select", "selected_options": [{"value": "inkstyle"}]}
    values = {"prompt": text_input("a hen"), "lora": loras, "lora_scale": text_input("much, more")}
    await talk.asking.view(modal("command:imagine", values))
    assert list(talk.shown.errors) == ["lora_scale"]
    assert talk.service.asked == []


@pytest.mark.parametrize("callback_id", ["notice", "", "command:queue:x", "form:edit"])
async def test_any_other_modal_just_closes(talk: Talk, callback_id: str) -> None:
    assert await talk.asking.view(modal(callback_id, {})) is None
    assert talk.shown.replies == []


async def test_a_search_in_a_modal_finds_options(talk: Talk) -> None:
    body = {**modal("command:imagine", {}), "action_id": "model", "value": "mi"}
    found = talk.asking.options(body)
    assert [each["value"] for each in found["options"]] == ["mini"]
    nothing = talk.asking.options({"user": PERSON, "view": {}, "action_id": "x"})
    assert nothing == {"options": []}


# Entries of menus ---------------------------------------------------------------------------------


async def test_an_entry_of_a_message_is_a_click_on_the_job_that_it_shows(talk: Talk) -> None:
    talk.service.desk.store.posts.known = [
        Post("b00000", "slack", "C7", "5.0"),
        Post("k7f3q2", "slack", "C100", "5.0", "shown"),
    ]
    await talk.asking.shortcut(entry("reroll"))
    [(what, click)] = talk.service.asked
    assert (what, click.action, click.target, click.where) == ("click", "reroll", "k7f3q2", WHERE)


@pytest.mark.parametrize("action", ["recipe", "reroll", "use"])
async def test_a_message_without_a_job_or_a_picture_is_refused(talk: Talk, action: str) -> None:
    files = [{"id": "F0AAAAAAA", "mimetype": "text/plain"}, {"id": "F0BBBBBBB"}]
    for each in ([], files):
        await talk.asking.shortcut(entry(action, files=each))
        assert talk.reply.problem is not None
        assert talk.reply.private
    assert talk.service.asked == []


async def test_the_first_picture_of_a_message_is_looked_at_or_kept(talk: Talk) -> None:
    png = b"\x89PNG a picture"
    files = [talk.emu.user_file("x.txt", b"words"), talk.emu.user_file("fox.png", png),
             talk.emu.user_file("hen.png", b"\x89PNG another")]  # fmt: skip
    about = [talk.emu.file_payload(file) for file in files]
    for action, way in (("recipe", "answer"), ("use", "keep")):
        await talk.asking.shortcut(entry(action, files=about))
        what, asked = talk.service.asked[-1]
        assert (what, asked.command) == (way, "show")
        assert talk.service.files == {"file": png}
    await talk.asking.shortcut(entry("reroll", files=about))
    assert talk.reply.problem is not None


async def test_no_picture_of_a_message_is_fetched_for_somebody_who_may_not_ask(talk: Talk) -> None:
    talk.service.closed = True
    about = talk.emu.file_payload(talk.emu.user_file("fox.png", b"\x89PNG"))
    await talk.asking.shortcut(entry("use", files=[about]))
    assert talk.reply == refusal(NotAllowed("channel"))
    assert talk.emu.calls == []


async def test_a_shortcut_from_anywhere_opens_the_modal_that_asks_where(talk: Talk) -> None:
    await talk.asking.shortcut(interactive(callback_id="imagine"))
    await talk.shown.work()
    [view] = talk.shown.views
    assert view["callback_id"] == "command:imagine"
    assert "where" in inputs(view)


# Asked again --------------------------------------------------------------------------------------


def promised(asked: Asked) -> Promise:
    return Promise("slack", "C100", asked.ticket(), json.loads(json.dumps(asked.request())))


async def test_what_was_promised_is_asked_as_it_was(talk: Talk) -> None:
    bodies = [
        ("command", talk.asking.command, command("a fox")),
        ("action", talk.asking.action, press("do:vary:k7f3q2.1")),
        ("view", talk.asking.view, modal("command:imagine", {"prompt": text_input("a hen")})),
        ("view", talk.asking.view, modal("form:edit:k7f3q2", {"prompt": text_input("a hen")})),
        ("shortcut", talk.asking.shortcut, entry("reroll")),
        ("mention", talk.asking.mention, event()),
    ]
    talk.service.desk.store.posts.known = [Post("k7f3q2", "slack", "C100", "5.0")]
    for kind, ask, body in bodies:
        await ask(body)
        asked = talk.shown.replies[-1][0]
        assert asked.kind == kind
        first = talk.service.asked[-1]
        talk.service.asked.clear()
        assert await talk.asking.again(promised(asked))
        [again] = talk.service.asked
        assert without_tickets(again[1]) == without_tickets(first[1])


def without_tickets(asked: Any) -> Any:
    return replace(asked, reply_to=replace(asked.reply_to, ticket=None))


async def test_a_job_that_is_there_already_is_not_asked_again(talk: Talk) -> None:
    await talk.asking.command(command("a fox"))
    asked = talk.shown.replies[-1][0]
    talk.service.asked.clear()
    talk.service.desk.store.jobs.known = {asked.key: job()}
    assert await talk.asking.again(promised(asked))
    assert talk.service.asked == []


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"kind": "dance", "body": {}},
        {"kind": "command"},
        {"kind": "view", "body": 7},
        {"kind": "action", "body": {"user": {"id": "U50"}, "actions": []}},
    ],
)
async def test_what_cannot_be_read_is_said_to_be_so(talk: Talk, request_: dict[str, Any]) -> None:
    promise = promised(Asked("1", "T1", "U50"))
    assert not await talk.asking.again(replace(promise, request=request_))
    assert talk.service.asked == []
