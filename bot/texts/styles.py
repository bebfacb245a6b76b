"""Styles: those that there are, and what is wrong with one."""

from __future__ import annotations

from typing import Final

from bot import errors as bot_errors
from bot.reply import Line, faint, line, strong, user
from bot.texts.amounts import count_text


def bad_style(error: bot_errors.BadStyle) -> Line:
    """Word a fault in the owner's file of styles."""
    what = " ".join(part for part in (f"[{error.entry}]" * bool(error.entry), error.key) if part)
    said = f"In {error.where}, {what} {error.problem}" if what else f"{error.where} {error.problem}"
    return line(said, "" if error.problem.endswith("?") else ".")


_BLOCKED: Final = {
    "prompt": ("Your prompt has ", "say it in other words"),
    "style": ("In this style a prompt has ", "take another style, or other words"),
    "name": ("That name has ", "take another one"),
}
"""What has a blocked word, and what to do then."""


def blocked_word(error: bot_errors.BlockedWord) -> Line:
    """Word a refusal of a blocked word."""
    what, instead = _BLOCKED.get(error.field, _BLOCKED["prompt"])
    return line(what, user(error.word), f", which is not welcome here: {instead}.")


def style_base(error: bot_errors.StyleForOtherBase) -> Line:
    """Word a style for another kind of model."""
    return line(
        "The style ",
        user(error.name),
        f" is for {error.base} models and cannot be used with the model {error.model}: "
        "/styles shows those that can, and --style none takes it away.",
    )


def style_row(name: str, title: str, own: bool) -> Line:
    """One style of the list."""
    about = line(faint(" · "), user(title)) if title else ()
    return (*line(strong(name)), *about, *(line(faint(f" · {OWN_STYLE}")) if own else ()))


OWN_STYLE: Final = "yours"
NO_STYLE: Final = "no style"


def style_at_fault(name: str, fault: Line) -> Line:
    """One style of the list that cannot be used as it is."""
    return (*line(strong(name), faint(" · ")), *fault)


def style_title(name: str, base: str, own: bool) -> Line:
    """Head all that a style sets."""
    about = OWN_STYLE if own else f"for {base} models" if base else ""
    return line(strong(name), faint(f" · {about}" if about else ""))


def style_words(key: str, text: str) -> Line:
    """One thing that a style sets."""
    return line(faint(f"{key} "), user(text))


def styles_wait(count: int, left: int) -> Line:
    """Say that samples are being made, and how many are left for another time."""
    samples = count_text(count, "sample is", "samples are")
    there = "it is" if count == 1 else "they are"
    more = f"; {count_text(left, 'more comes', 'more come')} with the look after" if left else ""
    return line(faint(f"{samples} made first; from then on {there} there{more}."))


def samples_missing(count: int) -> Line:
    """Say that samples are still to be made."""
    samples = count_text(count, "sample is", "samples are")
    return line(faint(f"{samples} missing; /styles makes them."))


def samples_coming() -> Line:
    """Say that the samples which are missing are just being made."""
    return line(faint("The samples that are missing are being made: look again in a while."))


def samples_refused(reason: Line) -> Line:
    """Say why samples that are missing cannot be made now."""
    return (*line(faint("Some samples are missing: ")), *reason)


def styles_sheet_title(model: str) -> str:
    """Head the sheet of samples."""
    return f"Styles for {model}"


def styles_page(page: int, pages: int) -> str:
    """Say which part of a list it is."""
    return f" · page {page} of {pages}" if pages > 1 else ""


def no_styles(model: str) -> Line:
    """Say that there are no styles for a model."""
    return line(
        f"There are no styles for {model} yet: /styles save NAME ID makes one of a picture."
    )


def style_hint() -> Line:
    """Say what styles are good for."""
    return line(faint("Use one with --style NAME; /styles save NAME ID keeps one of your own."))


def style_saved(name: str, picture: str, replaced: bool, shared: bool) -> Line:
    """Say that a style was kept, how to use it, and whether others mean another by its name."""
    done = "is now as" if replaced else "is saved from"
    instead = "; others have another of that name" if shared else ""
    return line(strong(name), f" {done} #{picture}: use it with --style {name}{instead}.")


def template_before(template: str) -> Line:
    """Say which template a style had that was saved over."""
    return line(faint("before, its template was "), user(template))


def style_sets_nothing() -> Line:
    """Say that a style has nothing in it."""
    return line(
        "It changes nothing yet: that picture is as its model has it. Save it again with "
        "--template, or from another picture."
    )


def style_removed(name: str) -> Line:
    """Say that a style is gone."""
    return line(strong(name), " is removed; pictures made with it stay as they are.")


def styles_fault(fault: Line) -> Line:
    """Tell an admin that the owner's file is wrong, and what counts meanwhile."""
    return (*fault, *line(" Until then what was there before counts."))
