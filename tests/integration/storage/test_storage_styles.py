from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from storage.records import NewPicture, SavedStyle
from storage.store import Store
from tests.integration.storage.conftest import URL, make_job, make_picture, make_recipe

ADA = "console:ada"


def make_style(name: str = "ink", actor: str = ADA, **values: object) -> SavedStyle:
    style = SavedStyle(
        actor=actor,
        name=name,
        prompt="{prompt}, ink",
        settings={"negative": "colour", "lora": "inkstyle:0.8"},
        picture="k7f3q2.1",
    )
    return replace(style, **values)  # type: ignore[arg-type]


async def draw(store: Store, command: str, seed: int = 7) -> NewPicture:
    job = await store.jobs.add(make_job(command=command, recipe=make_recipe(seed=seed)))
    await store.jobs.start(job.id)
    new = make_picture(job)
    await store.jobs.picture_done(new)
    await store.jobs.finish(job.id, 1.0)
    return new


async def test_a_style_is_its_owners_own_and_outlives_the_process(tmp_path: Path) -> None:
    async with Store(URL, folder=tmp_path) as store:
        assert await store.styles.save(make_style(), 50)
        assert await store.styles.save(make_style(actor="console:bob", prompt="{prompt}!"), 50)
    async with Store(URL, folder=tmp_path) as store:
        assert store.styles.known(ADA) == ()
        assert await store.styles.of(ADA) == (make_style(created=(await _first(store)).created),)
        assert [style.name for style in store.styles.known(ADA)] == ["ink"]


async def _first(store: Store) -> SavedStyle:
    return (await store.styles.of(ADA))[0]


async def test_a_style_of_the_same_name_takes_the_place_of_the_one_before(store: Store) -> None:
    await store.styles.of(ADA)
    await store.styles.save(make_style(), 1)
    assert await store.styles.save(make_style(prompt="{prompt} anew"), 1)
    assert (await _first(store)).prompt == "{prompt} anew"


async def test_a_style_that_cannot_be_saved_anew_stays_as_it_was(store: Store) -> None:
    for name in ("a", "b", "c"):
        assert await store.styles.save(make_style(name), 3)
    assert not await store.styles.save(make_style("a", prompt="{prompt} anew"), 2)
    assert {style.prompt for style in await store.styles.of(ADA)} == {"{prompt}, ink"}
    assert len(await store.styles.of(ADA)) == 3


async def test_one_style_too_many_is_not_kept_and_a_removed_one_makes_room(store: Store) -> None:
    for name in ("a", "b"):
        assert await store.styles.save(make_style(name), 2)
    assert not await store.styles.save(make_style("c"), 2)
    assert [style.name for style in await store.styles.of(ADA)] == ["a", "b"]
    assert await store.styles.remove(ADA, "a")
    assert not await store.styles.remove(ADA, "a")
    assert not await store.styles.remove("console:bob", "b")
    assert await store.styles.save(make_style("c"), 2)
    assert [style.name for style in store.styles.known(ADA)] == ["b", "c"]


async def test_the_styles_of_a_forgotten_person_are_gone_from_memory_too(store: Store) -> None:
    await store.styles.save(make_style(), 50)
    await store.styles.save(make_style(actor="console:bob"), 50)
    await store.styles.of(ADA)
    found = await store.forgetting.forget(ADA)
    assert found.styles == 1
    assert store.styles.known(ADA) == ()
    assert await store.styles.of(ADA) == ()
    assert len(await store.styles.of("console:bob")) == 1


async def test_samples_are_found_by_their_recipe_among_pictures_of_styles_alone(
    store: Store,
) -> None:
    sample, other = await draw(store, "styles", 7), await draw(store, "imagine", 8)
    found = await store.pictures.samples([sample.recipe, other.recipe])
    assert [picture.job for picture in found.values()] == [sample.job]
    newer = await draw(store, "styles", 7)
    found = await store.pictures.samples([sample.recipe])
    assert found[sample.recipe].job == newer.job
    for made in (newer, sample):
        await store.jobs.delete(made.job)
    assert await store.pictures.samples([sample.recipe]) == {}


async def test_no_list_and_no_last_job_has_samples(store: Store) -> None:
    await draw(store, "styles")
    assert await store.jobs.last_of(ADA, "console:tty") is None
    assert await store.history.recent(10) == ()
    assert await store.pictures.newest_of(ADA, 5) == ()
    assert (await store.forgetting.forget(ADA)).jobs == 0
