from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.config import load_config
from bot.control.wire import Ask
from bot.log_context import working_on
from bot.logs import set_up_logging
from bot.secrecy import SECRETS, without_secrets
from storage.ownership import Owner
from storage.records import Ticket, utc_now

TOKEN = "MTIz.Gabc.the-secret-part"
LEAVE = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5"
TALKATIVE = ("alembic", "slack_bolt", "slack_sdk", "slack_sdk.web.async_base_client")
TICKET = f"https://discord.com/api/v10/webhooks/123/{LEAVE}/messages/@original"


@pytest.fixture(params=["text", "json"])
def written(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[io.StringIO]:
    """What the log holds, as set up for ``reroll run``."""
    monkeypatch.setenv("DISCORD_BOT_TOKEN", f" {TOKEN}\n")
    monkeypatch.setenv("SLACK_BOT_TOKEN", TOKEN + "-longer")
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    (tmp_path / "config.toml").write_text(f"[log]\nlevel = 'debug'\nformat = '{request.param}'\n")
    root = logging.getLogger()
    before = root.handlers[:], root.level
    set_up_logging(load_config(tmp_path / "config.toml", {}), to_stderr=True)
    yield stream
    root.handlers[:], level = before
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.NOTSET)


def fail(secret: str) -> None:
    raise ValueError(f"no good: {secret}")


def test_no_token_is_in_the_log_not_even_in_a_traceback(written: io.StringIO) -> None:
    log = logging.getLogger("tests")
    log.warning("logging in with %s", TOKEN)
    log.warning(f"and with {TOKEN}-longer")  # noqa: G004 - as careless code does it
    try:
        fail(TOKEN)
    except ValueError:
        log.exception("it failed", stack_info=True)
    text = written.getvalue()
    assert TOKEN not in text
    assert "longer" not in text
    assert "ValueError: no good: ***" in text
    assert "logging in with ***" in text


@pytest.mark.parametrize(
    "said",
    [
        f"PATCH {TICKET} responded with 429.",
        f"POST https://discord.com/api/v10/interactions/77/{LEAVE}/callback",
        f'{{"op":0,"d":{{"token":"{LEAVE}","id":"1"}}}}',
        f"{{'token': '{LEAVE}'}}",
        repr(Ticket("1", LEAVE, None, 0)),  # type: ignore[arg-type]
    ],
)
def test_the_leave_to_answer_an_interaction_is_not_in_the_log(
    written: io.StringIO, said: str
) -> None:
    logging.getLogger("discord.http").warning("told: %s", said)
    assert LEAVE not in written.getvalue()
    assert "told: " in written.getvalue()


def test_what_the_libraries_tell_of_peoples_words_is_not_in_the_log(written: io.StringIO) -> None:
    for name in TALKATIVE:
        logging.getLogger(name).info("somebody typed a star")
        logging.getLogger(name).debug("somebody typed a star")
        logging.getLogger(name).error("told by %s", name)
    assert "a star" not in written.getvalue()
    assert all(f"told by {name}" in written.getvalue() for name in TALKATIVE)


SECRET = "Qf3kTz8mWwYb1sN0aXcV"


