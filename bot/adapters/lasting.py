"""What buttons and forms are called in every chat: their names say all they do, for ever.

A chat service gives the name back with the press, after any restart; it must never change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from bot.reply import Button, Form

_NAMED: Final = r":(?P<action>[a-z_]{1,30}):(?P<target>[0-9a-z.]{1,64})"
BUTTON: Final = re.compile(f"do{_NAMED}")
FORM: Final = re.compile(f"form{_NAMED}")


def button_name(button: Button) -> str:
    """Return the name of a button, which ``BUTTON`` reads."""
    return f"do:{button.action}:{button.target}"


def form_name(form: Form) -> str:
    """Return the name of a form, which ``FORM`` reads."""
    return f"form:{form.action}:{form.target}"


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was filled in."""

    action: str
    target: str
    fields: Mapping[str, str]
