from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.adapters.console.session import LocalSession
from bot.areas import ExtendWish, read_extend, read_region
from bot.axis_wish import read_axis
from bot.catalogues import style_book, style_suggestions
from bot.command import Source
from bot.commands import commands
from bot.config import Config, load_config
from bot.invocation import Click, Invocation
from bot.service.suggesting.suggestions import Suggestions
from bot.wiring import App, running_app
from generation.loras import LoraCatalogue
from generation.recipe_parts import Region
from storage.records import ReplyTo, SavedStyle, Viewer
from tests.fakes import FakeEngine

ANN = Viewer("console:ann", "console:a")
BOB = Viewer("console:bob", "console:a")


def lora(folder: Path, name: str, **notes: str | float) -> None:
    header = json.dumps({}).encode()
    (folder / f"{name}.safetensors").write_bytes(len(header).to_bytes(8, "little") + header)
    words = [f"{key} = {json.dumps(value)}" for key, value in notes.items()]
    (folder / f"{name}.toml").write_text("\n".join(words))


@pytest.fixture
def config(tmp_path: Path) -> Config:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\nloras = 'loras'\n")
    folder = tmp_path / "loras"
    folder.mkdir()
    lora(folder, "aquarelle", title="Water colours", trigger="aqua, wet paper", scale=0.7)
    lora(folder, "aquatint", title="Etching")
    return load_config(file, {})


@pytest.fixture
def made(config: Config) -> Suggestions:
    loras = LoraCatalogue((config.generation().loras,))
    suggestions = Suggestions(config, commands(config.limits), loras)
    suggestions.refresh()
    return suggestions


def values(
    suggestions: Suggestions, source: Source, typed: str = "", viewer: Viewer = ANN, most: int = 25
) -> list[str]:
    return [found.value for found in suggestions.complete(source, typed, viewer, most)]


def labels(suggestions: Suggestions, source: Source, typed: str = "") -> list[str]:
    return [found.label for found in suggestions.complete(source, typed, ANN)]


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("", ["aquarelle", "aquatint", "inkstyle", "wrong"]),
        ("aqua", ["aquarelle", "aquatint"]),
        ("wet", ["aquarelle"]),
        ("etch", ["aquatint"]),
        ("aquarele", ["aquarelle"]),
        ("aqua:0.5", ["aquarelle:0.5", "aquatint:0.5"]),
        ("aqua:", ["aquarelle:0.7", "aquatint:1"]),
        ("wrong:0.8, aqua", ["wrong:0.8, aquarelle", "wrong:0.8, aquatint"]),
        ("aquatint,wrong,ink", ["aquatint, wrong, inkstyle"]),
        ("aquarelle, aqua", ["aquarelle, aquatint"]),
        ("aquarelle · Water colours, aqua", ["aquarelle, aquatint"]),
        ("aquarelle, ", ["aquarelle, aquatint", "aquarelle, inkstyle", "aquarelle, wrong"]),
        (", ,ink", ["inkstyle"]),
        ("a,b,c,d,ink", []),
    ],
)
def test_the_last_lora_of_a_list_is_completed(
    made: Suggestions, typed: str, completed: list[str]
) -> None:
    assert values(made, Source.LORAS, typed) == completed


def test_a_lora_is_shown_with_its_title_and_trigger_and_without_commas(made: Suggestions) -> None:
    shown = "aquarelle · Water colours · trigger: aqua; wet paper"
    assert labels(made, Source.LORAS, "aquar") == [shown]
    assert labels(made, Source.LORAS, "wrong, aquar") == [f"wrong, {shown}"]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nothing tells when it looked
            await asyncio.sleep(0.01)


async def test_a_lora_that_comes_later_is_found_without_a_restart(
    made: Suggestions, config: Config
) -> None:
    looking = asyncio.create_task(made.keep_fresh(0.01))
    try:
        folder = config.generation().loras
        lora(folder, "late", title="Late")
        await until(lambda: values(made, Source.LORAS, "lat") == ["late"])
        (folder / "late.safetensors").unlink()
        await until(lambda: "late" not in values(made, Source.LORAS))
    finally:
        looking.cancel()


def test_the_default_model_comes_first(made: Suggestions) -> None:
    assert labels(made, Source.MODELS) == ["mini · the default", "sdxl"]
    assert values(made, Source.MODELS, "x") == ["sdxl"]


def test_formats_and_sizes_are_those_that_the_default_model_was_trained_on(
    made: Suggestions,
) -> None:
    assert labels(made, Source.ASPECTS)[:2] == ["1:1 · 128x128", "5:4 · 144x112"]
    assert values(made, Source.ASPECTS, "16") == ["16:9", "9:16"]
    assert labels(made, Source.SIZES)[0] == "128x128 · 1:1"
    assert values(made, Source.SIZES, "192x") == ["192x80"]
    widths = [int(size.split("x")[0]) for size in values(made, Source.SIZES)]
    assert all(width % 8 == 0 for width in widths)


