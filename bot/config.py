"""config.toml and the REROLL_ variables: read and checked, with every path absolute."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.characters import clipped
from bot.config_sections import (
    AccessSection,
    DiscordSection,
    EngineSection,
    GenerationSection,
    LimitsSection,
    LogSection,
    MetricsSection,
    ModelSection,
    SafetySection,
    Section,
    SlackSection,
    StorageSection,
)
from bot.config_variables import Variables
from bot.errors import BadConfig, ConfigMissing
from generation.models import MINI, SDXL, Model
from generation.nearest import nearest
from generation.settings import GenerationSettings

ENV_PREFIX: Final = "REROLL_"
ENV_CONFIG: Final = "REROLL_CONFIG"
DEFAULT_FILE: Final = "config.toml"
_LIST: Final = '["one", "two"]'


class _Settings(BaseSettings):
    model_config = SettingsConfigDict(
        env_prefix=ENV_PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True
    )

    discord: DiscordSection = DiscordSection()
    slack: SlackSection = SlackSection()
    access: AccessSection = AccessSection()
    limits: LimitsSection = LimitsSection()
    models: dict[str, ModelSection] = Field(default_factory=dict)
    generation: GenerationSection = GenerationSection()
    safety: SafetySection = SafetySection()
    engine: EngineSection = EngineSection()
    storage: StorageSection = StorageSection()
    log: LogSection = LogSection()
    metrics: MetricsSection = MetricsSection()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let a variable win over the file."""
        return Variables(settings_cls), init_settings


@dataclass(frozen=True, slots=True)
class Config:
    """The checked configuration, with every path absolute."""

    file: Path | None
    folder: Path
    settings: _Settings

    @property
    def limits(self) -> LimitsSection:
        """The owner's limits."""
        return self.settings.limits

    @property
    def access(self) -> AccessSection:
        """Who may use the bot."""
        return self.settings.access

    @property
    def database_url(self) -> str:
        """The database's URL, a SQLite file by its absolute path."""
        url = self.settings.storage.database
        scheme, slashes, path = url.partition(":///")
        if scheme.startswith("sqlite") and slashes and path != ":memory:":
            return f"{scheme}:///{self.absolute(Path(path))}"
        return url

    @property
    def pictures(self) -> Path:
        """The folder of the pictures."""
        return self.absolute(self.settings.storage.pictures)

    @property
    def data(self) -> Path:
        """The data folder: where the database lies, and what one process owns."""
        scheme, slashes, path = self.database_url.partition(":///")
        if scheme.startswith("sqlite") and slashes and path != ":memory:":
            return Path(path).parent
        return self.pictures.parent

    @property
    def console_history(self) -> Path:
        """The file that keeps what was typed at the console."""
        return self.data / "console-history"

    def absolute(self, path: Path) -> Path:
        """Take a relative path as meant from the configuration file's folder."""
        return (self.folder / path.expanduser()).absolute()

    def models(self) -> tuple[Model, ...]:
        """Return every model, the built-in one first."""
        named = {"mini": MINI, "sdxl": SDXL}
        for name, section in self.settings.models.items():
            values = section.model_dump()
            for key in ("base", "refiner", "vae"):
                values[key] = self._source(values[key])
            named[name] = Model(name=name, **values)
        return tuple(named.values())

    def _source(self, source: str) -> str:
        """Make a path of a model absolute; a hub id stays as it is."""
        if not source or source.startswith(("http://", "https://")):
            return source
        path = self.absolute(Path(source))
        looks_local = source.startswith((".", "~", "/")) or source.endswith(".safetensors")
        return str(path) if path.exists() or looks_local else source

    def generation(self) -> GenerationSettings:
        """Return what the engine needs to know."""
        section = self.settings.generation
        return GenerationSettings(
            models=self.models(),
            preload=section.model,
            loras=self.absolute(section.loras),
            upscalers=self.absolute(section.upscalers),
            device=section.device,
            dtype=section.dtype,
            memory=section.memory,
            threads=section.threads,
            levers=section.levers(),
            keep_bytes=None if section.keep_gb == "auto" else int(section.keep_gb * 1e9),
            compiled=self.data / "compiled",
            incoming=self.pictures / ".incoming",
            log_file=self.data / "worker.log",
            hashes=self.data / "hashes.json",
            hang_seconds=self.settings.engine.hang_seconds,
            watermark=section.watermark,
            safety="" if section.safety == "off" else self._source(section.safety),
            safety_labels=self.settings.safety.labels,
        )


