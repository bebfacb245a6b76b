"""The answers that list or look things up, and those of checks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from bot.reply import Line, code, faint, line, strong, user
from bot.texts.amounts import and_list, count_text, wait_text
from bot.texts.jobs import STATUS
from generation.loras import LoraInfo


def nothing_found(words: str) -> Line:
    """Say that a search found nothing."""
    if not words:
        return line("There are no pictures yet: /imagine makes the first.")
    return line("Nothing found for ", user(words), ".")


def history_row(job: str, prompt: str, when: str, status: str) -> Line:
    """One job of a list; without a time where the list is not by time."""
    state = "" if status == "done" else f" · {STATUS[status]}"
    time = f" · {when}" if when else ""
    return line(strong(f"#{job}"), " ", user(prompt), *(faint(s) for s in (time + state,) if s))


def next_page(command: str, page: int) -> Line:
    """Say how to go on in a list that has numbered pages."""
    return line(faint("More: "), code(f"{command} --page {page}"))


def goes_on(command: str, cursor: int) -> Line:
    """Say how to go on in a list that grows at its beginning."""
    return line(faint("More: "), code(f"{command} --before {cursor}"))


def no_sheet(most: int) -> Line:
    """Say why a long list has no sheet."""
    return line(faint(f"A sheet shows up to {most}; --limit {most} gives one."))


def queue_empty() -> Line:
    """Say that nothing waits."""
    return line("Nothing runs and nothing waits.")


def queue_row(place: int, job: str, prompt: str, yours: bool, wait: float | None) -> Line:
    """One job of the queue; place 0 runs."""
    state = "running" if place == 0 else f"{place}."
    mine = " · yours" if yours else ""
    estimate = f" · about {wait_text(wait)}" if wait else ""
    return line(f"{state} ", strong(f"#{job}"), " ", user(prompt), faint(f"{mine}{estimate}"))


PRIVATE_PROMPT: Final = "(private)"


def favorite_added(picture: str) -> Line:
    """Say that a picture is a favourite."""
    return line(strong(picture), " is among your favourites.")


def favorite_removed(picture: str) -> Line:
    """Say that a picture is no favourite any more."""
    return line(strong(picture), " is no longer among your favourites.")


def no_favorites() -> Line:
    """Say how to get a favourite."""
    return line("You have no favourites yet: /favorites k7f3q2.1 keeps a picture.")


def lora_row(info: LoraInfo) -> Line:
    """One LoRA of the list."""
    scale = f"scale {info.scale:g}" if info.scale != 1 else ""
    base = f"for {info.base}" if info.base else ""
    about = lora_about(info.name, info.title, info.trigger)
    rest = " · ".join(word for word in (about, scale, base, *_trained_for(info)) if word)
    return line(strong(info.name), faint(f" · {rest}" if rest else ""))


def _trained_for(info: LoraInfo) -> Iterator[str]:
    if info.steps:
        yield f"{info.steps} steps"
    if info.guidance is not None:
        yield f"guidance {info.guidance:g}"
    if info.sampler:
        yield f"sampler {info.sampler}"


def lora_about(name: str, title: str, trigger: str) -> str:
    """Say in a list of completions what a LoRA is."""
    words = [title if title != name else "", f"trigger: {trigger}" if trigger else ""]
    return " · ".join(word for word in words if word)


def no_loras(words: str, folder: str) -> Line:
    """Say where LoRAs go."""
    if words:
        return line("No LoRA has ", user(words), " in its name.")
    return line(f"There are no LoRAs yet: put .safetensors files into {folder}.")


def model_row(name: str, about: str, default: bool) -> Line:
    """One model of the list."""
    mark = " · the default" if default else ""
    return line(strong(name), faint(f" · {about}{mark}"))


def settings_title(channel: bool) -> Line:
    """Head the list of settings."""
    return line("Defaults of this channel:" if channel else "Your defaults:")


def setting_row(name: str, value: str) -> Line:
    """One setting."""
    return line(f"{name} ", user(value))


def no_settings(channel: bool) -> Line:
    """Say that there are no settings."""
    whose = "This channel has" if channel else "You have"
    return line(f"{whose} no defaults of its own: the bot's are used." if channel else
                f"{whose} no defaults of your own: the bot's are used.")  # fmt: skip


def forgotten(jobs: int, pictures: int, favorites: int, settings: int, styles: int) -> Line:
    """Say how much of a person is gone."""
    counts = (
        (jobs, "job", "jobs"),
        (pictures, "picture", "pictures"),
        (favorites, "favourite", "favourites"),
        (settings, "setting", "settings"),
        (styles, "style", "styles"),
    )
    there = tuple(count_text(*count) for count in counts if count[0])
    if not there:
        return line("There was nothing of yours, and now there is not even your name.")
    return line(f"All that I knew of you is gone: {and_list(there)}.")


FORGOTTEN_MESSAGES: Final = line(
    "The messages that show your jobs are being taken down; those that only you see stay until "
    "you dismiss them."
)


def forgotten_but_kept(copies: int) -> Line:
    """Say that there are backups which the owner made before."""
    which = "One backup" if copies == 1 else f"{copies} backups"
    return line(f"{which} of the bot's owner may hold it still: ask them.")


def recipe_title(identifier: str) -> Line:
    """Head a recipe."""
    return line(strong(f"#{identifier}"))


def file_without_recipe(name: str) -> Line:
    """Say that a PNG file carries A1111's text only."""
    return line("The file ", user(name), " was made by another program; its parameters are:")


def verified(picture: str) -> Line:
    """Say that the pixels are the same."""
    return line(strong(picture), " came out identical, pixel for pixel.")


def verify_differs(picture: str, greatest: int, mean: float, psnr: float, factor: int) -> Line:
    """Say how much the pixels differ, in steps of 255, and how much stronger that is shown."""
    strength = f"; shown {factor} times as strong" if factor > 1 else ""
    return line(
        strong(picture),
        f" came out different: by {greatest} of 255 at most, {mean:.3g} on average, "
        f"PSNR {psnr:.1f} dB{strength}.",
    )


def painted_together(most: int) -> Line:
    """Say that pictures were painted with others at a time, and what that means for pixels."""
    return line(
        faint(
            f"Painted with up to {most} pictures at a time: made again in other company, the last "
            "bits of pixels may differ."
        )
    )


def verify_no_file(picture: str) -> Line:
    """Say that the pixels differ from a picture that cannot be looked at, by its hash alone."""
    return line(
        strong(picture), " came out different; by how much cannot be said without its file."
    )


def verify_shown() -> Line:
    """Say what the picture of a difference shows."""
    return line(faint("From left to right: as stored, as made again, and where they differ."))


def verify_gone(checked: str) -> Line:
    """Say that what was to be compared was deleted meanwhile."""
    return line(strong(f"#{checked}"), " has no pictures any more.")


def difference_alt(picture: str, factor: int) -> str:
    """Describe the picture of a difference."""
    strength = f", {factor} times as strong" if factor > 1 else ""
    return f"{picture} as it was stored, as it came out now, and where the two differ{strength}."
