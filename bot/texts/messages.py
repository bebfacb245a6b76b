"""What is said where a message has no room for all of it."""

from __future__ import annotations

from typing import Final

from bot.reply import Line, code, faint, line
from bot.texts.amounts import and_list, count_text, size_text

PREVIEW_ALT: Final = "A first glimpse of the picture."
PICTURE_ALT: Final = "A picture."


def picture_title(picture: str, seed: int) -> str:
    """Head one of several pictures."""
    return f"{picture} · seed {seed}"


def left_out(lines: int) -> Line:
    """Say that a message has no room for the rest."""
    return line(faint(f"{count_text(lines, 'more line does', 'more lines do')} not fit in here."))


def sheet_alt(pictures: int, prompt: str) -> str:
    """Describe a sheet of pictures by the words of the first."""
    return f"{count_text(pictures, 'picture', 'pictures')} on one sheet: {prompt}"


def pictures_reduced(ids: tuple[str, ...], size: int) -> Line:
    """Say that pictures are shown as copies; ``size`` is that of their PNG files in bytes."""
    one = len(ids) == 1
    what = f"{ids[0]} is too large" if one else f"{', '.join(ids[:-1])} and {ids[-1]} are too large"
    kept = "The original PNG" if one else "The original PNGs"
    return line(
        faint(f"{what} for one message here, so what you see is compressed. {kept}, "),
        faint(
            f"{size_text(size)}, stay{'s' if one else ''} on the bot's machine: its owner finds "
        ),
        faint("it with " if one else "them with "),
        code(f"reroll show {ids[0]}"),
        faint("."),
    )


def picture_too_large(picture: str) -> Line:
    """Say that a picture cannot be made small enough; its file is kept."""
    return line(
        faint(f"{picture} is too large for one message here. It stays on the bot's machine: "),
        faint("its owner finds it with "),
        code(f"reroll show {picture}"),
        faint("."),
    )


def picture_not_brought(picture: str) -> Line:
    """Say that the chat service did not take a picture."""
    return line(
        faint(f"{picture} could not be brought to the chat: "),
        code(f"/show {picture}"),
        faint(" tries again."),
    )


def picture_gone(picture: str, seed: int) -> Line:
    """Say that a picture cannot be shown since its file is gone or damaged."""
    return line(
        faint(f"The file of {picture} is gone or damaged: "),
        code(f"/reroll {picture} --seed {seed}"),
        faint(" makes it again."),
    )


def pictures_withheld(ids: tuple[str, ...]) -> Line:
    """Say which pictures are not to be seen here."""
    verb = "is" if len(ids) == 1 else "are"
    return line(f"{and_list(ids)} {verb} withheld by the owner's filter.")


def pictures_flagged(ids: tuple[str, ...]) -> Line:
    """Say which pictures the filter has flagged, where they are shown all the same."""
    verb = "was" if len(ids) == 1 else "were"
    return line(faint(f"{and_list(ids)} {verb} flagged by your filter."))


def picture_hidden(picture: str) -> Line:
    """Say that a picture is shown only to those who ask for it."""
    return line(faint(f"{picture} may not be for everybody's eyes."))


def picture_expired(picture: str, seed: int, keep_days: int) -> Line:
    """Say that a picture's file was deleted when its time was over; 0 days: another one now."""
    time = count_text(keep_days, "day", "days") if keep_days else "its time here"
    return line(
        faint(f"The file of {picture} was deleted after {time}: "),
        code(f"/reroll {picture} --seed {seed}"),
        faint(" makes it again."),
    )


def pictures_without_room(number: int) -> Line:
    """Say that some pictures are not attached."""
    return line(
        faint(f"{count_text(number, 'more picture has', 'more pictures have')} no room here: "),
        code("/show"),
        faint(" and an id shows one."),
    )
