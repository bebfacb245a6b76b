from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.cli.copying import copied
from bot.reply import PictureView, Reply
from generation.errors import CannotWrite


def kept(folder: Path, name: str) -> Path:
    path = folder / "data" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(name.encode())
    return path


def view(path: Path, title: str = "") -> PictureView:
    return PictureView(path.stem, path, 8, 8, 7, "a fox", title=title)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_all_pictures_of_an_answer_are_copied_with_its_sheet(tmp_path: Path) -> None:
    first, second, sheet = (
        kept(tmp_path, name) for name in ("k7f3q2.1.png", "k7f3q2.2.png", "compare.1f.jpg")
    )
    pictures: list[dict[str, Any]] = [
        {"id": path.stem, "path": str(path)} for path in (first, second)
    ]
    job = {"job": "k7f3q2", "pictures": pictures, "sheet": str(sheet)}
    out = tmp_path / "my pictures" / "of today"
    # A message has room for the sheet alone.
    reply = copied(Reply(pictures=(view(sheet, "A sheet"),), data=(job,)), out)
    assert names(out) == {"k7f3q2.1.png", "k7f3q2.2.png", "compare.1f.jpg"}
    assert (out / "k7f3q2.2.png").read_bytes() == second.read_bytes()
    [entry] = reply.data
    assert [each["path"] for each in entry["pictures"]] == [
        str(out / "k7f3q2.1.png"),
        str(out / "k7f3q2.2.png"),
    ]
    assert entry["sheet"] == str(out / "compare.1f.jpg")
    assert [each.path for each in reply.pictures] == [out / "compare.1f.jpg"]


def test_pictures_of_a_list_are_copied_and_nothing_is_added_to_what_is_said(tmp_path: Path) -> None:
    liked = {"id": "k7f3q2.1", "path": str(kept(tmp_path, "k7f3q2.1.png"))}
    reply = copied(Reply(data=(liked, {"removed": "ink"})), tmp_path / "out")
    assert reply.data == (
        {"id": "k7f3q2.1", "path": str(tmp_path / "out" / "k7f3q2.1.png")},
        {"removed": "ink"},
    )


def test_what_is_gone_does_not_take_the_others_along(tmp_path: Path) -> None:
    there, gone, sheet = (kept(tmp_path, name) for name in ("a.png", "b.png", "sheet.jpg"))
    gone.unlink()
    sheet.unlink()
    data = [{"id": path.stem, "path": str(path)} for path in (there, gone)]
    expired = {"id": "c", "path": ""}
    reply = copied(
        Reply(pictures=(view(sheet, "A sheet"),), data=(*data, expired)), tmp_path / "out"
    )
    assert names(tmp_path / "out") == {"a.png"}
    assert [entry["path"] for entry in reply.data] == [
        str(tmp_path / "out" / "a.png"),
        str(gone),
        "",
    ]
    assert reply.pictures == ()


def test_pictures_can_be_copied_to_where_they_are(tmp_path: Path) -> None:
    path = kept(tmp_path, "k7f3q2.1.png")
    reply = copied(Reply(pictures=(view(path),)), path.parent)
    assert reply.pictures[0].path == path
    assert path.read_bytes() == b"k7f3q2.1.png"


def test_a_folder_may_begin_with_the_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    copied(Reply(pictures=(view(kept(tmp_path, "a.png")),)), Path("~/out"))
    assert names(tmp_path / "out") == {"a.png"}


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(CannotWrite) as refusal:
        copied(Reply(pictures=(view(kept(tmp_path, "a.png")),)), tmp_path / "out")
    assert refusal.value.path == str(tmp_path / "out")
