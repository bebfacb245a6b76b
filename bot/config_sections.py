"""The sections of config.toml: every key with its type, default and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from generation.recipe import BOUNDS
from generation.samplers import DEFAULT_SAMPLER, SAMPLERS
from generation.settings import (
    BATCH,
    Attention,
    Batching,
    Device,
    Dtype,
    Levers,
    Memory,
    Precision,
    Switch,
)

LAST_PORT: Final = 65535


def _read_size(value: object) -> object:
    if isinstance(value, str) and value != "auto":
        width, _, height = value.lower().partition("x")
        if not (width.strip().isdigit() and height.strip().isdigit()):
            raise ValueError('width x height, like "1024x1024"')
        return (int(width), int(height))
    return value


def _check_size(value: object) -> object:
    value = _read_size(value)
    if isinstance(value, tuple) and not all(
        side in BOUNDS["width"] and side % 8 == 0 for side in value
    ):
        raise ValueError(f"two multiples of 8, each {BOUNDS['width']}")
    return value


def _check_sampler(value: str) -> str:
    if value not in SAMPLERS:
        raise ValueError(f"one of {', '.join(SAMPLERS)}")
    return value


def _check_address(value: str) -> str:
    host, _, port = value.rpartition(":")
    if not host or not port.isdecimal() or int(port) > LAST_PORT:
        raise ValueError('an address and port, like "127.0.0.1:3000"')
    return value


Steps = Annotated[int, Field(ge=1, le=1000)]
Guidance = Annotated[float, Field(ge=0, le=30)]
Sampler = Annotated[str, AfterValidator(_check_sampler)]
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
    upscale_megapixels: Annotated[float, Field(gt=0, le=268)] = 16.8
    compare_pictures: Annotated[int, Field(ge=2, le=20)] = 16


class ModelSection(Section):
    """[models.NAME]."""

    base: str
    refiner: str = ""
    vae: str = ""
    family: Literal["auto", "sdxl", "sd1", "sd2", "mini"] = "auto"
    variant: str = ""
    steps: Steps = 40
    guidance: Guidance = 7.5
    guidance_end: Annotated[float, Field(ge=0, le=1)] = 1.0
    sampler: Sampler = DEFAULT_SAMPLER
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
    upscalers: Path = Path("data/upscalers")
    styles: Path = Path("styles.toml")
    safety: str = "off"
    watermark: bool = False
    threads: Annotated[int, Field(ge=0, le=1024)] = 0
    compile: Switch = "auto"
    compile_sizes: tuple[Size, ...] = ()
    channels_last: Switch = "auto"
    attention: Attention = "auto"
    prompt_keys: Switch = "auto"
    trace: Switch = "auto"
    vae_dtype: Dtype = "auto"
    batching: Batching = "exact"
    batch: Annotated[int, Field(ge=BATCH.low, le=BATCH.high)] = 4
    precision: Precision = "full"
    keep_gb: Annotated[float, Field(ge=0, le=4096)] | Literal["auto"] = "auto"

    def levers(self) -> Levers:
        """Return what makes pictures come faster."""
        return Levers(
            compile=self.compile,
            compile_sizes=self.compile_sizes,
            channels_last=self.channels_last,
            attention=self.attention,
            prompt_keys=self.prompt_keys,
            trace=self.trace,
            vae_dtype=self.vae_dtype,
            batching=self.batching,
            batch=self.batch,
            precision=self.precision,
        )


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
