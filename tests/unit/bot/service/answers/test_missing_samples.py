"""``/styles`` where samples are missing: what is drawn, and what is shown where nothing can be."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bot.config import load_config
from bot.reply import Reply
from bot.wiring import running_app
from generation.errors import ModelMissing
from storage.records import Sheet
from tests.fakes import FakeEngine
from tests.unit.bot.conftest import Talk
from tests.unit.bot.service.answers.test_samples import BOB, names_of, samples_of, write_styles

STAR = "an orange star on a white background"
MISSING = ModelMissing("mini", "hub", "offline")
NIGHT = "[night]\nprompt = '{prompt}, at night'\n"


def samples_there(reply: Reply) -> list[str]:
    return [entry["style"] for entry in reply.data if "picture" in entry]


@asynccontextmanager
async def bot(folder: Path, config: str) -> AsyncIterator[Talk]:
    file = folder / "config.toml"
    file.write_text(f"[generation]\nmodel = 'mini'\n{config}")
    loaded = load_config(file, {})
    engine = FakeEngine(loaded.generation().incoming)
    async with running_app(loaded, engine, resume=True, work=True) as app:
        yield Talk(app, engine, folder)


async def sheet_of(talk: Talk, job: str) -> Sheet | None:
    stored = await talk.app.store.jobs.get(job)
    return stored.sheet if stored else None


async def test_each_sample_is_named_by_its_own_style_however_few_were_missing(talk: Talk) -> None:
    await talk.say("styles")
    write_styles(talk, NIGHT)
    drawn = await talk.say("styles")
    assert await sheet_of(talk, str(drawn.job)) == Sheet(("night",))
    assert "night" in (await talk.say("show", id=f"{drawn.job}.1")).text
    again = await talk.say("reroll", id=str(drawn.job))
    assert await sheet_of(talk, str(again.job)) == Sheet(("night",))


async def test_a_job_shows_the_page_that_it_drew_samples_for(talk: Talk) -> None:
    names = [f"s{number}" for number in range(21)]
    write_styles(talk, "".join(f"[{name}]\nprompt = '{{prompt}} {name}'\n" for name in names))
    await talk.say("styles")
    first = await talk.say("styles")
    assert len(first.data) == 20
    assert "/styles --model mini --page 2" in first.text
    second = await talk.say("styles", page="2")
    assert names_of(second) == names[-3:]
    assert names_of(await talk.say("show", id=str(second.job))) == names[-3:]


async def test_one_look_draws_no_more_than_a_comparison_may_and_the_next_the_others(
    tmp_path: Path,
) -> None:
    async with bot(tmp_path, "[limits]\ncompare_pictures = 2\n") as talk:
        write_styles(talk, NIGHT)
        states = await talk.states("styles")
        assert "2 samples are made first; from then on they are there" in states[0].text
        assert "1 more comes with the look after" in states[0].text
        assert "1 sample is missing" in states[-1].text
        last = await talk.say("styles")
        assert "missing" not in last.text
        assert list(samples_of(last)) == ["inkstyle", "wrong", "night"]


async def test_samples_that_are_being_made_are_not_made_for_the_next_who_looks(talk: Talk) -> None:
    write_styles(talk, NIGHT)
    talk.engine.hold.clear()
    first = await talk.answer("styles")
    meanwhile = await talk.answer("styles", actor=BOB)
    talk.engine.hold.set()
    assert meanwhile.job is None
    assert names_of(meanwhile) == ["inkstyle", "wrong", "night"]
    assert "are being made: look again in a while" in meanwhile.text
    await talk.app.runner.wait_for(str(first.job))
    assert len(samples_of(await talk.answer("styles", actor=BOB))) == 3
    assert len(talk.engine.orders) == 1


async def test_who_may_have_no_job_now_sees_what_there_is(tmp_path: Path) -> None:
    async with bot(tmp_path, "[limits]\njobs_per_user = 1\n") as talk:
        await talk.say("styles", actor=BOB)
        write_styles(talk, NIGHT)
        talk.engine.hold.clear()
        await talk.answer("imagine", prompt="a star")
        refused = await talk.answer("styles")
        talk.engine.hold.set()
    assert refused.exit_code == 0
    assert refused.pictures
    assert names_of(refused) == ["inkstyle", "wrong", "night"]
    assert "Some samples are missing: You have 1 unfinished job" in refused.text


async def test_a_blocked_word_of_the_subject_gives_it_another(tmp_path: Path) -> None:
    async with bot(tmp_path, "[access]\nblocked_words = ['star']\n") as talk:
        assert set(samples_of(await talk.say("styles"))) == {"inkstyle", "wrong"}
        assert "star" not in talk.engine.orders[0].plan[0].prompt
    (tmp_path / "other").mkdir()
    async with bot(tmp_path / "other", "[access]\nblocked_words = ['background']\n") as talk:
        listed = await talk.say("styles")
        assert names_of(listed) == ["inkstyle", "wrong"]
        assert listed.job is None
        assert "not welcome" not in listed.text


async def test_a_style_with_a_blocked_word_says_so_and_the_others_are_shown(talk: Talk) -> None:
    write_styles(talk, "[bad]\nprompt = 'ugly {prompt}'\n" + NIGHT)
    listed = await talk.say("styles")
    said = "In this style a prompt has ugly, which is not welcome here: take another style"
    assert f"bad · {said}" in listed.text
    assert samples_there(listed) == ["inkstyle", "wrong", "night"]
    await talk.app.store.audit.flush()
    noted = (await talk.app.store.audit.of("console:ann")).items
    assert [entry.action for entry in noted] == ["asked"]
    assert said in (await talk.say("imagine", prompt="a star --style bad")).text
    own = await talk.say("imagine", prompt="an ugly star --style night")
    assert "Your prompt has ugly" in own.text


async def test_where_samples_cannot_be_drawn_the_styles_are_listed_all_the_same(
    talk: Talk,
) -> None:
    talk.engine.faults[STAR] = MISSING
    listed = await talk.say("styles")
    assert listed.exit_code == 0
    assert names_of(listed) == ["inkstyle", "wrong"]
    assert f"#{listed.job} failed" in listed.text
    shown = await talk.say("show", id=str(listed.job))
    assert names_of(shown) == ["inkstyle", "wrong"]
    talk.engine.faults.clear()
    later = await talk.say("styles")
    assert len(samples_of(later)) == 2
    assert "failed" not in later.text


async def test_the_sample_that_a_job_failed_at_comes_last_in_the_next(talk: Talk) -> None:
    talk.engine.faults[f"inkstyle, {STAR}"] = MISSING
    assert samples_there(await talk.say("styles")) == []
    assert samples_there(await talk.say("styles")) == ["wrong"]
