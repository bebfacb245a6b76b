"""``reroll doctor``: checks the set-up, and names the fix for each fault."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, Literal

from bot import texts
from bot.cli.chat_checks import discord, slack, tokens
from bot.cli.finding import Finding
from bot.cli.weight_checks import loras, models, safety, styles, upscalers
from bot.config import Config, load_config
from generation.errors import UserError
from storage.ownership import find_owner
from storage.room import RESERVE, free_bytes
from storage.store import Store

PROBE_SECONDS: Final = 120
LOW_DISK: Final = 2_000_000_000
"""Bytes of free disk under which pictures will soon have no room."""


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
        tokens,
        discord,
        slack,
        _folders,
        _database,
        _device,
        models,
        safety,
        loras,
        upscalers,
        styles,
    )
    for check in checks:
        try:
            yield from check(config)
        except UserError as error:
            yield Finding("fault", check.__name__.strip("_"), texts.sentence(error))


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
