from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import texts
from bot.adapters.console.session import LocalSession
from bot.config import load_config
from bot.config_sections import SafetyAction, SafetySection
from bot.invocation import Click, Given, Invocation
from bot.reply import Reply
from bot.service.showing.safety import Safety, Verdict
from bot.wiring import App, running_app
from storage.records import ReplyTo
from tests.fakes import FakeAdapter, FakeEngine

CHAT = ReplyTo("fake", "open")
ADULT = ReplyTo("fake", "adult", age_restricted=True)
HOME = ReplyTo("console", "tty")
ANN = "fake:ann"


@pytest.mark.parametrize(
    ("flagged", "place", "action", "adults", "verdict"),
    [
        (None, CHAT, "block", "block", "shown"),
        (0.49, CHAT, "block", "block", "shown"),
        (0.5, CHAT, "block", "off", "withheld"),
        (1.0, CHAT, "spoiler", "off", "sensitive"),
        (1.0, CHAT, "off", "block", "shown"),
        (0.5, ADULT, "block", "off", "shown"),
        (0.5, ADULT, "off", "spoiler", "sensitive"),
        (0.5, ADULT, "off", "block", "withheld"),
        (0.5, HOME, "block", "block", "noted"),
        (0.49, HOME, "block", "block", "shown"),
    ],
)
def test_the_place_of_showing_decides_what_a_score_means(
    flagged: float | None, place: ReplyTo, action: SafetyAction, adults: SafetyAction,
    verdict: Verdict,
) -> None:  # fmt: skip
    section = SafetySection(action=action, age_restricted=adults)
    safety = Safety(section, looks=True, own=frozenset({"console"}))
    assert safety.verdict(flagged, place) == verdict


@pytest.mark.parametrize(
    ("place", "action", "looks", "seen"),
    [
        (CHAT, "block", False, True),
        (CHAT, "off", True, True),
        (CHAT, "spoiler", True, False),
        (CHAT, "block", True, False),
        (ADULT, "block", True, True),
        (HOME, "block", True, True),
    ],
)
def test_nothing_is_seen_before_it_is_judged(
    place: ReplyTo, action: SafetyAction, *, looks: bool, seen: bool
) -> None:
    section = SafetySection(action=action, age_restricted="off")
    safety = Safety(section, looks=looks, own=frozenset({"console"}))
    assert safety.may_preview(place) is seen


@dataclass
class Chat:
    """A bot on a fake engine that flags what it paints, with a chat and the owner's console."""

    app: App
    engine: FakeEngine
    adapter: FakeAdapter

    async def states(
        self, command: str, at: ReplyTo = CHAT, actor: str = ANN, **options: Given
    ) -> list[Reply]:
        asked = Invocation(command, options, actor, at, local_folder=self.app.config.folder)
        surface = self.app.console if at == HOME else self.adapter.surface
        return [reply async for reply in LocalSession(self.app.service, surface).ask(asked)]

    async def say(
        self, command: str, at: ReplyTo = CHAT, actor: str = ANN, **options: Given
    ) -> Reply:
        return (await self.states(command, at, actor, **options))[-1]

    async def press(self, action: str, target: str, at: ReplyTo = CHAT, **form: str) -> Reply:
        return await self.app.service.click(Click(action, target, ANN, at, form=form))

    def files(self) -> list[Path]:
        return sorted(self.app.config.pictures.rglob("*.png"))


@pytest.fixture
async def chat(tmp_path: Path) -> AsyncIterator[Chat]:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\nsafety = 'some/classifier'\n")
    config = load_config(file, {})
    engine = FakeEngine(config.generation().incoming)
    engine.flagged = 0.75
    adapter = FakeAdapter("fake")
    async with running_app(config, engine, resume=True, work=True, adapters=[adapter]) as app:
        yield Chat(app, engine, adapter)


async def test_a_withheld_picture_leaves_its_row_and_nothing_else(chat: Chat) -> None:
    reply = await chat.say("imagine", prompt="a star --seed 4242 --count 2")
    job = reply.job
    assert (reply.pictures, reply.exit_code) == ((), 0)
    assert f"{job}.1 and {job}.2 are withheld by the owner's filter." in reply.text
    assert "4242" not in reply.text
    assert "0 of 2 pictures" in reply.text
    assert [button.action for button in reply.buttons] == ["reroll", "edit", "delete"]
    assert chat.files() == []
    rows = await chat.app.store.pictures.of_job(str(job))
    assert [(row.absent, row.path, row.bytes, row.flagged) for row in rows] == [
        ("withheld", "", 0, 0.75)
    ] * 2
    assert all(row.recipe.prompt == "a star" and len(row.pixels_sha256) == 64 for row in rows)
    noted = (await chat.app.store.audit.of(ANN)).items
    assert [(each.action, each.subject, each.detail) for each in noted] == [
        ("withheld", f"{job}.2", "0.75"),
        ("withheld", f"{job}.1", "0.75"),
        ("asked", str(job), "imagine"),
    ]


async def test_what_was_withheld_is_shown_nowhere_and_can_be_deleted(chat: Chat) -> None:
    job = str((await chat.say("imagine", prompt="a star --seed 4242")).job)
    for place in (CHAT, ADULT):
        shown = await chat.say("show", place, id=job)
        assert "withheld by the owner's filter" in shown.text
        assert "4242" not in shown.text
        assert "4242" not in (await chat.press("recipe", job, place)).text
    owners = await chat.say("show", HOME, id=job)
    assert (owners.pictures, owners.data[0]["pictures"][0]["path"]) == ((), "")
    assert owners.data[0]["pictures"][0]["absent"] == "withheld"
    assert (await chat.press("delete", job)).deleted == job


