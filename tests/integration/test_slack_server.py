"""The stand-in for Slack, as Bolt sees it, and as a process of its own."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from tests.changes import PATIENCE
from tests.slack_server import SlackEmulator

ROOT = Path(__file__).parents[2]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)
FORM = {
    "type": "modal",
    "callback_id": "edit",
    "title": {"type": "plain_text", "text": "Edit"},
    "submit": {"type": "plain_text", "text": "Draw"},
    "blocks": [
        {
            "type": "input",
            "block_id": "words",
            "label": {"type": "plain_text", "text": "Words"},
            "element": {"type": "plain_text_input", "action_id": "words"},
        }
    ],
}
EDIT = {
    "type": "actions",
    "elements": [
        {
            "type": "button",
            "action_id": "edit",
            "text": {"type": "plain_text", "text": "Edit"},
        }
    ],
}


def drawing_app(client: AsyncWebClient) -> AsyncApp:
    """A bot that draws, and asks for other words."""
    app = AsyncApp(client=client, process_before_response=True)

    @app.command("/imagine")
    async def imagine(ack: Any, command: dict[str, Any]) -> None:
        await ack()
        message = await client.chat_postMessage(channel=command["channel_id"], text="queued")
        upload = await client.files_upload_v2(content=PNG, filename="cat.png")
        picture = {
            "type": "image",
            "slack_file": {"id": upload["file"]["id"]},
            "alt_text": command["text"],
        }
        await client.chat_update(
            channel=message["channel"],
            ts=message["ts"],
            text=command["text"],
            blocks=[picture, EDIT],
        )

    @app.action("edit")
    async def edit(ack: Any, body: dict[str, Any]) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)

    @app.view("edit")
    async def draw(ack: Any, view: dict[str, Any], body: dict[str, Any]) -> None:
        words = view["state"]["values"]["words"]["words"]["value"]
        if words == "bad":
            await ack(response_action="errors", errors={"words": "not that"})
            return
        await ack()
        await client.chat_postMessage(channel=body["user"]["id"], text=words)

    return app


async def test_bolt_draws_and_asks_for_other_words() -> None:
    server = await SlackEmulator().start()
    server.ack_deadline = server.trigger_ttl = PATIENCE
    client = AsyncWebClient(token=server.bot_token, base_url=server.base_url, retry_handlers=[])
    handler = AsyncSocketModeHandler(drawing_app(client), server.app_token)
    await handler.connect_async()  # type: ignore[no-untyped-call]
    await server.wait_connected()

    delivery = await server.slash("/imagine", "a cat")
    message = await delivery.wait_message(lambda message: message.blocks)
    file = server.files[message.blocks[0]["slack_file"]["id"]]
    assert (message.text, file.data) == ("a cat", PNG)

    await server.click(message, text="Edit", user=server.user("bob"))
    view = await server.wait_view()
    await (await server.submit(view, {"words": "bad"})).wait_ack()
    assert view.errors == {"words": "not that"}
    again = await server.submit(view, {"words": "a dog"})
    answer = await again.wait_message(lambda message: message.text == "a dog")

    assert answer.channel == server.dm(server.user("bob"))["id"]
    assert server.violations == []
    server.check()
    await handler.close_async()  # type: ignore[no-untyped-call]
    await server.stop()


async def test_the_server_runs_in_a_process_of_its_own() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.slack_server",
        "0",
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    addresses = json.loads(line)
    client = AsyncWebClient(token=addresses["bot_token"], base_url=addresses["base_url"])
    try:
        assert (await client.auth_test())["user"] == "emubot"
        opened = await client.apps_connections_open(app_token=addresses["app_token"])
        assert opened["url"].startswith("ws://127.0.0.1:")
    finally:
        process.terminate()
        await process.wait()
