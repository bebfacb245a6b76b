"""What the commands of the service work with."""

from __future__ import annotations

from dataclasses import dataclass

from bot.command import Command
from bot.config import Config
from bot.errors import NotFound, PictureAbsent
from bot.invocation import Invocation
from bot.reading import Options
from bot.service.answers.samples import Samples
from bot.service.rates import Rates
from bot.service.recipes.maker import RecipeMaker
from bot.service.running.runner import Runner
from bot.service.showing.changes import Changes
from bot.service.showing.ended import Showing
from bot.service.showing.sheets import Sheets
from bot.service.showing.views import Views
from bot.service.suggesting.suggestions import Suggestions
from bot.styles import StyleBook
from generation.engine import Engine
from generation.loras import LoraCatalogue
from storage.files import PictureFiles
from storage.records import CHECKS, AuditEntry, JobRecord, PictureRecord, Viewer, utc_now
from storage.room import DiskRoom
from storage.store import Store


@dataclass(frozen=True, slots=True)
class Desk:
    """The things at hand while a command is answered."""

    config: Config
    commands: dict[str, Command]
    store: Store
    files: PictureFiles
    engine: Engine
    loras: LoraCatalogue
    styles: StyleBook
    samples: Samples
    maker: RecipeMaker
    views: Views
    showing: Showing
    sheets: Sheets
    runner: Runner
    suggestions: Suggestions
    changes: Changes
    rates: Rates
    room: DiskRoom


@dataclass(frozen=True, slots=True)
class Request:
    """One command of one person, with its options read and checked."""

    desk: Desk
    invocation: Invocation
    options: Options
    admin: bool

    @property
    def viewer(self) -> Viewer:
        """The asker, as the history sees people."""
        invocation = self.invocation
        return Viewer(invocation.actor, invocation.reply_to.place, self.admin)

    def may_see(self, job: JobRecord) -> bool:
        """Whether the asker may see a job: a private one only its own asker and admins."""
        return self.admin or not job.private or job.actor == self.invocation.actor

    def may_change(self, job: JobRecord) -> bool:
        """Whether the asker may cancel or delete a job."""
        return self.admin or job.actor == self.invocation.actor

    def noted(self, action: str, subject: str = "", detail: str = "") -> AuditEntry:
        """Return that the asker does something, for the audit trail."""
        invocation = self.invocation
        return AuditEntry(
            moment=utc_now(),
            actor=invocation.actor,
            action=action,
            subject=subject,
            place=invocation.reply_to.place,
            detail=detail,
        )

    def refuse_absent(self, picture: PictureRecord) -> None:
        """Raise ``PictureAbsent`` for a picture whose file is gone, or not to be had here."""
        self.refuse_withheld(picture)
        if picture.absent:
            raise PictureAbsent(picture.id, picture.absent)

    def refuse_withheld(self, picture: PictureRecord) -> None:
        """Raise ``PictureAbsent`` for a picture that nothing is to be known of here."""
        if self.desk.views.safety.of(picture, self.invocation.reply_to) == "withheld":
            raise PictureAbsent(picture.id, "withheld")

    async def job(self, identifier: str) -> JobRecord:
        """Return the job of an id that the asker may see, but no check. Raises ``NotFound``."""
        job = await self.job_or_check(identifier)
        if job.command in CHECKS:
            raise NotFound(identifier)
        return job

    async def job_or_check(self, identifier: str) -> JobRecord:
        """Return the job or check of an id that the asker may see. Raises ``NotFound``."""
        job = await self.desk.store.jobs.get(identifier)
        if job is None or job.deleted or not self.may_see(job):
            raise NotFound(identifier)
        return job

    async def checked(self, identifier: str) -> str:
        """Return the id of the job that a check is of; any other id as it is.

        A check is forgotten once its asker was told, but its message stays.
        """
        job = await self.desk.store.jobs.get(identifier)
        if job is None or job.command not in CHECKS or not self.may_see(job):
            return identifier
        return job.parent or identifier

    async def picture(self, identifier: str) -> PictureRecord:
        """Return the picture of an id, or a job's first. Raises ``NotFound``."""
        job = await self.job(identifier)
        picture = await self.desk.store.pictures.get(identifier)
        if picture is None:
            raise NotFound(identifier if "." in identifier else f"{job.id}.1")
        return picture
