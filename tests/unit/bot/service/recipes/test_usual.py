from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot import texts
from bot.commands import Widest, commands
from bot.config import load_config
from bot.errors import BadConfig
from bot.reading import Options, read_options
from bot.service.answers.looking import all_settings
from bot.service.recipes.maker import RecipeMaker
from bot.service.recipes.starting_from import InputHashes
from bot.service.showing.views import Views
from bot.values import LoraWish
from generation.errors import BadValue
from generation.loras import BUILT_IN, LoraCatalogue, LoraInfo
from generation.models import MINI_FOLDER
from generation.recipe import Recipe, Refiner
from generation.recipe_reading import recipe_from
from tests.unit.bot.conftest import Talk

IMAGINE = next(command for command in commands(Widest()) if command.name == "imagine")
FAST = 'steps = 4\nguidance = 0\nsampler = "lightning"\n'
SHORT = 'steps = 8\nguidance = 1.5\nsampler = "lcm"\n'


def maker(folder: Path, **settings: str) -> RecipeMaker:
    """Make recipes of mini, and of a model of few steps; with LoRAs that bring their settings."""
    (folder / "loras").mkdir()
    for name, notes in {"fast": FAST, "short": SHORT, "plain": 'title = "Ink"\n'}.items():
        file = folder / "loras" / f"{name}.safetensors"
        file.symlink_to(BUILT_IN / "inkstyle.safetensors")
        file.with_suffix(".toml").write_text(notes)
    lines = "".join(f"{name} = {value}\n" for name, value in settings.items())
    (folder / "config.toml").write_text(
        f"[generation]\nmodel = 'mini'\nloras = 'loras'\n{lines}"
        f"[models.turbo]\nbase = '{MINI_FOLDER / 'base'}'\nrefiner = '{MINI_FOLDER / 'refiner'}'\n"
        "sampler = 'turbo'\nsteps = 1\nguidance = 0\nguidance_end = 0.5\nsize = '128x128'\n"
    )
    config = load_config(folder / "config.toml", {})
    loras = LoraCatalogue((folder / "loras",))
    loras.refresh()
    return RecipeMaker(config, loras)


def made(maker: RecipeMaker, *loras: str, **values: Any) -> Recipe:
    wishes = {"lora": tuple(LoraWish(name) for name in loras)} if loras else {}
    options = Options({"prompt": "a star", "seed": 1, **wishes, **values})
    return maker.new(options, InputHashes()).recipe


def how(recipe: Recipe) -> tuple[int, float, str, Refiner | None]:
    return recipe.steps, recipe.guidance, recipe.sampler, recipe.refiner


def test_a_model_of_few_steps_has_its_sampler_and_no_refiner_unless_asked(tmp_path: Path) -> None:
    making = maker(tmp_path)
    assert how(made(making)) == (20, 5.0, "euler", Refiner(0.8))
    turbo = made(making, model="turbo")
    assert how(turbo) == (1, 0.0, "turbo", None)
    assert turbo.guidance_end == 0.5
    assert how(made(making, model="turbo", sampler="euler", refiner=0.7)) == (
        *(1, 0.0, "euler"),
        Refiner(0.7),
    )
    assert making.defaults(making.model("turbo")) == {
        "size": "128x128",
        "steps": "1",
        "guidance": "0",
        "guidance-end": "0.5",
        "sampler": "turbo",
        "refiner": "off",
    }


def test_a_lora_brings_what_it_was_trained_for_and_the_first_counts(tmp_path: Path) -> None:
    making = maker(tmp_path, steps="30", guidance="6")
    assert how(made(making, "plain")) == (30, 6.0, "euler", Refiner(0.8))
    assert how(made(making, "plain", "fast", "short")) == (4, 0.0, "lightning", None)
    assert how(made(making, "short", "fast")) == (8, 1.5, "lcm", None)


def test_what_a_person_says_wins_over_what_a_lora_brings(tmp_path: Path) -> None:
    making = maker(tmp_path)
    asked = {"steps": 6, "guidance": 2.0, "sampler": "ddim", "guidance_end": 0.4}
    recipe = made(making, "fast", **asked)
    assert how(recipe) == (6, 2.0, "ddim", None)
    assert recipe.guidance_end == 0.4


def test_steps_that_nobody_asked_for_are_as_few_as_a_sampler_takes(tmp_path: Path) -> None:
    making = maker(tmp_path, steps="60")
    assert made(making, sampler="lcm").steps == 50
    with pytest.raises(BadValue, match="steps"):
        made(making, sampler="lcm", steps=60)


def test_a_changed_recipe_keeps_all_that_is_not_said(tmp_path: Path) -> None:
    making = maker(tmp_path)
    before = made(making, guidance_end=0.6)
    changed = making.change(before, 1, Options({"sampler": "lightning"}), InputHashes()).recipe
    assert changed == before.changed(sampler="lightning")
    changed = making.change(before, 1, Options({"guidance_end": 0.25}), InputHashes()).recipe
    assert changed == before.changed(guidance_end=0.25)
    wishes = Options({"lora": (LoraWish("fast"),)})
    assert how(making.change(before, 1, wishes, InputHashes()).recipe) == how(before)


def test_the_end_of_guidance_is_a_flag(tmp_path: Path) -> None:
    making = maker(tmp_path)
    options = read_options(IMAGINE, {"prompt": "a star --guidance-end 0.6 --seed 1"})
    assert making.new(options, InputHashes()).recipe.guidance_end == 0.6


def test_a_sampler_that_nobody_knows_is_refused_in_the_configuration(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[models.fast]\nbase = 'x'\nsampler = 'flash'\n")
    with pytest.raises(BadConfig, match="sampler"):
        load_config(file, {})


async def test_a_reroll_can_end_guidance_earlier_and_says_so(talk: Talk) -> None:
    job = (await talk.say("imagine", prompt="a star --seed 5")).job
    reply = await talk.say("reroll", id=f"{job} --guidance-end 0.6")
    recipe = recipe_from(reply.data[0]["recipe"])
    assert (recipe.guidance_end, recipe.seed) == (0.6, 5)
    assert "guidance-end 1 → 0.6" in reply.text
    shown = await talk.say("show", id=reply.job or "")
    assert "--guidance-end 0.6" in shown.text


async def test_guidance_to_the_end_is_said_where_the_model_ends_it_earlier(
    talk: Talk, tmp_path: Path
) -> None:
    making, desk = maker(tmp_path), talk.app.service.desk
    views = Views(desk.files, making, {}, desk.views.safety)
    as_the_model = made(making, model="turbo")
    to_the_end = as_the_model.changed(guidance_end=1.0)
    assert views.different(as_the_model) == {"model": "turbo"}
    assert views.different(to_the_end) == {"model": "turbo", "guidance-end": "1"}
    assert views.different(made(making)) == {}
    assert "--guidance-end 1 " in "".join(span.text for span in all_settings(to_the_end))


def test_the_list_says_what_a_lora_was_trained_for() -> None:
    info = LoraInfo("fast", Path(), "Few steps", steps=4, guidance=0.0, sampler="lightning")
    told = "".join(span.text for span in texts.lora_row(info))
    assert told == "fast · Few steps · 4 steps · guidance 0 · sampler lightning"
