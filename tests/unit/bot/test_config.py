from __future__ import annotations

from pathlib import Path

import pytest

from bot.config import Config, load_config
from bot.errors import BadConfig, ConfigMissing

ROOT = Path(__file__).parents[3]


def load(folder: Path, text: str, **env: str) -> Config:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return load_config(file, env)


def test_the_shipped_file_says_the_defaults(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = load_config(ROOT / "config.toml", {})
    built_in = load_config(None, {})
    assert shipped.settings.model_copy(update={"models": {}}) == built_in.settings
    assert shipped.models() == built_in.models()


def test_the_shipped_file_names_every_key(tmp_path: Path) -> None:
    shipped = load_config(ROOT / "config.toml", {})
    for name in type(shipped.settings).model_fields:
        if name != "models":
            section = getattr(shipped.settings, name)
            assert section.model_fields_set == set(type(section).model_fields), name


def test_relative_paths_start_from_the_file(tmp_path: Path) -> None:
    config = load(tmp_path, "")
    assert config.data == tmp_path / "data"
    assert config.pictures == tmp_path / "data" / "pictures"
    assert config.generation().loras == tmp_path / "data" / "loras"


def test_a_variable_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REROLL_GENERATION__MODEL", "mini")
    monkeypatch.setenv("REROLL_LIMITS__QUEUE", "7")
    config = load(tmp_path, "[generation]\nmodel = 'sdxl'\n")
    assert config.settings.generation.model == "mini"
    assert config.limits.queue == 7


def test_a_model_of_the_owner_is_found_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    config = load(tmp_path, "[models.own]\nbase = 'weights'\nvae = 'hub/vae'\nsize = '512x768'\n")
    model = config.models()[-1]
    assert (model.name, model.base, model.vae) == ("own", str(tmp_path / "weights"), "hub/vae")
    assert model.size == (512, 768)


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ("[generation]\nmodle = 'mini'", "[generation] modle", "model"),
        ("[generatoin]\nmodel = 'mini'", "[generatoin]", "generation"),
        ("[generation]\nmodel = 'minni'", "[generation] model", "mini"),
        ("[generation]\nsize = '7x7'", "[generation] size", "multiples of 8"),
        ("[generation]\ndevice = 'gpu'", "[generation] device", "cuda"),
        ("[limits]\nsteps = 'many'", "[limits] steps", "it should be a whole number"),
        ("[limits]\npictures_per_job = 10", "[limits] pictures_per_job", "9"),
        ("[models.own]\nsteps = 4", "[models.own] base", "missing"),
        ("[models.own]\nbase = 'a/b'\nstep = 4", "[models.own] step", "steps"),
        ("[limits", "", "TOML"),
    ],
)
def test_a_fault_names_the_key_its_section_and_what_is_allowed(
    tmp_path: Path, text: str, key: str, words: str
) -> None:
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, text)
    assert caught.value.key == key
    assert words in caught.value.problem


def test_a_mistyped_variable_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, "", REROLL_LIMITS__STEP="4")
    assert "REROLL_LIMITS__STEPS" in caught.value.problem


def test_a_wrong_value_of_a_variable_is_not_looked_for_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REROLL_SAFETY__THRESHOLD", "two")
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, "[safety]\nthreshold = 0.5", REROLL_SAFETY__THRESHOLD="two")
    fault = caught.value
    assert (fault.where, fault.key) == ("the environment", "REROLL_SAFETY__THRESHOLD")
    assert fault.problem == "cannot be 'two': it should be a number"


@pytest.mark.parametrize("text", ["64x64, 96x128", '["64x64", "96x128"]', "[[64, 64], [96, 128]]"])
def test_a_list_in_a_variable_is_written_with_commas_or_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("REROLL_GENERATION__COMPILE_SIZES", text)
    monkeypatch.setenv("REROLL_ACCESS__ADMINS", "discord:1,slack:U2")
    monkeypatch.setenv("REROLL_ACCESS__DISCORD_GUILDS", "12")
    monkeypatch.setenv("REROLL_SAFETY__LABELS", "[]")
    monkeypatch.setenv("REROLL_MODELS__OWN__SIZE", "512x768")
    settings = load(tmp_path, "[models.own]\nbase = 'a/b'\n").settings
    assert settings.generation.compile_sizes == ((64, 64), (96, 128))
    assert settings.access.admins == ("discord:1", "slack:U2")
    assert settings.access.discord_guilds == (12,)
    assert settings.safety.labels == ()
    assert settings.models["own"].size == (512, 768)


@pytest.mark.parametrize(
    ("key", "text", "allowed"),
    [
        ("GENERATION__COMPILE_SIZES", "64x64,7x7", "'7x7': two multiples of 8"),
        ("ACCESS__DISCORD_GUILDS", "12,home", "'home': it should be a whole number"),
        ("ACCESS__ADMINS", '["foo', "it should be a list like one,two or"),
        ("ACCESS__ADMINS", "[" * 5000, "it should be a list like one,two or"),
        ("GENERATION", "mini", "'mini': it should be a section of keys"),
    ],
)
def test_what_is_no_list_in_a_variable_names_it_and_says_how_to_write_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, text: str, allowed: str
) -> None:
    monkeypatch.setenv(f"REROLL_{key}", text)
    with pytest.raises(BadConfig) as caught:
        load(tmp_path, "", **{f"REROLL_{key}": text})
    assert (caught.value.where, caught.value.key) == ("the environment", f"REROLL_{key}")
    assert allowed in caught.value.problem


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigMissing):
        load_config(tmp_path / "nowhere.toml", {})


@pytest.mark.parametrize("address", ["127.0.0.1:3000", "[::1]:80", "bot.example.org:0"])
def test_an_address_to_listen_on_is_host_and_port(tmp_path: Path, address: str) -> None:
    section = load(tmp_path, f"[slack]\nmode = 'http'\nlisten = '{address}'\n").settings.slack
    assert (section.mode, section.listen) == ("http", address)


@pytest.mark.parametrize("address", ["", "3000", ":3000", "127.0.0.1", "a:b", "a:65536", "a:-1"])
def test_what_is_no_address_to_listen_on_names_its_key(tmp_path: Path, address: str) -> None:
    with pytest.raises(BadConfig) as bad:
        load(tmp_path, f"[slack]\nlisten = '{address}'\n")
    assert bad.value.key == "[slack] listen"
    assert "127.0.0.1:3000" in bad.value.problem


@pytest.mark.parametrize("value", ["9" * 5000, "[" * 5000 + "]" * 5000], ids=["digits", "depth"])
def test_a_number_or_a_list_that_nothing_can_read_is_a_fault_of_the_file(
    tmp_path: Path, value: str
) -> None:
    with pytest.raises(BadConfig) as bad:
        load(tmp_path, f"limits.queue = {value}\n")
    assert bad.value.problem.startswith("is not TOML: ")
