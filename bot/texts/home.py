"""The app's home."""

from __future__ import annotations

from typing import Final

from bot.reply import Line, faint, line
from bot.texts.amounts import count_text
from bot.texts.jobs import BUTTONS

HOME_OPENS: Final[dict[str, str]] = {
    "imagine": "Imagine",
    "settings": "Change settings",
    "home": "Refresh",
}
"""Buttons of the home, by what they open."""
HOME_PICTURES: Final = "Your newest pictures"
HOME_FAVORITES: Final = "Your favourites"
HOME_SETTINGS: Final = "Your settings"
HOME_QUEUE: Final = "The queue"
HOME_NO_PICTURES: Final = "You have no pictures yet: press Imagine to make the first."
HOME_NO_FAVORITES: Final = "You have no favourites yet: press Favorite below a picture to keep it."
HOME_NO_SETTINGS: Final = (
    "You have no defaults of your own, so the bot's are used: press Change settings to have some."
)
HOME_NO_JOBS: Final = "Nothing runs and nothing waits: press Imagine to start something."


def cancel_button(job: str) -> str:
    """Name the button that stops one of several jobs."""
    return f"{BUTTONS['cancel']} #{job}"


def more_jobs(number: int) -> Line:
    """Say how many jobs of the queue a list leaves out."""
    return line(faint(f"{count_text(number, 'more job is', 'more jobs are')} in the queue."))
