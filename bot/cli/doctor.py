"""``reroll doctor``: checks the set-up, and names the fix for each fault."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from bot import texts
from bot.catalogues import catalogue, style_book
from bot.chat_errors import NotInstalled, ScopesMissing, TokenMissing
from bot.cli.running import (
    DISCORD,
    SLACK_APP,
    SLACK_BOT,
    check_token,
    slack_variables,
    tokens_of,
)
from bot.config import Config, load_config
from bot.config_sections import SlackSection
from generation.classifier import check_classifier, classifier
from generation.errors import LibraryMissing, UserError
from generation.hub import cached_folder, is_cached, size_of
from generation.models import Model
from generation.upscalers import EXTRA, LIBRARY, Upscalers, library_version
from storage.ownership import find_owner
from storage.room import RESERVE, free_bytes
from storage.store import Store

PROBE_SECONDS: Final = 120
LOW_DISK: Final = 2_000_000_000
"""Bytes of free disk under which pictures will soon have no room."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; a fault makes the exit code 1."""

    state: Literal["ok", "note", "fault"]
    subject: str
    sentence: str


def run_doctor(file: Path | None, *, as_json: bool) -> int:
    """Check everything and print what was found."""
    code = 0
    for finding in examine(file):
        if finding.state == "fault":
            code = 1
        if as_json:
            print(json.dumps(asdict(finding), ensure_ascii=False), flush=True)
        else:
            print(texts.doctor_line(finding.state, finding.subject, finding.sentence), flush=True)
    return code


def examine(file: Path | None) -> Iterator[Finding]:
    """Yield what each check found, in the order in which faults follow from each other."""
    try:
        config = load_config(file)
    except UserError as error:
        yield Finding("fault", "config", texts.sentence(error))
        return
    yield Finding("ok", "config", texts.doctor_config(str(config.file or "")))
    checks: tuple[Callable[[Config], Iterator[Finding]], ...] = (
        _tokens,
        _discord,
        _slack,
        _folders,
        _database,
        _device,
        _models,
        _safety,
        _loras,
        upscalers,
        styles,
    )
    for check in checks:
        try:
            yield from check(config)
        except UserError as error:
            yield Finding("fault", check.__name__.strip("_"), texts.sentence(error))


def _tokens(_config: Config) -> Iterator[Finding]:
    present = tuple(tokens_of(os.environ))
    yield Finding("ok" if present else "note", "tokens", texts.doctor_tokens(present))


def _discord(config: Config) -> Iterator[Finding]:
    token = tokens_of(os.environ).get(DISCORD)
    if token is None:
        yield Finding("note", "discord", texts.doctor_no_discord())
        return
    check_token(DISCORD, token)
    # Not before it is needed: the library takes its time to load.
    from bot.adapters.discord.checking import look

    found = asyncio.run(look(config.settings.discord, token))
    about = texts.doctor_discord(found.account, found.application, found.places)
    yield Finding("ok", "discord", about)
    if not found.places:
        yield Finding("note", "discord", texts.doctor_discord_alone(found.invite))
    if found.endpoint:
        yield Finding("fault", "discord", texts.doctor_discord_endpoint(found.endpoint))
    for guild in found.absent:
        error = NotInstalled("discord", str(guild), found.invite)
        yield Finding("fault", "discord", texts.sentence(error))


def _slack(config: Config) -> Iterator[Finding]:
    section, present = config.settings.slack, tokens_of(os.environ)
    variables = slack_variables(section)
    tokens = {name: present[name] for name in variables if name in present}
    if not tokens:
        yield Finding("note", "slack", texts.doctor_no_slack(variables))
        return
    for name in variables:
        if name not in tokens:
            yield Finding("fault", "slack", texts.sentence(TokenMissing("slack", name)))
    for name, token in tokens.items():
        check_token(name, token)
    if SLACK_BOT in tokens:
        yield from _slack_standing(section, tokens)


def _slack_standing(section: SlackSection, tokens: Mapping[str, str]) -> Iterator[Finding]:
    # Not before it is needed: the library takes its time to load.
    from bot.adapters.slack.checking import look

    found = asyncio.run(look(section, tokens[SLACK_BOT], tokens.get(SLACK_APP, "")))
    yield Finding("ok", "slack", texts.doctor_slack(str(found.account), found.account.team_id))
    if found.account.missing:
        error = ScopesMissing("slack", SLACK_BOT, found.account.missing)
        yield Finding("fault", "slack", texts.sentence(error))
    if found.socket is not None:
        yield Finding("fault", "slack", texts.sentence(found.socket))
    elif section.mode == "http":
        yield Finding("note", "slack", texts.doctor_slack_listens(section.listen))
    elif SLACK_APP in tokens:
        yield Finding("ok", "slack", texts.doctor_slack_socket())


def _folders(config: Config) -> Iterator[Finding]:
    yield from disks(dict.fromkeys((config.data, config.pictures)))


