"""config.toml and the REROLL_ variables: every key with its type, default and bounds."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.errors import BadConfig, ConfigMissing
from generation.models import MINI, SDXL, Model
from generation.nearest import nearest
from generation.recipe import BOUNDS
from generation.settings import Device, Dtype, GenerationSettings, Memory

ENV_PREFIX: Final = "REROLL_"
ENV_CONFIG: Final = "REROLL_CONFIG"
DEFAULT_FILE: Final = "config.toml"
LAST_PORT: Final = 65535


def _read_size(value: object) -> object:
    if isinstance(value, str) and value != "auto":
        width, _, height = value.lower().partition("x")
        if not (width.strip().isdigit() and height.strip().isdigit()):
            raise ValueError('"auto" or width x height, like "1024x1024"')
        return (int(width), int(height))
    return value


def _check_size(value: object) -> object:
    value = _read_size(value)
    if isinstance(value, tuple) and not all(
        side in BOUNDS["width"] and side % 8 == 0 for side in value
    ):
        raise ValueError(f"two multiples of 8, each {BOUNDS['width']}")
    return value


def _check_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > LAST_PORT:
        raise ValueError('an address and port, like "127.0.0.1:3000"')
    return value


Steps = Annotated[int, Field(ge=1, le=1000)]
Guidance = Annotated[float, Field(ge=0, le=30)]
Size = Annotated[tuple[int, int], BeforeValidator(_check_size)]
Address = Annotated[str, AfterValidator(_check_address)]
SafetyAction = Literal["off", "spoiler", "block"]
RefinerSwitch = Annotated[float, Field(ge=0, le=0.99)]


class Section(BaseModel):
    """A section of config.toml: no unknown keys, nothing changes after the start."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class DiscordSection(Section):
    """[discord]."""

    api_url: str = "https://discord.com/api/v10"
    gateway_url: str = ""
    guilds: tuple[int, ...] = ()


class SlackSection(Section):
    """[slack]."""

    api_url: str = "https://slack.com/api/"
    mode: Literal["socket", "http"] = "socket"
    listen: Address = "127.0.0.1:3000"


@dataclass(frozen=True, slots=True)
class AccessLists:
    """The ids that one platform is open to; an empty list is no bound."""

    guilds: frozenset[str] = frozenset()
    channels: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()


class AccessSection(Section):
    """[access]."""

    admins: tuple[str, ...] = ()
    discord_guilds: tuple[int, ...] = ()
    discord_channels: tuple[int, ...] = ()
    discord_roles: tuple[int, ...] = ()
    slack_channels: tuple[str, ...] = ()
    blocked_words: tuple[str, ...] = ()

    def lists(self) -> dict[str, AccessLists]:
        """Return the lists by platform; a platform without an entry is open to everyone."""
        return {
            "discord": AccessLists(
                guilds=frozenset(map(str, self.discord_guilds)),
                channels=frozenset(map(str, self.discord_channels)),
                roles=frozenset(map(str, self.discord_roles)),
            ),
            "slack": AccessLists(channels=frozenset(self.slack_channels)),
        }


class LimitsSection(Section):
    """[limits]."""

    jobs_per_user: Annotated[int, Field(ge=1)] = 5
    queue: Annotated[int, Field(ge=1)] = 200
    pictures_per_job: Annotated[int, Field(ge=1, le=9)] = 4
    steps: Steps = 100
    megapixels: Annotated[float, Field(gt=0, le=256)] = 2.4
    prompt_chars: Annotated[int, Field(ge=1, le=20_000)] = 2000
    upload_mb: Annotated[float, Field(gt=0, le=500)] = 20
    jobs_per_hour: Annotated[int, Field(ge=0)] = 0
    commands_per_minute: Annotated[int, Field(ge=0)] = 0


class ModelSection(Section):
    """[models.NAME]."""

    base: str
    refiner: str = ""
    vae: str = ""
    family: Literal["auto", "sdxl", "sd1", "sd2", "mini"] = "auto"
    variant: str = ""
    steps: Steps = 40
    guidance: Guidance = 7.5
    size: Size = (1024, 1024)
    refiner_switch: RefinerSwitch = 0.8


class GenerationSection(Section):
    """[generation]."""

    model: str = "sdxl"
    device: Device = "auto"
    dtype: Dtype = "auto"
    memory: Memory = "auto"
    steps: Steps | Literal["auto"] = "auto"
    guidance: Guidance | Literal["auto"] = "auto"
    size: Size | Literal["auto"] = "auto"
    refiner: RefinerSwitch | Literal["auto"] = "auto"
    loras: Path = Path("data/loras")
    safety: str = "off"
    watermark: bool = False
    threads: Annotated[int, Field(ge=0, le=1024)] = 0


class SafetySection(Section):
    """[safety]."""

    labels: tuple[str, ...] = ("nsfw",)
    threshold: Annotated[float, Field(ge=0, le=1)] = 0.5
    action: SafetyAction = "block"
    age_restricted: SafetyAction = "spoiler"


class EngineSection(Section):
    """[engine]."""

    kind: Literal["local"] = "local"
    hang_seconds: Annotated[int, Field(ge=10)] = 600


class StorageSection(Section):
    """[storage]."""

    database: str = "sqlite:///data/reroll.db"
    pictures: Path = Path("data/pictures")
    keep_days: Annotated[int, Field(ge=0)] = 0


class MetricsSection(Section):
    """[metrics]."""

    port: Annotated[int, Field(ge=0, le=LAST_PORT)] = 0
    host: str = "127.0.0.1"


class LogSection(Section):
    """[log]."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


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
        return env_settings, init_settings


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
            device=section.device,
            dtype=section.dtype,
            memory=section.memory,
            threads=section.threads,
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
        return BadConfig("the environment", variable, problem)
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
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"


def _allowed(error: ValidationError, fault: Any) -> str:
    """Put together what a key allows, over all the alternatives of its type."""
    same = [f for f in error.errors(include_url=False) if f["loc"][:2] == fault["loc"][:2]]
    wanted = [str(f["msg"]).removeprefix("Value error, ") for f in same]
    texts = [text[:1].lower() + text[1:] for text in dict.fromkeys(wanted)]
    return (
        " or ".join(texts)
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
