from __future__ import annotations

import asyncio
from pathlib import Path

import discord
from PIL import Image

from bot.adapters.discord.sending import Outgoing, Packing
from bot.reply import Button, PictureView, Reply, line


def picture(folder: Path, name: str = "k7f3q2.1", *, sensitive: bool = False) -> PictureView:
    path = folder / f"{name}.png"
    Image.new("RGB", (8, 8), "red").save(path)
    return PictureView(name, path, 8, 8, 7, "a red fox", sensitive)


async def packed(reply: Reply, limit: int = 0) -> Outgoing:
    packing = Packing()
    try:
        async with packing.packed(reply, limit) as message:
            return message
    finally:
        packing.close()


async def sent(folder: Path) -> Outgoing:
    reply = Reply(
        lines=(line("Done."),),
        pictures=(picture(folder),),
        buttons=(Button("delete", "k7f3q2", "Delete"),),
    )
    return await packed(reply, 0)


async def test_nobody_is_ever_called_by_a_message(tmp_path: Path) -> None:
    message = await sent(tmp_path)
    for arguments in (message.as_new(), message.as_edit()):
        assert arguments["allowed_mentions"].to_dict() == {"parse": []}


async def test_a_new_message_has_text_files_and_buttons(tmp_path: Path) -> None:
    new = (await sent(tmp_path)).as_new()
    assert new["content"] == "Done."
    [file] = new["files"]
    assert (file.filename, file.description, file.spoiler) == ("k7f3q2.1.png", "a red fox", False)
    [row] = new["view"].to_components()
    assert [button["label"] for button in row["components"]] == ["Delete"]
    assert "view" not in (await packed(Reply(lines=(line("Done."),)), 0)).as_new()


async def test_an_edit_leaves_nothing_of_what_was_there() -> None:
    edit = (await packed(Reply(lines=(line("Gone."),)), 0)).as_edit()
    assert (edit["content"], edit["embeds"]) == ("Gone.", [])
    assert (edit["attachments"], edit["view"]) == ([], None)


async def test_an_edit_without_words_takes_the_old_ones_away(tmp_path: Path) -> None:
    message = await packed(Reply(pictures=(picture(tmp_path),)), 0)
    assert message.as_edit()["content"] is None
    assert "content" not in message.as_new()


async def test_a_message_can_be_sent_as_often_as_it_takes(tmp_path: Path) -> None:
    message = await sent(tmp_path)
    whole = (tmp_path / "k7f3q2.1.png").read_bytes()
    for _ in range(2):
        for name, arguments in (("files", message.as_new()), ("attachments", message.as_edit())):
            file: discord.File = arguments[name][0]
            assert file.fp.read() == whole


async def test_pictures_are_read_beside_the_loop_and_fit_the_place(tmp_path: Path) -> None:
    reply = Reply(pictures=(picture(tmp_path),))
    task = asyncio.create_task(packed(reply, 60))
    await asyncio.sleep(0)
    assert not task.done()
    assert (tmp_path / "k7f3q2.1.png").stat().st_size > 60
    assert all(len(file.data) <= 60 for file in (await task).rendered.files)


async def test_a_sensitive_picture_is_hidden(tmp_path: Path) -> None:
    reply = Reply(pictures=(picture(tmp_path, sensitive=True),))
    [file] = (await packed(reply, 0)).as_new()["files"]
    assert file.spoiler
