"""What becomes of pictures that the owner's classifier flags, by the place where they are shown.

A picture is judged once, and its score stays with it; what a score means is decided anew at every
showing, by the place of that showing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bot.config_sections import SafetyAction, SafetySection
from storage.records import PictureRecord, ReplyTo

Verdict = Literal["shown", "noted", "sensitive", "withheld"]
"""``noted`` is shown with a word about it, ``sensitive`` hidden until somebody asks for it."""


@dataclass(frozen=True, slots=True)
class Safety:
    """The owner's policy.

    ``looks`` says whether new pictures are looked at at all, ``own`` are the platforms on which the
    owner is alone with the bot: there nothing is hidden.
    """

    section: SafetySection
    looks: bool
    own: frozenset[str] = frozenset()

    def verdict(self, flagged: float | None, place: ReplyTo) -> Verdict:
        """Return how a picture with this score is shown in a place; none: nobody looked at it."""
        if flagged is None or flagged < self.section.threshold:
            return "shown"
        if place.platform in self.own:
            return "noted"
        verdicts: dict[SafetyAction, Verdict] = {
            "off": "shown",
            "spoiler": "sensitive",
            "block": "withheld",
        }
        return verdicts[self._action(place)]

    def of(self, picture: PictureRecord, place: ReplyTo) -> Verdict:
        """Return how a stored picture is shown in a place."""
        if picture.absent == "withheld":
            return "withheld"
        return self.verdict(picture.flagged, place)

    def may_preview(self, place: ReplyTo) -> bool:
        """Whether a picture may be seen there before it has been judged."""
        return not self.looks or place.platform in self.own or self._action(place) == "off"

    def _action(self, place: ReplyTo) -> SafetyAction:
        return self.section.age_restricted if place.age_restricted else self.section.action
