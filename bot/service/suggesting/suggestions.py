"""What an option can be completed with while somebody types: from memory alone, best first."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot import texts
from bot.command import Command, Source
from bot.config import Config
from bot.service.suggesting.choices import choices
from bot.service.suggesting.matching import Entry, Spellings, matches
from bot.service.suggesting.recent_jobs import IN_ALL_MOST, RecentJobs
from bot.service.suggesting.style_suggestions import StyleSuggestions
from generation.loras import LoraCatalogue, LoraInfo
from generation.recipe import LORAS_MAX
from generation.upscalers import Upscalers
from storage.history import History
from storage.ids import picture_id
from storage.records import UNLISTED, JobRecord, JobSummary, Viewer

log = logging.getLogger(__name__)

MOST: Final = 25
REFRESH_SECONDS: Final = 60.0
"""Between two looks at the folders of LoRAs."""
MARK: Final = " · "
"""Stands between the value of a suggestion and what is said about it."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What an option can be; ``about`` says more of it, as far as there is more to say."""

    value: str
    about: str = ""

    @property
    def label(self) -> str:
        """The value and what it is."""
        return f"{self.value}{MARK}{self.about}" if self.about else self.value


@dataclass(frozen=True, slots=True)
class _Loras:
    """The LoRAs as they were at the last look."""

    infos: tuple[LoraInfo, ...] = ()
    entries: tuple[Entry, ...] = ()
    scales: Mapping[str, float] = field(default_factory=dict)
    spellings: Spellings = field(default_factory=lambda: Spellings(()))


class Suggestions:
    """Completes options; must be told of jobs that come and go."""

    def __init__(
        self,
        config: Config,
        commands: Iterable[Command],
        loras: LoraCatalogue,
        styles: StyleSuggestions | None = None,
    ) -> None:
        self._catalogue = loras
        self._styles = styles
        self._upscalers = Upscalers(config.absolute(config.settings.generation.upscalers))
        self._loras = _Loras()
        self._jobs = RecentJobs()
        self._choices = choices(config, tuple(commands))

    def refresh(self) -> None:
        """Look at LoRAs and styles again; may take long with thousands, so call it in a thread."""
        self._catalogue.refresh()
        if self._styles is not None:
            self._styles.refresh()
        upscalers = tuple(Entry(info.name) for info in self._upscalers.infos())
        self._choices = {**self._choices, Source.UPSCALERS: upscalers}
        infos = self._catalogue.infos()
        if infos is self._loras.infos:
            return
        entries = tuple(
            Entry(info.name, _about(info), f"{info.title} {info.trigger}") for info in infos
        )
        scales = {info.name: info.scale for info in infos}
        self._loras = _Loras(infos, entries, scales, Spellings(entries))

    async def keep_fresh(self, seconds: float = REFRESH_SECONDS) -> None:
        """Look at LoRAs and styles again and again, until cancelled."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await asyncio.to_thread(self.refresh)
            except Exception:
                log.exception("the LoRAs or styles cannot be looked at")

    async def recall(self, history: History) -> None:
        """Remember the jobs of earlier days; call it before the first new one."""
        for summary in reversed(await history.recent(IN_ALL_MOST)):
            self._jobs.remember(summary)

    def remember(self, job: JobRecord) -> None:
        """Take in a new job."""
        if job.command not in UNLISTED:
            prompt = job.recipe.prompt
            self._jobs.remember(
                JobSummary(job.id, job.actor, job.place, job.private, job.count, prompt)
            )

    def forget(self, job_id: str) -> None:
        """Let a deleted job go."""
        self._jobs.forget(job_id)

    def forget_actor(self, actor: str) -> None:
        """Let all jobs of a person go."""
        self._jobs.forget_actor(actor)

    def complete(
        self, source: Source, typed: str, viewer: Viewer, most: int = MOST
    ) -> tuple[Suggestion, ...]:
        """Return what was probably meant, best first; nothing typed: the most usual."""
        found: Iterable[Suggestion]
        if source is Source.LORAS:
            found = self._complete_loras(typed, most)
        elif source is Source.AXES and "=" in typed:
            # Whoever has got so far knows what to write: what was typed is what is meant.
            found = (Suggestion(typed),)
        elif source is Source.JOBS:
            found = self._complete_ids(typed, viewer, most)
        elif source is Source.STYLES and self._styles is not None:
            found = map(_suggestion, _best(self._styles.entries(viewer.actor), typed, most))
        else:
            found = map(_suggestion, _best(self._choices.get(source, ()), typed, most))
        return tuple(found)[:most]

    def _complete_loras(self, typed: str, most: int) -> Iterator[Suggestion]:
        """Complete the last of a list with commas, and keep those before it and a scale."""
        *before, last = (part.partition(MARK)[0].strip() for part in typed.split(","))
        chosen = [part for part in before if part]
        if len(chosen) >= LORAS_MAX:
            return
        name, colon, scale = last.partition(":")
        head = "".join(f"{part}, " for part in chosen)
        taken = {part.partition(":")[0].strip() for part in chosen}
        now = self._loras
        for entry in _best(now.entries, name, most + len(taken), now.spellings):
            if entry.name not in taken:
                tail = f":{scale.strip() or format(now.scales[entry.name], 'g')}" if colon else ""
                yield Suggestion(f"{head}{entry.name}{tail}", entry.about)

    def _complete_ids(self, typed: str, viewer: Viewer, most: int) -> Iterator[Suggestion]:
        """Complete the id of a job, and of each of its pictures once the job is clear."""
        wanted = typed.strip().partition(MARK)[0].removeprefix("#").casefold()
        job_id, dot, index = wanted.partition(".")
        job = self._jobs.get(job_id, viewer)
        if not dot:
            for entry in _best(self._jobs.seen(viewer), wanted, most):
                yield _suggestion(entry)
        if job is not None:
            about = " ".join(job.prompt.split())
            for number in range(1, job.count + 1):
                if str(number).startswith(index):
                    yield Suggestion(picture_id(job.id, number), about)


def _best(
    entries: Sequence[Entry], typed: str, most: int, spellings: Spellings | None = None
) -> list[Entry]:
    found = matches(entries, typed, most)
    return found or (spellings or Spellings(entries)).nearest(typed, most)


def _suggestion(entry: Entry) -> Suggestion:
    return Suggestion(entry.name, entry.about)


def _about(info: LoraInfo) -> str:
    # Without commas, which part a list of LoRAs: a label may come back as what was typed.
    return texts.lora_about(info.name, info.title, info.trigger).replace(",", ";")
