"""``python -m tests.slack_server [PORT]``: the server alone, for a bot in another process."""

from __future__ import annotations

import asyncio
import json
import sys

from tests.slack_server import SlackEmulator


async def _serve(port: int) -> None:
    server = await SlackEmulator().start(port=port)
    addresses = {
        "base_url": server.base_url,
        "bot_token": server.bot_token,
        "app_token": server.app_token,
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8702))