async def test_with_spoilers_a_picture_is_kept_and_hidden(chat: Chat) -> None:
    reply = await chat.say("imagine", ADULT, prompt="a star --seed 7")
    assert [picture.sensitive for picture in reply.pictures] == [True]
    assert "seed 7" in reply.text
    assert len(chat.files()) == 1
    chat.engine.flagged = 0.2
    shown = await chat.say("imagine", ADULT, prompt="a star --seed 8")
    assert [picture.sensitive for picture in shown.pictures] == [False]


async def test_every_other_place_decides_anew(chat: Chat) -> None:
    job = str((await chat.say("imagine", ADULT, prompt="a star --seed 7")).job)
    await chat.say("favorites", ADULT, id=job)
    elsewhere = [
        await chat.say("show", CHAT, id=job),
        await chat.say("favorites", CHAT),
        await chat.press("show", f"{job}.1", CHAT),
        await chat.press("reveal", f"{job}.1", CHAT),
    ]
    asked = Invocation("help", {}, ANN, CHAT)
    elsewhere += [part.reply for part in (await chat.app.service.home(asked))[:2]]
    for reply in elsewhere:
        assert reply.pictures == ()
        assert "withheld by the owner's filter" in reply.text
    there = [await chat.say("show", ADULT, id=job), await chat.say("favorites", ADULT)]
    assert [[p.sensitive for p in reply.pictures] for reply in there] == [[True], [True]]
    owners = await chat.say("show", HOME, actor="console:me", id=job)
    assert [picture.sensitive for picture in owners.pictures] == [False]
    assert f"{job}.1 was flagged by your filter." in owners.text


async def test_a_hidden_picture_is_revealed_to_whoever_asks_alone(chat: Chat) -> None:
    job = str((await chat.say("imagine", ADULT, prompt="a star")).job)
    revealed = await chat.press("reveal", f"{job}.1", ADULT)
    assert revealed.private
    assert [(picture.id, picture.sensitive) for picture in revealed.pictures] == [
        (f"{job}.1", False)
    ]
    private = str((await chat.say("imagine", ADULT, prompt="a star --private")).job)
    other = Click("reveal", f"{private}.1", "fake:bob", ADULT)
    assert (await chat.app.service.click(other)).pictures == ()


async def test_a_withheld_picture_is_not_compared(chat: Chat) -> None:
    job = str((await chat.say("imagine", prompt="a star --seed 4242")).job)
    for asked in (job, f"{job}.1"):
        refused = await chat.say("compare", prompt=f"{asked} --axis steps=3,4")
        assert (refused.job, "withheld" in refused.text) == (None, True)


async def test_a_withheld_picture_is_no_input(chat: Chat) -> None:
    job = str((await chat.say("imagine", ADULT, prompt="a star")).job)
    refused = await chat.press("use", f"{job}.1", CHAT, prompt="more of it")
    assert refused.problem is not None
    assert "withheld" in refused.text
    named = await chat.say("imagine", CHAT, prompt=f"more of it --image {job}.1")
    assert (named.job, "withheld" in named.text) == (None, True)
    taken = await chat.press("use", f"{job}.1", ADULT, prompt="more of it")
    assert taken.job is not None


async def test_the_owner_sees_everything_with_a_word_about_it(chat: Chat) -> None:
    states = await chat.states("imagine", HOME, actor="console:me", prompt="a star")
    assert len(states[-1].pictures) == 1
    assert "flagged by your filter" in states[-1].text
    assert states[-1].data[0]["pictures"][0]["flagged"] == 0.75


async def test_no_preview_is_told_where_nothing_may_be_seen_unjudged(chat: Chat) -> None:
    async def previews(place: ReplyTo) -> list[bool]:
        chat.engine.hold.clear()
        surface = chat.app.console if place == HOME else chat.adapter.surface
        asked = Invocation("imagine", {"prompt": "a star"}, ANN, place)
        told = []
        async for reply in LocalSession(chat.app.service, surface).ask(asked):
            if reply.progress is not None:
                told.append(reply.progress.preview is not None)
                chat.engine.hold.set()
        return told

    assert set(await previews(CHAT)) == {False}
    assert set(await previews(ADULT)) == {False}
    assert set(await previews(HOME)) == {True}


def test_sentences_name_one_or_several() -> None:
    def said(ids: tuple[str, ...]) -> str:
        return "".join(span.text for span in texts.pictures_withheld(ids))

    assert said(("a.1",)) == "a.1 is withheld by the owner's filter."
    assert said(("a.1", "a.2", "a.3")) == "a.1, a.2 and a.3 are withheld by the owner's filter."


async def test_a_withheld_picture_is_not_varied_where_it_is_withheld(chat: Chat) -> None:
    job = (await chat.say("imagine", prompt="a star --seed 4242")).job
    chat.engine.flagged = 0.0
    refused = await chat.say("vary", id=f"{job}.1")
    assert refused.exit_code == 1
    assert f"{job}.1 is withheld by the owner's filter" in refused.text
    assert "4242" not in refused.text
