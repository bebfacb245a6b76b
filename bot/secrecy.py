"""Takes out of texts what opens a door: no log, no error and no terminal may show it."""

from __future__ import annotations

import os
import re
from typing import Final

SECRETS: Final = (
    "DISCORD_BOT_TOKEN",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "HF_TOKEN",
    "HUGGING_FACE_HUB_TOKEN",
)
HIDDEN: Final = "***"

_LEAVES: Final = (
    # Leave to answer one interaction: in Discord's addresses, its events, and our own records.
    re.compile(r"""(/(?:webhooks|interactions)/\d+/|token['"]?\s?[:=]\s?['"])[^/?\s'"]+"""),
    # The same in Slack's, whose JSON may have a backslash before each slash, and on other hosts.
    re.compile(r"""(hooks\.slack\.com\\?/[a-z]+\\?/)[^?\s'"<>]+"""),
    re.compile(r"""((?:commands|actions)\\?/[TE]\w+\\?/\w+\\?/)[^?\s'"<>]+"""),
    # Leave to send one file there, or to open one connection.
    re.compile(r"""(/upload/v1/)[^\s'"<>]+"""),
    re.compile(r"""([?&]ticket=)[^&\s'"<>]+"""),
    # Tokens of Slack's, in whatever variable they are.
    re.compile(r"""\b(x(?:ox[a-z]|app|wfp)(?:\.xox[a-z])?-)[\w-]+"""),
    # And of the model hub's, which may lie in a file.
    re.compile(r"""\b(hf_)[A-Za-z0-9]{20,}"""),
)
"""Each keeps what its group holds; what stands behind it opens a door."""


def without_secrets(text: str) -> str:
    """Take the values of secret variables out of a text, and what else opens a door."""
    values = {value for name in SECRETS if len(value := os.environ.get(name, "").strip()) > 5}
    for value in sorted(values, key=len, reverse=True):
        text = text.replace(value, HIDDEN)
    for leave in _LEAVES:
        text = leave.sub(rf"\g<1>{HIDDEN}", text)
    return text
