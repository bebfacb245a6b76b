from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bot.adapters.console.rendering import Terminal, shown_of
from bot.reply import PictureView, Reply, line


def printed(reply: Reply) -> list[str]:
    out = io.StringIO()
    Terminal(Console(file=out)).reply(reply)
    return out.getvalue().splitlines()


def test_a_sheet_is_called_by_its_title_and_left_out_where_it_is_gone(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    path.touch()
    sheet = PictureView("history", path, 8, 8, 0, "", title="Pictures\x1b[2J")
    picture = replace(sheet, id="k7f3q2.1", path=tmp_path / "gone.png", title="")
    reply = Reply(lines=(line("Here."),), pictures=(sheet, picture))
    assert printed(reply) == ["Here.", f"Pictures·[2J  {path}", f"k7f3q2.1  {picture.path}"]
    path.unlink()
    assert printed(reply) == ["Here.", f"k7f3q2.1  {picture.path}"]


def test_a_sheet_in_front_is_shown_in_the_place_of_the_pictures_on_it(tmp_path: Path) -> None:
    one = PictureView("k7f3q2.1", tmp_path / "1.png", 8, 8, 0, "")
    two = replace(one, id="k7f3q2.2")
    sheet, tree = replace(one, id="sheet", title="a fox"), replace(one, id="tree", title="Family")
    assert shown_of((sheet, one, two, tree)) == (sheet, tree)
    assert shown_of((one, two, tree)) == (one, two, tree)
    assert shown_of(()) == ()