@pytest.mark.parametrize(
    "said",
    [
        f"POST https://hooks.slack.com/commands/T0123/456/{SECRET}",
        f"POST https://hooks.slack.com/commands/{SECRET}",
        f'{{"response_url": "http://127.0.0.1:9/actions/T0EMU00001/789/{SECRET}"}}',
        rf'{{"response_url": "https:\/\/hooks.slack.com\/actions\/T1\/789\/{SECRET}"}}',
        f"POST https://hooks.slack.com/services/T0123/B0456/{SECRET}",
        f"POST https://files.slack.com/upload/v1/{SECRET}?again=1",
        f"GET wss://wss-primary.slack.com/link/?ticket={SECRET}&app_id=A1",
        f"Authorization: Bearer xoxb-123-456-{SECRET}",
        f"token=xapp-1-A1-2-{SECRET}&more=1",
        f"xoxe.xoxb-1-{SECRET}",
        f"signed with {SECRET}",
    ],
)
def test_what_opens_a_door_in_slack_is_not_in_the_log(
    written: io.StringIO, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if said.startswith("signed"):
        monkeypatch.setenv("SLACK_SIGNING_SECRET", f"{SECRET}\n")
    logging.getLogger("slack_sdk").warning("told: %s", said)
    assert SECRET not in written.getvalue()
    assert "told: " in written.getvalue()


def test_addresses_stay_readable_without_their_tokens() -> None:
    hidden = TICKET.replace(LEAVE, "***")
    assert without_secrets(TICKET) == hidden
    assert without_secrets("an axe, xoxo, and actions/what/they/do") == (
        "an axe, xoxo, and actions/what/they/do"
    )
    assert without_secrets("a token is no secret word") == "a token is no secret word"


def test_every_record_is_told_whole_and_in_json_as_one_object(written: io.StringIO) -> None:
    log = logging.getLogger("tests")
    try:
        fail("at all")
    except ValueError:
        log.exception("it failed")
    log.info("100 % sure")
    log.info("wrong %d", "format")
    text = written.getvalue()
    if text.startswith("{"):
        entries = entries_of(written)
        assert [entry["message"] for entry in entries][1:] == [
            "100 % sure",
            "wrong %d ('format',)",
        ]
        assert "no good: at all" in entries[0]["traceback"]
        assert set(entries[1]) == {"time", "level", "logger", "message"}
    else:
        assert "100 % sure" in text
        assert "wrong %d ('format',)" in text


def entries_of(written: io.StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def is_json(written: io.StringIO) -> bool:
    return written.getvalue().startswith("{")


NASTY = "one\ntwo\r\x1b[31mthree\u2028four\x85five\x00six"


def test_whatever_is_in_a_message_it_is_one_line(written: io.StringIO) -> None:
    logging.getLogger("tests").warning("said: %s", NASTY)
    [line] = written.getvalue().splitlines()
    if is_json(written):
        assert json.loads(line)["message"] == f"said: {NASTY}"
    else:
        assert line.endswith(r"said: one\ntwo\r\x1b[31mthree\u2028four\x85five\x00six")


def test_what_is_logged_while_a_job_is_at_hand_names_it(written: io.StringIO) -> None:
    log = logging.getLogger("tests")
    log.info("before")
    with working_on("k7f3q2", "slack"):
        log.info("during")
    log.info("after")
    if is_json(written):
        told = [
            (each["message"], each.get("job"), each.get("platform")) for each in entries_of(written)
        ]
        assert told == [
            ("before", None, None),
            ("during", "k7f3q2", "slack"),
            ("after", None, None),
        ]
    else:
        before, during, after = written.getvalue().splitlines()
        assert during.endswith("tests: [k7f3q2] during")
        assert before.endswith("tests: before")
        assert after.endswith("tests: after")


def test_what_the_worker_sends_keeps_its_own_job_and_its_traceback(written: io.StringIO) -> None:
    sent = {"job": "abc123", "traceback": f"Traceback\nValueError: {TOKEN}"}
    with working_on("k7f3q2", "slack"):
        logging.getLogger("generation").error("it failed", extra=sent)
        logging.getLogger("generation").error("idle", extra={"job": "", "traceback": ""})
    if is_json(written):
        failed, idle = entries_of(written)
        assert (failed["job"], failed["traceback"]) == ("abc123", "Traceback\nValueError: ***")
        assert not {"job", "platform", "traceback"} & set(idle)
    else:
        assert "[abc123] it failed\nTraceback\nValueError: ***\n" in written.getvalue()
        assert "k7f3q2" not in written.getvalue()


def test_no_secret_of_any_variable_is_in_the_log(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, f"opens-{name}")
        logging.getLogger("tests").warning("all: %s", f"opens-{name}")
    assert "opens-" not in written.getvalue()
    assert written.getvalue().count("all: ***") == len(SECRETS)


def test_the_token_of_the_running_bot_is_not_in_the_log(written: io.StringIO) -> None:
    owner = Owner(1, 2, SECRET, utc_now())
    note = json.dumps({"pid": 1, "token": SECRET})
    ask = Ask(token=SECRET, wants="status")
    for said in (owner, note, ask, ask.to_line(), repr(note)):
        logging.getLogger("tests").warning("told: %s", said)
    assert SECRET not in written.getvalue()
    assert written.getvalue().count("told: ") == 5


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_file_takes_even_what_is_no_text(tmp_path: Path, form: str) -> None:
    (tmp_path / "config.toml").write_text(f"[log]\nformat = '{form}'\n")
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        set_up_logging(load_config(tmp_path / "config.toml", {}))
        [handler] = root.handlers
        # Past the test runner, which cannot take it.
        handler.handle(logging.makeLogRecord({"msg": "half a sign: \ud83d", "name": "tests"}))
        handler.close()
    finally:
        root.handlers[:], level = before
        root.setLevel(level)
        for name in TALKATIVE:
            logging.getLogger(name).setLevel(logging.NOTSET)
    [line] = (tmp_path / "data" / "reroll.log").read_text("utf-8").splitlines()
    assert line.endswith(r"half a sign: \ud83d" + ('"}' if form == "json" else ""))
