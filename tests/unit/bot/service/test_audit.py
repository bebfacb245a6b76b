"""What the service notes in the audit trail, and what ``reroll audit`` makes of it."""

from __future__ import annotations

import json

import pytest

from bot.cli.audit import show_audit
from bot.invocation import Click, Given, Invocation
from storage.records import AuditEntry, ReplyTo, utc_now
from tests.unit.bot.conftest import Talk

ADMIN, ANN, BOB = "console:admin", "console:ann", "console:bob"


async def trail(talk: Talk, actor: str = "") -> list[tuple[str, str, str, str]]:
    """Return who did what, the oldest first."""
    await talk.app.store.audit.flush()
    found = (await talk.app.store.audit.of(actor)).items
    return [(e.actor, e.action, e.subject, e.detail) for e in reversed(found)]


async def press(talk: Talk, action: str, target: str, actor: str) -> None:
    await talk.app.service.click(Click(action, target, actor, ReplyTo("console", "a")))


async def set_for_all(talk: Talk, actor: str, **options: str) -> None:
    """Set defaults of the channel."""
    given: dict[str, Given] = {**options, "channel": True}
    await talk.app.service.answer(Invocation("settings", given, actor, ReplyTo("console", "a")))


async def test_jobs_cancels_and_deletions_are_noted(talk: Talk) -> None:
    talk.engine.hold.clear()
    waiting = str((await talk.answer("imagine", prompt="a secret star")).job)
    await talk.say("cancel", actor=ADMIN, id=waiting)
    talk.engine.hold.set()
    done = str((await talk.say("imagine", prompt="a secret moon")).job)
    again = str((await talk.say("reroll", id=done)).job)
    await press(talk, "delete", done, ANN)
    assert await trail(talk) == [
        (ANN, "asked", waiting, "imagine"),
        (ADMIN, "cancelled", waiting, ANN),
        (ANN, "asked", done, "imagine"),
        (ANN, "asked", again, "reroll"),
        (ANN, "deleted", done, ANN),
    ]
    assert "secret" not in str(await trail(talk))


async def test_refusals_by_the_owners_rules_are_noted_and_others_are_not(talk: Talk) -> None:
    job = str((await talk.say("imagine", prompt="a star")).job)
    await talk.say("imagine", actor=BOB, prompt="an ugly star")
    await press(talk, "delete", job, BOB)
    await set_for_all(talk, BOB, steps="9")
    await talk.say("imagine", actor=BOB, prompt="a star --steps 9000")
    await talk.say("show", actor=BOB, id="zzzzzz")
    assert await trail(talk, BOB) == [
        (BOB, "refused", "", "a blocked word"),
        (BOB, "refused", job, "somebody else's job"),
        (BOB, "refused", "", "only for admins"),
    ]
    assert "ugly" not in str(await trail(talk))


async def test_defaults_of_a_channel_are_noted_by_their_names_alone(talk: Talk) -> None:
    await set_for_all(talk, ADMIN, steps="9", negative="secret blur")
    await set_for_all(talk, ADMIN, reset="all")
    await talk.say("settings", actor=ANN, steps="9")
    noted = await trail(talk)
    assert [(actor, action) for actor, action, _, _ in noted] == [(ADMIN, "settings")] * 2
    assert {"steps", "negative"} == set(noted[0][3].split(", "))
    assert "secret" not in str(noted)


async def test_of_who_is_forgotten_only_that_is_noted(talk: Talk) -> None:
    await talk.say("imagine", prompt="a star")
    await talk.say("imagine", prompt="an ugly star")
    await talk.say("forget", actor=ANN)
    assert await trail(talk) == [("", "forgot", "", "console")]


async def test_the_trail_is_read_beside_the_bot(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    job = str((await talk.say("imagine", prompt="a secret star")).job)
    await talk.app.store.actors.seen(ANN, "Ann\x1b[31m")
    await talk.say("imagine", actor=BOB, prompt="an ugly star")
    await talk.app.store.audit.flush()
    config = talk.app.config.file

    async def shown(actor: str = "", limit: int = 50, *, as_json: bool = False) -> str:
        capsys.readouterr()
        code = await show_audit(config, actor=actor, limit=limit, before=None, as_json=as_json)
        assert code == 0
        return capsys.readouterr().out

    lines = (await shown()).splitlines()
    assert lines[0].split("  ")[-1].strip() == "console:a"
    assert "  was refused: a blocked word  " in lines[0]
    assert {line.index("console:a", 50) for line in lines} == {len(lines[1]) - len("console:a")}
    assert f"Ann·[31m (console:ann)  asked for #{job} with /imagine  console:a" in lines[1]
    assert "secret" not in " ".join(lines)
    assert "--before" in await shown(limit=1)
    entries = [json.loads(line) for line in (await shown(as_json=True)).splitlines()]
    assert [(each["actor"], each["action"]) for each in entries] == [
        (BOB, "refused"),
        (ANN, "asked"),
    ]
    assert [each["subject"] for each in entries] == ["", job]
    assert "a blocked word" not in await shown(actor=ANN)
    assert (await shown(actor="Ann")).startswith("Nothing has been noted of Ann; people are named")


async def test_a_trail_that_is_empty_or_of_a_later_version_can_be_read(
    talk: Talk, capsys: pytest.CaptureFixture[str]
) -> None:
    config = talk.app.config.file
    assert await show_audit(config, actor="", limit=5, before=None, as_json=False) == 0
    assert capsys.readouterr().out == "Nothing has been noted.\n"
    unknown = AuditEntry(moment=utc_now(), actor=ANN, action="painted {x}", detail="red")
    await talk.app.store.audit.add(unknown)
    assert await show_audit(config, actor="", limit=5, before=None, as_json=False) == 0
    assert "red" in capsys.readouterr().out
