"""Discord on the loopback interface, for tests: REST and gateway, version 10, and files.

    emu = await DiscordEmulator().start()
    ix = await emu.slash("imagine", {"prompt": "a cat"}, user=emu.user("ann"))
    message = await ix.wait_message(lambda message: message.attachments)
    await emu.click(message, label="Reroll")

A bot needs ``emu.base_url``, ``emu.gateway_url`` and ``emu.token``; it may run in another process.
It is kept strictly: ``emu.violations`` lists the requests that broke a rule of Discord's, and
``emu.check()`` fails if the bot asked for what does not exist, or if the server itself answered
what Discord would not. The rules are ours (``*_rules.py``, ``limits.py``); where the environment's
``DISCORD_OPENAPI`` names Discord's own OpenAPI file, everything is checked against that too.

``state.py`` has the knobs and faults, ``world.py`` the people and places, ``driver.py`` what people
do, ``sessions.py`` how the gateway fails, ``records.py`` what can be looked at afterwards.
"""

from tests.discord_server.emulator import DiscordEmulator
from tests.discord_server.faults import Fault, RateLimit
from tests.discord_server.pointing import patch_discord_py, pointed_at
from tests.discord_server.records import Attachment, Edit, Interaction, Message, Payload

__all__ = [
    "Attachment",
    "DiscordEmulator",
    "Edit",
    "Fault",
    "Interaction",
    "Message",
    "Payload",
    "RateLimit",
    "patch_discord_py",
    "pointed_at",
]
