"""What neutral replies say of themselves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.reply import PictureView, Reply, line


def picture(identifier: str) -> PictureView:
    return PictureView(identifier, Path("a.png"), 64, 64, 1, "a fox")


def test_a_reply_shows_its_job_or_the_one_of_all_its_pictures() -> None:
    one, two, other = picture("k7f3q2.1"), picture("k7f3q2.2"), picture("b00000.1")
    assert Reply(job="a00000", pictures=(one,)).shows == "a00000"
    assert Reply(pictures=(one, two)).shows == "k7f3q2"
    assert Reply(pictures=(one, other)).shows is None
    assert Reply(lines=(line("No job."),)).shows is None


def test_a_sheet_of_many_jobs_is_no_picture_of_any() -> None:
    sheet = replace(picture("history"), title="Pictures", jobs=("k7f3q2", "b00000"))
    assert Reply(pictures=(sheet,)).shows is None
    assert Reply(pictures=(picture("k7f3q2.1"), sheet)).shows == "k7f3q2"


def test_only_states_of_a_job_before_its_last_go_on() -> None:
    assert Reply(job="a00000", final=False).goes_on
    assert not Reply(job="a00000").goes_on
    assert not Reply(final=False).goes_on
