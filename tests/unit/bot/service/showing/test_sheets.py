from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from bot.config_sections import SafetyAction, SafetySection
from bot.invocation import Click
from bot.reply import PictureView
from bot.service.showing.safety import Safety
from bot.service.showing.sheets import Sheets
from storage.records import PictureRecord, ReplyTo
from tests.unit.bot.conftest import Talk

HERE = ReplyTo("discord", "1")


def sheets(talk: Talk, action: SafetyAction = "spoiler") -> Sheets:
    section = SafetySection(action=action, threshold=0.5)
    return Sheets(talk.app.service.desk.files, Safety(section, looks=True))


async def pictures(talk: Talk, *, flagged: Sequence[float] = (0.1, 0.1)) -> list[PictureRecord]:
    made: list[PictureRecord] = []
    for score in flagged:
        talk.engine.flagged = score
        job = (await talk.say("imagine", prompt=f"a star {score}")).job
        made += await talk.app.store.pictures.of_job(str(job))
    return made


async def drawn(made: Sheets, of: Sequence[PictureRecord | None], title: str = "t") -> PictureView:
    sheet = await made.of("history", of, HERE, labels=["one", "two"], title=title)
    assert sheet is not None
    return sheet


async def test_a_sheet_is_drawn_once_for_all_who_may_see_the_same(talk: Talk) -> None:
    of = await pictures(talk)
    once = await drawn(sheets(talk), of)
    number = once.path.stat().st_ino
    again = await drawn(sheets(talk), of)
    assert (again, again.path.stat().st_ino) == (once, number)
    assert once.id.startswith("history.")
    assert (once.title, once.sensitive) == ("t", False)
    assert once.jobs == tuple(picture.job for picture in of)
    assert await drawn(sheets(talk), of[::-1]) != once
    assert (await drawn(sheets(talk), of, "another title")).path != once.path


async def test_where_less_may_be_seen_there_is_another_sheet(talk: Talk) -> None:
    of = await pictures(talk, flagged=(0.1, 0.9))
    hidden = await drawn(sheets(talk, "spoiler"), of)
    blocked = await drawn(sheets(talk, "block"), of)
    open_ = await drawn(sheets(talk, "off"), of)
    assert [each.sensitive for each in (hidden, blocked, open_)] == [True, False, False]
    assert blocked.jobs == (of[0].job,)
    assert blocked.path != hidden.path
    colour = _colour_of(talk, of[1])
    assert _has(hidden.path, colour)
    assert not _has(blocked.path, colour)
    assert await sheets(talk, "block").of("history", of[1:], HERE, title="t") is None


def _colour_of(talk: Talk, picture: PictureRecord) -> tuple[int, ...]:
    with Image.open(talk.app.service.desk.files.path(picture.path)) as image:
        colour = image.getpixel((0, 0))
    assert isinstance(colour, tuple)
    return colour


def _has(path: Path, colour: tuple[int, ...]) -> bool:
    with Image.open(path) as image:
        found = image.getcolors(image.width * image.height) or []
    return any(
        isinstance(seen, tuple)
        and max(abs(a - b) for a, b in zip(seen, colour, strict=True)) <= 6
        and count > 10_000
        for count, seen in found
    )


async def test_a_picture_that_is_gone_is_an_empty_place(talk: Talk) -> None:
    of = await pictures(talk)
    talk.app.service.desk.files.path(of[0].path).unlink()
    sheet = await drawn(sheets(talk), [*of, None])
    assert not _has(sheet.path, (0, 0, 0))
    assert _has(sheet.path, _colour_of(talk, of[1]))


async def test_a_sheet_goes_when_one_of_its_pictures_is_deleted(talk: Talk) -> None:
    of = await pictures(talk)
    history = await talk.say("history")
    await talk.app.service.click(Click("delete", of[0].job, "console:ann", ReplyTo("console", "a")))
    assert not history.pictures[0].path.exists()


async def test_of_a_picture_that_is_deleted_meanwhile_nothing_stays(talk: Talk) -> None:
    of = await pictures(talk)
    files, made = talk.app.service.desk.files, sheets(talk)
    sights = [made.sight(picture, HERE, "") for picture in of]

    def draw() -> Image.Image:
        files.delete([of[0].path])
        return Image.new("RGB", (9, 9))

    assert await made.drawn("history", sights, "", "t", draw) is None
    assert list(files.sheets.folder.iterdir()) == []


async def test_a_list_does_without_its_sheet_where_that_cannot_be_written(
    talk: Talk, caplog: pytest.LogCaptureFixture
) -> None:
    job = (await talk.say("imagine", prompt="a star")).job
    folder = talk.app.service.desk.files.sheets.folder
    shutil.rmtree(folder, ignore_errors=True)
    folder.write_text("no folder")
    history = await talk.say("history")
    assert (history.exit_code, history.pictures) == (0, ())
    assert f"#{job} a star" in history.text
    assert "cannot be kept" in caplog.text


async def test_sheets_are_drawn_one_after_the_other_and_commands_answered_meanwhile(
    talk: Talk,
) -> None:
    of = await pictures(talk)
    made = sheets(talk)
    sights = [made.sight(picture, HERE, "") for picture in of]
    busy: list[int] = []
    most: list[int] = []
    loop, answered = asyncio.get_running_loop(), []

    def draw() -> Image.Image:
        busy.append(1)
        most.append(len(busy))
        answered.append(asyncio.run_coroutine_threadsafe(talk.say("queue"), loop).result(60))
        busy.pop()
        return Image.new("RGB", (9, 9))

    await asyncio.gather(*(made.drawn("a", sights, number, "t", draw) for number in range(3)))
    assert most == [1, 1, 1]
    assert len(answered) == 3
