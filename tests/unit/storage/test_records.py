from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy.dialects.sqlite import dialect

from generation.recipe import InputImage, Recipe
from storage.records import JobRecord, NewJob, ReplyTo, Sheet
from storage.schema import Moment


def test_a_place_is_the_platform_and_the_channel() -> None:
    assert ReplyTo("discord", "123", message="4", thread="5").place == "discord:123"
    assert ReplyTo("console", "tty").place == "console:tty"


def test_moments_keep_their_microseconds_and_are_the_same_in_every_time_zone() -> None:
    moment = datetime(2026, 7, 21, 10, 11, 12, 345678, tzinfo=timezone(timedelta(hours=9)))
    stored = Moment().process_bind_param(moment, dialect())
    assert isinstance(stored, int)
    restored = Moment().process_result_value(stored, dialect())
    assert restored == moment
    assert restored.tzinfo is UTC


@pytest.mark.parametrize(
    ("rows", "heads"),
    [
        ((), [("a",), ("b",), (), ()]),
        (("x", "y"), [("a", "x"), ("b", "x"), ("a", "y"), ("b", "y"), ()]),
    ],
)
def test_a_sheet_says_the_heads_of_each_picture(
    rows: tuple[str, ...], heads: list[tuple[str, ...]]
) -> None:
    sheet = Sheet(("a", "b"), rows)
    assert [sheet.heads(index + 1) for index in range(len(heads))] == heads


def test_the_common_recipe_of_a_plan_names_all_pictures_that_it_starts_from() -> None:
    common = Recipe(prompt="a", seed=1, width=64, height=64, steps=1, guidance=1, model="mini")
    started = common.changed(image=InputImage("0" * 64, 0.5))
    given: dict[str, Any] = {"actor": "console:ann", "reply_to": ReplyTo("console", "tty")}
    NewJob(recipe=started, plan=(started, common), **given)
    with pytest.raises(ValueError, match="starts from pictures"):
        NewJob(recipe=common, plan=(common, started), **given)


SMALL = Recipe(prompt="a", seed=1, width=64, height=128, steps=1, guidance=1, model="mini")


@pytest.mark.parametrize(
    ("count", "plan"), [(1, ()), (3, ()), (2, (SMALL, SMALL.changed(width=256)))]
)
def test_a_job_has_the_pixels_of_all_its_recipes(count: int, plan: tuple[Recipe, ...]) -> None:
    job = JobRecord(
        id="k7f3q2", number=1, recipe=SMALL, count=count, plan=plan, actor="console:ann",
        reply_to=ReplyTo("console", "tty"), private=False, parent=None, command="imagine",
        explicit=(), status="queued", attempts=0, created=datetime.now(UTC),
    )  # fmt: skip
    assert job.pixels == sum(recipe.width * recipe.height for recipe in job.recipes)
    assert len(job.recipes) == count