def disks(
    folders: Iterable[Path], free_of: Callable[[Path], int] = free_bytes
) -> Iterator[Finding]:
    """Yield what there is to say of the disks of some folders."""
    for folder in folders:
        place = next(parent for parent in (folder, *folder.parents) if parent.exists())
        if not os.access(place, os.W_OK | os.X_OK):
            yield Finding("fault", "folder", texts.doctor_not_writable(str(folder)))
            continue
        free = free_of(folder)
        if free < RESERVE:
            yield Finding("fault", "disk", texts.doctor_disk_full(str(folder), free))
            continue
        state: Literal["ok", "note"] = "ok" if free >= LOW_DISK else "note"
        yield Finding(state, "disk", texts.doctor_disk(str(folder), free))


def _database(config: Config) -> Iterator[Finding]:
    owner = find_owner(config.data)
    if owner is not None:
        yield Finding("note", "process", texts.doctor_running(owner.pid))
    store = Store(config.database_url, folder=config.folder, read_only=True)
    if not store.path.exists():
        yield Finding("ok", "database", texts.doctor_new_database(str(store.path)))
        return
    asyncio.run(_open_and_close(store))
    yield Finding("ok", "database", texts.doctor_database(str(store.path)))


async def _open_and_close(store: Store) -> None:
    async with store:
        await store.jobs.waiting()


def _device(config: Config) -> Iterator[Finding]:
    try:
        output = subprocess.run(
            [sys.executable, "-m", "generation.worker.probe"],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=True,
        ).stdout
        found: dict[str, Any] = json.loads(output)
    except (subprocess.SubprocessError, OSError, ValueError) as error:
        lines = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        yield Finding("fault", "libraries", texts.doctor_no_torch(lines[-1] if lines else ""))
        return
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    yield Finding("ok", "libraries", f"{versions}.")
    devices, wanted = found["devices"], config.settings.generation.device
    if wanted not in ("auto", "cpu") and wanted not in [device["device"] for device in devices]:
        yield Finding("fault", "device", texts.doctor_device_missing(wanted, found["cuda_build"]))
    elif not devices or wanted == "cpu":
        model = config.settings.generation.model
        state: Literal["ok", "note"] = "ok" if model == "mini" else "note"
        yield Finding(state, "device", texts.doctor_cpu(found["cores"], model))
    for device in devices:
        yield Finding("ok", "device", texts.doctor_gpu(device["name"], device["memory"]))


def _models(config: Config) -> Iterator[Finding]:
    for model in config.models():
        used = model.name == config.settings.generation.model
        try:
            yield _model(model, used=used)
        except UserError as error:
            yield Finding("fault" if used else "note", "model", texts.sentence(error))


def _model(model: Model, *, used: bool) -> Finding:
    if is_cached(model):
        return Finding("ok", "model", texts.doctor_model_here(model.name))
    if not used:
        return Finding("ok", "model", texts.doctor_model_unused(model.name))
    return Finding("note", "model", texts.doctor_model_download(model.name, size_of(model)))


def _safety(config: Config) -> Iterator[Finding]:
    settings = config.generation()
    if not settings.safety:
        yield Finding("ok", "safety", texts.doctor_no_safety())
        return
    model = classifier(settings.safety)
    folder = cached_folder(model, settings.cache)
    if folder is None:
        size = size_of(model, settings.cache)
        yield Finding("note", "safety", texts.doctor_safety_download(settings.safety, size))
        return
    check_classifier(folder, settings.safety_labels)
    section = config.settings.safety
    about = texts.doctor_safety(settings.safety, section.labels, section.threshold)
    yield Finding("ok", "safety", about)


def _loras(config: Config) -> Iterator[Finding]:
    loras = catalogue(config)
    loras.refresh()
    names = list(loras.names())
    faults = 0
    for name in names:
        try:
            loras.examine(name)
        except UserError as error:
            faults += 1
            yield Finding("fault", "lora", texts.sentence(error))
    folder = str(config.absolute(config.settings.generation.loras))
    yield Finding("ok", "loras", texts.doctor_loras(len(names) - faults, folder))


def upscalers(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the owner's upscalers."""
    catalogued = Upscalers(config.absolute(config.settings.generation.upscalers))
    infos, ready = catalogued.infos(), 0
    for info in infos:
        try:
            catalogued.examine(info.name)
            ready += 1
        except UserError as error:
            yield Finding("fault", "upscaler", texts.sentence(error))
    if infos and library_version() is None:
        yield Finding("fault", "upscalers", texts.sentence(LibraryMissing(LIBRARY, EXTRA)))
    folder = str(config.absolute(config.settings.generation.upscalers))
    yield Finding("ok", "upscalers", texts.doctor_upscalers(ready, folder))


def styles(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the owner's file of styles."""
    loras = catalogue(config)
    loras.refresh()
    book = style_book(config, loras)
    book.reader.read(book.file)
    book.refresh()
    wanted = config.settings.generation.model
    model = next(model for model in config.models() if model.name == wanted)
    usable = sum(style.fits(model) for style in book.all())
    yield Finding("ok", "styles", texts.doctor_styles(usable, wanted, str(book.file)))
