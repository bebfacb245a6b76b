"""What no chat takes is a failure that is stored, with its pictures; who asks for it has it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.chat_errors import NotDelivered
from bot.service.decay import Decay
from bot.service.surface import NotTaken
from storage.records import JobRecord, utc_now
from tests.unit.bot.test_restart import Bot, bot, eventually


async def ended(only: Bot, job: str) -> JobRecord:
    """Wait until a job owes nobody anything."""

    async def settled() -> bool:
        return not await only.app.store.jobs.is_owed(job)

    await eventually(settled)
    record = await only.app.store.jobs.get(job)
    assert record is not None
    return record


@pytest.mark.parametrize("reason", ["closed", "refused"])
async def test_a_result_that_is_not_taken_fails_and_can_be_shown(
    tmp_path: Path, reason: Any
) -> None:
    async with bot(tmp_path) as only:
        only.surface.refuses, only.surface.refusal = True, NotTaken(reason, "status 403")
        job = await only.imagine()
        record = await ended(only, job)
        assert record.status == "failed"
        assert isinstance(record.error, NotDelivered)
        assert (record.error.service, record.error.reason) == ("chat", reason)
        shown = await only.ask("show", id=job)
        assert [picture.id for picture in shown.pictures] == [f"{job}.1"]
        assert shown.pictures[0].path.is_file()
        assert "could not be brought to chat" in shown.text
        assert (shown.exit_code, shown.data[0]["status"]) == (0, "failed")
        assert only.ends() == []
    async with bot(tmp_path) as second:
        assert await second.app.store.jobs.unfinished() == ()
    assert second.surface.asked == 0


async def test_a_stopped_job_stays_one_though_nobody_can_be_told(tmp_path: Path) -> None:
    async with bot(tmp_path, held=True) as only:
        job = await only.imagine()
        await only.engine.begun.wait()
        only.surface.refuses, only.surface.refusal = True, NotTaken("closed", "status 403")
        await only.ask("cancel", id=job)
        record = await ended(only, job)
    assert (record.status, record.error) == ("cancelled", None)


async def test_of_a_check_that_nobody_can_be_told_of_nothing_stays(tmp_path: Path) -> None:
    async with bot(tmp_path) as only:
        first = await only.imagine()
        await ended(only, first)
        only.surface.refuses, only.surface.refusal = True, NotTaken("closed", "status 403")
        check = (await only.ask("verify", id=first)).job
        assert check is not None

        async def gone() -> bool:
            record = await only.app.store.jobs.get(check)
            return record is not None and record.deleted is not None

        await eventually(gone)


async def test_an_outage_holds_up_no_job_and_its_results_come_after_it(tmp_path: Path) -> None:
    async with bot(tmp_path) as only:
        only.surface.refuses = True
        jobs = [await only.imagine() for _ in range(3)]
        await only.app.runner.idle()
        assert len(only.engine.orders) == 3

        async def waiting(number: int) -> bool:
            return only.app.outbox.waiting.count == number

        await eventually(lambda: waiting(3))
        only.surface.refuses = False
        for job in jobs:
            assert (await ended(only, job)).status == "delivered"
        await eventually(lambda: waiting(0))
    assert sorted(str(reply.job) for reply in only.ends()) == sorted(jobs)


async def test_a_result_that_waits_for_its_chat_keeps_its_pictures_beyond_their_days(
    tmp_path: Path,
) -> None:
    late = utc_now() + timedelta(days=3)
    async with bot(tmp_path) as only:
        only.surface.refuses = True
        job = await only.imagine()
        await only.app.runner.idle()
        await Decay(only.app.store, only.app.service.desk.files, 1, lambda: late).round()
        (waiting,) = await only.app.store.pictures.of_job(job)
        assert waiting.is_there
    async with bot(tmp_path) as second:
        await second.surface.until(lambda: len(second.ends()) == 1)
        assert second.ends()[0].pictures[0].path.is_file()
        await ended(second, job)
        await Decay(second.app.store, second.app.service.desk.files, 1, lambda: late).round()
        (old,) = await second.app.store.pictures.of_job(job)
        assert old.absent == "expired"