def test_sizes_that_the_owner_does_not_allow_are_not_offered(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n[limits]\nmegapixels = 0.0161\n")
    few = Suggestions(load_config(file, {}), (), LoraCatalogue(()))
    sizes = [tuple(map(int, size.split("x"))) for size in values(few, Source.SIZES, most=99)]
    assert sizes
    assert all(width * height <= 16_100 for width, height in sizes)


def test_other_sources_offer_what_there_is(made: Suggestions) -> None:
    assert labels(made, Source.REFINERS)[:2] == ["0.8 · the default", "off"]
    assert labels(made, Source.SEEDS) == ["random · a new one"]
    assert labels(made, Source.SAMPLERS, "dpm") == ["dpm++2m", "dpm++2m-karras"]
    assert labels(made, Source.COMMANDS, "ver")[0].startswith("verify · ")
    assert values(made, Source.COMMANDS, "pixels") == ["verify"]
    assert labels(made, Source.SETTINGS)[0] == "all · every setting"
    assert values(made, Source.SETTINGS, "st") == ["steps", "style"]
    assert values(made, Source.REGIONS, "top") == ["top", "top-left", "top-right"]
    assert values(made, Source.NOTHING, "a") == []


def test_every_part_that_is_offered_can_be_read(made: Suggestions) -> None:
    assert all(isinstance(read_region(text), Region) for text in values(made, Source.REGIONS))
    offered = values(made, Source.EXTENTS)
    assert "left 25%" in offered
    assert all(isinstance(read_extend(text), ExtendWish) for text in offered)


async def say(app: App, command: str, viewer: Viewer = ANN, **options: str | bool) -> str:
    """Ask, and return the id of the job when it is done."""
    asked = Invocation(command, options, viewer.actor, ReplyTo("console", "a"))
    *_, last = [reply async for reply in LocalSession(app.service, app.console).ask(asked)]
    return last.job or ""


async def test_jobs_are_completed_by_id_and_by_words_as_long_as_they_are_there(
    config: Config,
) -> None:
    engine = FakeEngine(config.generation().incoming)
    async with running_app(config, engine, resume=True, work=True) as app:
        fox = await say(app, "imagine", prompt="a red fox", count="2")
        owl = await say(app, "imagine", prompt="a white owl, in snow")
        cat = await say(app, "imagine", BOB, prompt="a red cat", private=True)
        await say(app, "verify", id=fox)
        known = app.service.desk.suggestions
        assert labels(known, Source.JOBS) == [f"{owl} · a white owl, in snow", f"{fox} · a red fox"]
        assert values(known, Source.JOBS, "red", BOB) == [cat, fox]
        assert values(known, Source.JOBS, "snwo") == [owl]
        assert values(known, Source.JOBS, f"#{fox}") == [fox, f"{fox}.1", f"{fox}.2"]
        assert values(known, Source.JOBS, f"{fox.upper()}.2 · a red fox") == [f"{fox}.2"]
        assert values(known, Source.JOBS, f"{cat}.") == []
        assert cat not in values(known, Source.JOBS, cat)
        await app.service.click(Click("delete", owl, ANN.actor, ReplyTo("console", "a")))
        assert values(known, Source.JOBS) == [fox]
        new = await say(app, "reroll", id=fox)
    async with running_app(config, engine, resume=True, work=True) as app:
        known = app.service.desk.suggestions
        assert values(known, Source.JOBS) == [new, fox]
        assert values(known, Source.JOBS, viewer=BOB) == [cat, new, fox]
        newest = await say(app, "reroll", id=fox)
        assert values(known, Source.JOBS) == [newest, new, fox]


def test_styles_are_those_for_the_model_and_ones_own_first(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(tmp_path / "config.toml", {})
    own = SavedStyle(actor=ANN.actor, name="mine", prompt="{prompt}", settings={}, picture="")
    loras = LoraCatalogue((config.generation().loras,))
    styles = style_suggestions(
        config, style_book(config, loras), lambda actor: (own,) if actor == ANN.actor else ()
    )
    made = Suggestions(config, (), loras, styles)
    made.refresh()
    assert values(made, Source.STYLES) == ["mine", "inkstyle", "wrong", "none"]
    assert values(made, Source.STYLES, viewer=Viewer("console:bob")) == [
        "inkstyle",
        "wrong",
        "none",
    ]
    assert values(made, Source.STYLES, "wrnog") == ["wrong"]
    assert labels(made, Source.STYLES, "hatch") == ["inkstyle · Ink and hatching on paper"]
    (tmp_path / "styles.toml").write_text("[night]\ntitle = 'After dark'")
    made.refresh()
    assert values(made, Source.STYLES, "dark") == ["night"]


def test_axes_are_suggested_in_a_form_that_can_be_read(made: Suggestions) -> None:
    names = [each.value for each in made.complete(Source.AXES, "", ANN)]
    read = [read_axis(name) for name in names]
    assert {"guidance", "steps", "lora", "weight"} <= {each.name for each in read}
    assert all(each.label != each.value for each in made.complete(Source.AXES, "", ANN))
    assert [each.value for each in made.complete(Source.AXES, "guid", ANN)] == ["guidance=5..11/4"]
    assert [each.value for each in made.complete(Source.AXES, "steps=3,", ANN)] == ["steps=3,"]
