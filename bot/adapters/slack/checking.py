"""A look at how the bot stands with Slack, without going to work there."""

from __future__ import annotations

from dataclasses import dataclass

from bot.adapters.slack.starting import Account, account_of, address_of_socket
from bot.adapters.slack.web import Web
from bot.config_sections import SlackSection
from generation.errors import UserError


@dataclass(frozen=True, slots=True)
class Standing:
    """How the bot stands: ``socket`` is why no connection could be opened, if none could."""

    account: Account
    socket: UserError | None = None


async def look(section: SlackSection, bot_token: str, app_token: str = "") -> Standing:
    """Ask who the bot is and, with a token for it, for a connection that is then left alone.

    A connection that is opened would take commands from the bot that runs. Raises what a start
    would raise for the bot's token.
    """
    web = Web(section, bot_token)
    try:
        account = await account_of(web.client, section)
        try:
            if app_token:
                await address_of_socket(web.client, section, app_token)
        except UserError as error:
            return Standing(account, error)
        return Standing(account)
    finally:
        await web.close()
