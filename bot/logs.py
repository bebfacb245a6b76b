"""Logging: to stderr for ``reroll run``, to a file beside the data for everything else."""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
import sys
from datetime import UTC, datetime
from typing import Final

from bot.config import Config
from storage.faults import file_faults

SECRETS: Final = (
    "DISCORD_BOT_TOKEN",
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "HF_TOKEN",
)
HIDDEN: Final = "***"
LOG_BYTES: Final = 5_000_000
_TALKATIVE: Final = {
    "alembic": logging.WARNING,  # every start of it says what no owner asked
    "slack_bolt": logging.ERROR,  # it warns of how it is used, and of what nobody answers
    "slack_sdk": logging.WARNING,  # it would tell what people write
    "slack_sdk.web.async_base_client": logging.WARNING,  # puts that together before it asks
}
"""From where on these are heard, whatever the level."""

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


class HideSecrets(logging.Filter):
    """Takes secrets out of whatever is logged, tracebacks too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide the secrets of a record; every record passes."""
        record.msg, record.args = without_secrets(_message(record)), ()
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = without_secrets(record.exc_text)
        if record.stack_info:
            record.stack_info = without_secrets(record.stack_info)
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_text:
            entry["traceback"] = record.exc_text
        return json.dumps(entry, ensure_ascii=False)


def set_up_logging(config: Config, *, to_stderr: bool = False) -> None:
    """Send the log where it belongs, in the form the configuration names."""
    section = config.settings.log
    handler: logging.Handler
    if to_stderr:
        handler = logging.StreamHandler(sys.stderr)
    else:
        path = config.data / "reroll.log"
        with file_faults(config.data):
            config.data.mkdir(parents=True, exist_ok=True)
            handler = logging.handlers.RotatingFileHandler(
                path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8", delay=True
            )
    plain = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if section.format == "json" else plain)
    handler.addFilter(HideSecrets())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(section.level.upper())
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(level)
    # A log that cannot be written is no reason to stop answering people.
    logging.raiseExceptions = False
