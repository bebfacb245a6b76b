from __future__ import annotations

from typing import Any

import aiohttp

from tests.changes import PATIENCE
from tests.slack_server import File, SlackEmulator
from tests.unit.slack_server.conftest import PNG, Bot, refused


async def upload(bot: Bot, **more: Any) -> File:
    answer = await bot.client.files_upload_v2(content=PNG, filename="a cat.png", **more)
    return bot.server.files[answer["file"]["id"]]


async def get(server: SlackEmulator, file: File, token: str) -> tuple[str, bytes]:
    headers = {"Authorization": f"Bearer {token}"}
    url = server.file_payload(file)["url_private"]
    async with aiohttp.ClientSession() as http, http.get(url, headers=headers) as answer:
        return answer.content_type, await answer.read()


async def test_an_uploaded_file_can_be_shown(bot: Bot, server: SlackEmulator) -> None:
    file = await upload(bot, title="A cat", alt_txt="a cat in a hat")
    blocks = [{"type": "image", "slack_file": {"id": file.id}, "alt_text": "a cat"}]
    url = server.file_payload(file)["url_private"]
    by_url = [{"type": "image", "slack_file": {"url": url}, "alt_text": "a cat"}]

    await bot.say(blocks=blocks)
    await bot.say(blocks=by_url)

    info = (await bot.client.files_info(file=file.id))["file"]
    assert (info["title"], info["alt_txt"], info["size"]) == ("A cat", "a cat in a hat", len(PNG))
    assert server.messages[0].files == []
    assert server.violations == []


async def test_a_file_that_is_not_processed_yet_is_no_fault_of_the_bot(
    bot: Bot, server: SlackEmulator
) -> None:
    server.processing_delay = PATIENCE
    file = await upload(bot)
    blocks = [{"type": "image", "slack_file": {"id": file.id}, "alt_text": "a cat"}]
    call = bot.client.chat_postMessage(channel=server.channel_id, text="x", blocks=blocks)

    answer = await refused(call)
    server.processing_delay = 0.0
    await bot.say(blocks=blocks)

    assert answer["error"] == "invalid_blocks"
    assert "invalid slack file" in answer["errors"][0]
    assert server.violations == []


async def test_only_the_bot_can_fetch_a_file(bot: Bot, server: SlackEmulator) -> None:
    file = server.user_file("dog.png", PNG)

    assert await get(server, file, server.bot_token) == ("image/png", PNG)
    kind, page = await get(server, file, "wrong")
    assert (kind, b"Sign in" in page) == ("text/html", True)
    server.scopes = {"files:write"}
    assert (await get(server, file, server.bot_token))[0] == "text/html"


async def test_a_file_is_shared_with_its_comment(bot: Bot, server: SlackEmulator) -> None:
    parent = await bot.say()
    file = await upload(bot, channel=server.channel_id, initial_comment="look", thread_ts=parent.ts)

    message = server.messages[-1]

    assert (message.text, message.files, message.thread_ts) == ("look", [file], parent.ts)
    assert message.payload["files"][0]["id"] == file.id
    assert server.file_payload(file)["channels"] == [server.channel_id]
    assert file.shares["public"][server.channel_id] == [{"ts": message.ts, "thread_ts": parent.ts}]


async def test_a_shared_file_may_come_later(bot: Bot, server: SlackEmulator) -> None:
    server.share_delay = PATIENCE
    file = await upload(bot, channel=server.channel_id)
    assert server.messages == []
    complete = [call for call in server.calls if call.method == "files.completeUploadExternal"]
    assert complete[0].out["files"] == [{"id": file.id, "title": "a cat.png"}]

    server.share_delay = 0.01
    await upload(bot, channel=server.channel_id)

    await server.until(lambda: server.messages, what="shared file")


