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
