"""``python -m tests.discord_server [PORT]``: the server alone, for a bot in another process."""

from __future__ import annotations

import asyncio
import json
import sys

from tests.discord_server import DiscordEmulator


async def _serve(port: int) -> None:
    server = await DiscordEmulator().start(port=port)
    addresses = {
        "base_url": server.base_url,
        "gateway_url": server.gateway_url,
        "token": server.token,
    }
    sys.stdout.write(json.dumps(addresses) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]) if len(sys.argv) > 1 else 8701))