async def test_a_comment_takes_the_place_of_blocks(bot: Bot, server: SlackEmulator) -> None:
    await upload(bot, channel=server.channel_id, blocks='[{"type": "divider"}]')
    await upload(
        bot,
        channel=server.channel_id,
        blocks='[{"type": "divider"}]',
        initial_comment="<!here>",
    )

    assert [bool(message.blocks) for message in server.messages] == [True, False]
    assert [violation.answer for violation in server.violations] == ["unescaped <!here>"]


async def test_a_file_is_not_shared_with_blocks_that_slack_refuses(
    bot: Bot, server: SlackEmulator
) -> None:
    call = upload(bot, channel=server.channel_id, blocks='[{"type": "carousel"}]')

    assert (await refused(call))["error"] == "invalid_blocks"
    assert [file.completed for file in server.files.values()] == [None]


async def test_no_files_cannot_be_completed(bot: Bot) -> None:
    call = bot.client.api_call("files.completeUploadExternal", json={"files": []})

    assert (await refused(call))["error"] == "invalid_arguments"


async def test_bytes_are_taken_once_and_given_while_they_are_there(
    bot: Bot, server: SlackEmulator
) -> None:
    file = await upload(bot)
    unknown = f"{server.root}/upload/v1/F404"
    url = server.file_payload(file)["url_private"]
    await bot.client.files_delete(file=file.id)
    headers = {"Authorization": f"Bearer {server.bot_token}"}

    async with aiohttp.ClientSession(headers=headers) as http:
        statuses = [
            (await http.post(file.upload_url, data=PNG)).status,
            (await http.post(unknown, data=PNG)).status,
            (await http.get(url)).status,
        ]

    assert statuses == [404, 404, 404]


async def test_a_deleted_file_is_nowhere(bot: Bot, server: SlackEmulator) -> None:
    file = await upload(bot, channel=server.channel_id)
    await bot.client.files_delete(file=file.id)

    blocks = [{"type": "image", "slack_file": {"id": file.id}, "alt_text": "a cat"}]
    shown = await refused(bot.client.chat_postMessage(channel="art", text="x", blocks=blocks))
    assert shown["error"] == "invalid_blocks"
    assert server.messages[0].files == []
    assert (await refused(bot.client.files_info(file=file.id)))["error"] == "file_not_found"
    assert (await refused(bot.client.files_delete(file=file.id)))["error"] == "file_not_found"


async def test_the_bot_deletes_no_file_of_others(bot: Bot, server: SlackEmulator) -> None:
    file = server.user_file("dog.png", PNG)

    assert (await refused(bot.client.files_delete(file=file.id)))["error"] == "cant_delete_file"


async def test_a_file_has_a_size_and_a_description_of_some_length(
    bot: Bot, server: SlackEmulator
) -> None:
    server.file_limit = 10
    announce = bot.client.files_getUploadURLExternal

    large = await refused(announce(filename="a", length=11))
    empty = await refused(announce(filename="a", length=0))
    wordy = await refused(announce(filename="a", length=1, alt_txt="x" * 1001))

    assert large["error"] == "file_upload_size_restricted"
    assert empty["error"] == wordy["error"] == "invalid_arguments"


async def test_an_upload_has_the_length_that_was_announced(bot: Bot, server: SlackEmulator) -> None:
    announced = await bot.client.files_getUploadURLExternal(filename="a.png", length=1)
    complete = bot.client.files_completeUploadExternal(files=[{"id": announced["file_id"]}])

    async with aiohttp.ClientSession() as http:
        answer = await http.post(announced["upload_url"], data=PNG)

    assert answer.status == 400
    assert [violation.method for violation in server.violations] == ["upload"]
    assert (await refused(complete))["error"] == "file_not_found"


async def test_a_file_is_completed_once(bot: Bot) -> None:
    file = await upload(bot)

    answer = await refused(bot.client.files_completeUploadExternal(files=[{"id": file.id}]))

    assert answer["error"] == "file_already_completed"
