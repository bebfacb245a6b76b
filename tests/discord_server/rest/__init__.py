from tests.discord_server.rest.calls import Operation
from tests.discord_server.rest.commands import COMMAND_OPERATIONS
from tests.discord_server.rest.guild import GUILD_OPERATIONS
from tests.discord_server.rest.identity import IDENTITY_OPERATIONS
from tests.discord_server.rest.interactions import INTERACTION_OPERATIONS
from tests.discord_server.rest.messages import MESSAGE_OPERATIONS
from tests.discord_server.rest.webhooks import WEBHOOK_OPERATIONS

OPERATIONS: tuple[Operation, ...] = (
    *IDENTITY_OPERATIONS,
    *GUILD_OPERATIONS,
    *COMMAND_OPERATIONS,
    *MESSAGE_OPERATIONS,
    *INTERACTION_OPERATIONS,
    *WEBHOOK_OPERATIONS,
)
"""Everything that the server can do."""
