"""Logging: to stderr for ``reroll run``, to a file beside the data for everything else.

Each record is one line that knows its job. In text, a traceback follows on lines of its own.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import sys
from datetime import UTC, datetime
from typing import Final

from bot.config import Config
from bot.log_context import at_hand
from bot.secrecy import without_secrets
from storage.faults import file_faults

LOG_BYTES: Final = 5_000_000
_TALKATIVE: Final = {
    "alembic": logging.WARNING,  # every start of it says what no owner asked
    "slack_bolt": logging.ERROR,  # it warns of how it is used, and of what nobody answers
    "slack_sdk": logging.WARNING,  # it would tell what people write
    "slack_sdk.web.async_base_client": logging.WARNING,  # puts that together before it asks
}
"""From where on these are heard, whatever the level."""


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


class NameJob(logging.Filter):
    """Writes the job at hand on each record, unless its sender named one.

    What the worker logs comes from another process: with its ``job``, and its ``traceback`` as
    text.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Mark a record; every record passes."""
        here = at_hand()
        sent = getattr(record, "job", None)
        job = here.job if sent is None else str(sent)
        platform = here.platform if job == here.job else ""
        record.__dict__.update(job=job, platform=platform)
        record.exc_text = record.exc_text or getattr(record, "traceback", "") or None
        return True


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        return f"{record.msg} {record.args}"


_UNPRINTABLE: Final = {
    code: repr(chr(code))[1:-1] for code in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
}
"""What would begin a line that nobody wrote, or move the cursor of whoever reads."""


class TextFormatter(logging.Formatter):
    """One line for people; the job stands before what is said of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line, with the lines of a traceback below it."""
        moment = self.formatTime(record)
        job = f"[{named}] " if (named := getattr(record, "job", "")) else ""
        message = record.getMessage().translate(_UNPRINTABLE)
        line = f"{moment} {record.levelname} {record.name}: {job}{message}"
        return "\n".join(filter(None, (line, record.exc_text, record.stack_info)))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON, in ASCII: no reader sees more lines in it than one."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name in ("job", "platform"):
            if value := getattr(record, name, ""):
                entry[name] = value
        if trace := "\n".join(filter(None, (record.exc_text, record.stack_info))):
            entry["traceback"] = trace
        return json.dumps(entry)


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
                path,
                maxBytes=LOG_BYTES,
                backupCount=1,
                encoding="utf-8",
                delay=True,
                errors="backslashreplace",
            )
    handler.setFormatter(JsonFormatter() if section.format == "json" else TextFormatter())
    handler.addFilter(NameJob())
    handler.addFilter(HideSecrets())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(section.level.upper())
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(level)
    # A log that cannot be written is no reason to stop answering people.
    logging.raiseExceptions = False