def load_config(file: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """Load the configuration from ``file``, REROLL_CONFIG, ./config.toml or the defaults.

    Raises ``ConfigMissing`` where a named file cannot be read and ``BadConfig`` for its faults.
    """
    env = os.environ if environ is None else environ
    named = file or (Path(env[ENV_CONFIG]) if env.get(ENV_CONFIG) else None)
    path = named or (Path(DEFAULT_FILE) if Path(DEFAULT_FILE).is_file() else None)
    values = _read_toml(path) if path else {}
    where = str(path) if path else "the built-in defaults"
    _refuse_unknown_variables(env)
    try:
        settings = _Settings(**values)
    except ValidationError as error:
        raise _first_fault(error, where, env) from None
    folder = path.absolute().parent if path else Path.cwd()
    config = Config(path.absolute() if path else None, folder, settings)
    _check_model(config, where)
    return config


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigMissing(str(path), error.strerror or "") from None
    except (ValueError, RecursionError) as error:
        # Not only what is no TOML or no UTF-8: numbers too long, and lists too deep, to be read.
        raise BadConfig(str(path), "", f"is not TOML: {error}") from None


def _refuse_unknown_variables(env: Mapping[str, str]) -> None:
    known = dict(_known_variables())
    for name in env:
        upper = name.upper()
        if not upper.startswith(ENV_PREFIX) or upper == ENV_CONFIG or "__" not in upper:
            continue
        section = upper.removeprefix(ENV_PREFIX).split("__")[0]
        if section == "MODELS" or upper in known:
            continue
        near = nearest(upper, known, most=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise BadConfig("the environment", name, f"sets no known key{hint}")


def _known_variables() -> Iterator[tuple[str, str]]:
    for section, field in _Settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            for key in kind.model_fields:
                yield f"{ENV_PREFIX}{section}__{key}".upper(), key


def _first_fault(error: ValidationError, where: str, env: Mapping[str, str]) -> BadConfig:
    fault = error.errors(include_url=False)[0]
    path = [str(part) for part in fault["loc"]]
    section = _section_of(path)
    key = path[len(section.strip("[]").split(".")) :] if section else path
    name = f"{section} {key[0]}" if key else section
    if fault["type"] == "extra_forbidden":
        near = nearest(path[-1], _keys_beside(path), most=1)
        hint = f"; did you mean {near[0]}?" if near else "; take it out"
        return BadConfig(where, name, f"is not a key that Reroll knows{hint}")
    if fault["type"] == "missing":
        return BadConfig(where, name, "is missing, and a model cannot do without it")
    problem = f"cannot be {_shown(fault.get('input'))}: {_allowed(error, fault)}"
    if variable := _variable_of(path, env):
        return BadConfig("the environment", variable, problem.replace(_LIST, f"one,two or {_LIST}"))
    return BadConfig(where, name, problem)


def _variable_of(path: list[str], env: Mapping[str, str]) -> str:
    """Return the variable that set a key, or nothing; it wins over the file."""
    length = 3 if path[:1] == ["models"] else 2
    wanted = (ENV_PREFIX + "__".join(path[:length])).upper()
    return next((name for name in env if name.upper() == wanted), "")


def _section_of(path: list[str]) -> str:
    if not path:
        return ""
    if path[0] == "models" and len(path) > 1:
        return f"[models.{path[1]}]"
    return f"[{path[0]}]"


def _keys_beside(path: list[str]) -> list[str]:
    if len(path) < 2:
        return list(_Settings.model_fields)
    if path[0] == "models":
        return list(ModelSection.model_fields)
    kind = _Settings.model_fields[path[0]].annotation
    return list(kind.model_fields) if isinstance(kind, type) and issubclass(kind, Section) else []


def _shown(value: object) -> str:
    return clipped(repr(value))


def _allowed(error: ValidationError, fault: Any) -> str:
    """Put together what a key allows, over all the alternatives of its type."""
    same = [f for f in error.errors(include_url=False) if f["loc"][:2] == fault["loc"][:2]]
    wanted = [str(f["msg"]).removeprefix("Value error, ") for f in same]
    texts = [text[:1].lower() + text[1:] for text in dict.fromkeys(wanted)]
    return (
        re.sub(
            "a valid dictionary or instance of .*Section", "a section of keys", " or ".join(texts)
        )
        .replace("a valid tuple", f"a list like {_LIST}")
        .replace("a valid integer, unable to parse string as an integer", "a whole number")
        .replace("a valid integer", "a whole number")
        .replace("a valid number, unable to parse string as a number", "a number")
        .replace("a valid number", "a number")
        .replace("a valid boolean, unable to interpret input", "true or false")
        .replace("input should be ", "it should be ", 1)
        .replace("or input should be ", "or ")
    )


def _check_model(config: Config, where: str) -> None:
    names = [model.name for model in config.models()]
    wanted = config.settings.generation.model
    if wanted not in names:
        near = nearest(wanted, names, most=1) or tuple(names)
        problem = f"names no model; the models are {', '.join(names)}; nearest is {near[0]}"
        raise BadConfig(where, "[generation] model", problem)
