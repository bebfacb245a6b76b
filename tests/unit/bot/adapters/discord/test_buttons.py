from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import discord
import pytest

from bot.adapters.discord.buttons import LastingButton, view_of
from bot.adapters.lasting import BUTTON
from bot.reply import Button


@dataclass
class PressedClient:
    heard: list[tuple[str, str]] = field(default_factory=list)

    async def pressed(self, interaction: object, action: str, target: str) -> None:
        self.heard.append((action, target))


@dataclass
class Press:
    client: PressedClient


def rows(count: int) -> list[list[dict[str, Any]]]:
    view = view_of(Button("show", f"k7f3q2.{n}", f"Picture {n}") for n in range(count))
    assert view is not None
    return [cast("list[dict[str, Any]]", row["components"]) for row in view.to_components()]


async def test_a_button_is_read_again_from_its_id_alone() -> None:
    [[sent]] = rows(1)
    match = BUTTON.fullmatch(sent["custom_id"])
    assert match is not None
    press: Any = Press(PressedClient())
    item = discord.ui.Button[Any](custom_id=sent["custom_id"])
    read = await LastingButton.from_custom_id(press, item, match)
    await read.callback(press)
    assert press.client.heard == [("show", "k7f3q2.0")]


async def test_only_a_button_is_read_as_one() -> None:
    match = BUTTON.fullmatch("do:show:k7f3q2")
    assert match is not None
    press: Any = Press(PressedClient())
    with pytest.raises(TypeError):
        await LastingButton.from_custom_id(press, discord.ui.Select[Any](), match)


async def test_five_buttons_make_a_row_and_five_rows_are_all_there_is_room_for() -> None:
    assert [len(row) for row in rows(7)] == [5, 2]
    assert [len(row) for row in rows(26)] == [5, 5, 5, 5, 5]
    assert [each["label"] for row in rows(7) for each in row][5] == "Picture 5"


async def test_a_button_looks_as_the_reply_says_and_its_label_fits() -> None:
    view = view_of(
        [
            Button("delete", "k7f3q2", "Delete", "danger"),
            Button("reroll", "k7f3q2", "x" * 81),
            Button("use", "k7f3q2", "Use", "primary"),
        ]
    )
    assert view is not None
    [row] = view.to_components()
    danger, plain, primary = cast("list[dict[str, Any]]", row["components"])
    assert (danger["style"], plain["style"], primary["style"]) == (4, 2, 1)
    assert len(plain["label"]) == 80


async def test_without_buttons_there_is_no_view() -> None:
    assert view_of([]) is None


async def test_the_library_is_not_to_remember_any_view() -> None:
    view = view_of([Button("show", "k7f3q2", "Show")])
    assert view is not None
    assert view.is_finished()


async def test_rows_are_those_that_the_reply_asks_for() -> None:
    view = view_of(
        [
            *(Button("show", f"k7f3q2.{n}", f"Vary {n}", row=1) for n in (1, 2)),
            Button("reroll", "k7f3q2", "Reroll"),
        ]
    )
    assert view is not None
    sent = [cast("list[dict[str, Any]]", row["components"]) for row in view.to_components()]
    assert [[each["label"] for each in row] for row in sent] == [["Reroll"], ["Vary 1", "Vary 2"]]
