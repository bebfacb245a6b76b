"""From what is stored and what the engine says to neutral replies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot import texts
from bot.chat_errors import NotDelivered
from bot.reply import Button, Line, PictureView, Reply
from bot.service.press import Press
from bot.service.recipes.alternatives import choices_of
from bot.service.recipes.maker import RecipeMaker
from bot.service.running.line import Place
from bot.service.showing.data import ReplyData, status_word
from bot.service.showing.progress import progress_of
from bot.service.showing.safety import Safety
from bot.service.showing.settings import described
from generation.engine import Event, Progress
from generation.errors import UnknownName
from generation.recipe import Recipe
from generation.samplers import DEFAULT_SAMPLER
from storage.files import PictureFiles
from storage.records import UNLISTED, JobRecord, PictureRecord, ReplyTo


@dataclass(frozen=True, slots=True)
class Seen:
    """Pictures as one place sees them: what is shown, and a line for what is not.

    ``records`` are those that the place may know all about, with a file or without.
    """

    pictures: tuple[PictureView, ...]
    lines: tuple[Line, ...]
    records: tuple[PictureRecord, ...]


class Views:
    """Builds the replies that show jobs and pictures."""

    def __init__(
        self,
        files: PictureFiles,
        maker: RecipeMaker,
        presses: Mapping[str, Press],
        safety: Safety,
        keep_days: int = 0,
    ) -> None:
        self.safety = safety
        self.data = ReplyData(files)
        self._keep_days = keep_days
        self._files = files
        self._maker = maker
        self._presses = presses

    def queued(self, place: Place) -> Reply:
        """Show a job that waits."""
        looked = self.looked_up(place, may_cancel=True)
        return replace(looked, job=place.job.id, final=False)

    def looked_up(self, place: Place, *, may_cancel: bool) -> Reply:
        """Show an open job as it is now, apart from its own message, which lives on elsewhere."""
        job = place.job
        running = job.status == "running"
        state = texts.running(job.id) if running else texts.queued(job.id, place.ahead, place.wait)
        return Reply(
            lines=(texts.prompt_line(job.recipe.prompt), state),
            buttons=(self.button("cancel", job.id),) if may_cancel else (),
            private=job.private,
            data=(self.data.job(job, ()),),
        )

    def running(self, job: JobRecord, event: Event | None) -> Reply:
        """Show a job that is being made, as far as an event says."""
        if isinstance(event, Progress) and not self.safety.may_preview(job.reply_to):
            event = replace(event, preview=None)
        return Reply(
            lines=(texts.prompt_line(job.recipe.prompt), texts.running(job.id)),
            buttons=(self.button("cancel", job.id),),
            progress=progress_of(job, event),
            private=job.private,
            job=job.id,
            final=False,
        )

    def over(
        self,
        job: JobRecord,
        pictures: Sequence[PictureRecord],
        extra: tuple[Line, ...] = (),
        at: ReplyTo | None = None,
        origin: Line | None = None,
    ) -> Reply:
        """Show a job that has ended: its pictures, or why there are none.

        ``at`` is where, if not where the job was asked for. ``origin`` says what it came from,
        where more than its parent's id is to be said.
        """
        if job.deleted:
            return self._gone(job)
        seen = self.seen(pictures, at or job.reply_to)
        recipes = [picture.recipe for picture in seen.records]
        outcome = self._outcome(job, recipes if pictures else [job.recipe])
        about = self._about(job, pictures, origin)
        lines = (texts.prompt_line(job.recipe.prompt), outcome, *about)
        failed = status_word(job) != "done"
        return Reply(
            lines=(*lines, *seen.lines, *extra),
            pictures=seen.pictures,
            buttons=self.buttons(job, seen.records),
            private=job.private,
            job=job.id,
            exit_code=1 if failed else 0,
            problem=outcome if failed else None,
            data=(self.data.job(job, pictures),),
        )

    def _gone(self, job: JobRecord) -> Reply:
        """Say that a job was deleted; nothing else of it is to be shown."""
        sentence = texts.deleted(job.id)
        return Reply(
            lines=(sentence,),
            private=job.private,
            job=job.id,
            exit_code=1,
            problem=sentence,
            deleted=job.id,
            data=({"job": job.id, "status": status_word(job)},),
        )

    def _about(
        self, job: JobRecord, pictures: Sequence[PictureRecord], origin: Line | None
    ) -> Iterator[Line]:
        """Yield what else is to be known of a job: settings, where it came from, warnings."""
        if isinstance(job.error, NotDelivered):
            yield texts.not_brought(job.error)
        if different := self.different(*job.recipes):
            yield texts.different(different)
        yield from _on_each(job)
        if job.parent:
            yield origin or texts.parent_line(job.parent)
        for text in dict.fromkeys(text for picture in pictures for text in picture.warnings):
            yield texts.warning(text)

    def _outcome(self, job: JobRecord, recipes: Sequence[Recipe]) -> Line:
        if job.status == "failed" and not isinstance(job.error, NotDelivered):
            return texts.failed(job.id, job.error)
        if job.status == "cancelled":
            return texts.cancelled(job.id)
        seeds = tuple(recipe.seed for recipe in recipes)
        return texts.done(job.id, seeds, job.seconds, job.count, texts.varied_towards(recipes))

    def buttons(self, job: JobRecord, pictures: Sequence[PictureRecord]) -> tuple[Button, ...]:
        """Return the buttons of a job that has ended; a check leaves nothing to work on."""
        if job.command in UNLISTED:
            return ()
        buttons: list[Button] = []
        for action, press in self._presses.items():
            if not press.below(job, pictures):
                continue
            if press.each:
                buttons += (self.numbered(action, each.id, each.index) for each in pictures)
            else:
                buttons.append(self.button(action, job.id))
        return tuple(buttons)

    def button(self, action: str, target: str) -> Button:
        """Return the button of an action on a job, a picture or an input."""
        press = self._presses[action]
        return Button(action, target, texts.BUTTONS[action], press.style, press.row)

    def numbered(self, action: str, target: str, number: int) -> Button:
        """Return the button of an action on one of several things, with its number."""
        button = self.button(action, target)
        return replace(button, label=f"{button.label} {number}")

    def seen(self, pictures: Iterable[PictureRecord], at: ReplyTo) -> Seen:
        """Return pictures as they are shown in a place; of the seed of a withheld one, nothing."""
        verdicts = [(picture, self.safety.of(picture, at)) for picture in pictures]
        known = [(picture, verdict) for picture, verdict in verdicts if verdict != "withheld"]
        withheld = tuple(picture.id for picture, verdict in verdicts if verdict == "withheld")
        noted = tuple(picture.id for picture, verdict in known if verdict == "noted")
        lines = [texts.pictures_withheld(withheld)] if withheld else []
        lines += [texts.pictures_flagged(noted)] if noted else []
        lines += [
            texts.picture_expired(picture.id, picture.recipe.seed, self._keep_days)
            for picture, _ in known
            if not picture.is_there
        ]
        return Seen(
            pictures=tuple(
                self._picture(picture, sensitive=verdict == "sensitive")
                for picture, verdict in known
                if picture.is_there
            ),
            lines=tuple(lines),
            records=tuple(picture for picture, _ in known),
        )

    def _picture(self, picture: PictureRecord, *, sensitive: bool) -> PictureView:
        return PictureView(
            id=picture.id,
            path=self._files.path(picture.path),
            width=picture.width,
            height=picture.height,
            seed=picture.recipe.seed,
            alt=picture.recipe.prompt,
            sensitive=sensitive,
        )

    def different(self, recipe: Recipe, *others: Recipe) -> dict[str, str]:
        """Return the settings of all recipes that are not the model's defaults, as people type."""
        shown = described(recipe, *others)
        try:
            defaults = self._maker.defaults(self._maker.model(recipe.model))
        except UnknownName:
            defaults = {}
        defaults |= {"no": "", "lora": "", "model": self._maker.default_model}
        defaults = {"sampler": DEFAULT_SAMPLER, "guidance-end": "1", **defaults}
        return {name: value for name, value in shown.items() if defaults.get(name) != value}


def _on_each(job: JobRecord) -> Iterator[Line]:
    """Say how the pictures of a job with a recipe for each differ, where they were meant to."""
    if job.sheet is not None:
        yield texts.heads_line(job.sheet.columns, job.sheet.rows)
    elif names := choices_of(job):
        yield texts.numbered_words(names, job.count // len(names))
