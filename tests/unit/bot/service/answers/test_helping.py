from __future__ import annotations

from bot.invocation import Given, Invocation
from bot.service.recipes.axes import COMPARABLE
from storage.records import ReplyTo
from tests.unit.bot.conftest import Talk


async def test_help_names_alternatives_and_every_axis(talk: Talk) -> None:
    async def help_of(options: dict[str, Given]) -> str:
        return (
            await talk.app.service.answer(
                Invocation("help", options, "console:ann", ReplyTo("console", "ann"))
            )
        ).text

    assert "{red|green}" in await help_of({})
    of_compare = (await help_of({"command": "compare"})).partition("Axes: ")[2]
    axes = [name.replace("_", "-") for name in (*COMPARABLE, "weight:WORD")]
    assert [name for name in axes if name not in of_compare] == []
    assert "Axes:" not in await help_of({"command": "imagine"})
