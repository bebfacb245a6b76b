from __future__ import annotations

from bot.service.suggesting.recent_jobs import RecentJobs
from storage.records import JobSummary, Viewer

HERE, THERE = "discord:100", "discord:200"


def job(
    name: str, actor: str = "discord:1", place: str = HERE, private: bool = False
) -> JobSummary:
    return JobSummary(name, actor, place, private, 1, f"a  red\n{name}")


def names(jobs: RecentJobs, actor: str, place: str = HERE) -> list[str]:
    return [entry.name for entry in jobs.seen(Viewer(actor, place))]


def test_own_jobs_come_first_and_the_newest_of_them_before_the_rest() -> None:
    jobs = RecentJobs()
    for number in range(6):
        jobs.remember(job(f"job{number}", f"discord:{number % 2}"))
    assert names(jobs, "discord:0") == ["job4", "job2", "job0", "job5", "job3", "job1"]


def test_of_others_only_the_open_jobs_of_the_place_are_seen() -> None:
    jobs = RecentJobs()
    jobs.remember(job("open"))
    jobs.remember(job("hidden", private=True))
    jobs.remember(job("away", place=THERE))
    assert names(jobs, "discord:1", "discord:900") == ["away", "hidden", "open"]
    assert names(jobs, "discord:2") == ["open"]
    assert names(jobs, "discord:2", THERE) == ["away"]
    assert names(jobs, "discord:2", "") == []
    assert jobs.get("hidden", Viewer("discord:2", HERE)) is None
    assert jobs.get("away", Viewer("discord:2", HERE)) is None
    assert jobs.get("hidden", Viewer("discord:1", THERE)) == job("hidden", private=True)


def test_a_person_whose_number_is_a_channel_sees_nothing_of_it() -> None:
    jobs = RecentJobs()
    jobs.remember(job("open", "discord:1", HERE))
    assert names(jobs, HERE, THERE) == []


def test_so_many_of_each_person_are_remembered_and_the_newest_are() -> None:
    jobs = RecentJobs(each=3)
    jobs.remember(job("other", "discord:2"))
    for number in range(5):
        jobs.remember(job(f"job{number}"))
    assert names(jobs, "discord:1") == ["job4", "job3", "job2", "other"]
    assert len(jobs) == 4


def test_no_more_are_remembered_in_all_however_many_ask() -> None:
    jobs = RecentJobs(in_all=10)
    for number in range(50):
        jobs.remember(job(f"job{number}", f"discord:{number}"))
    assert len(jobs) == 10
    assert names(jobs, "discord:49") == [f"job{number}" for number in range(49, 39, -1)]
    assert names(jobs, "discord:0", THERE) == []


def test_a_forgotten_job_is_gone_and_may_be_forgotten_twice() -> None:
    jobs = RecentJobs()
    jobs.remember(job("one"))
    jobs.remember(job("two"))
    jobs.forget("one")
    jobs.forget("one")
    assert names(jobs, "discord:1") == names(jobs, "discord:2") == ["two"]
