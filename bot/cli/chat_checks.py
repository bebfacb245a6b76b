"""The doctor's checks of the chat services."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping

from bot import texts
from bot.chat_errors import NotInstalled, ScopesMissing, TokenMissing
from bot.cli.finding import Finding
from bot.cli.running import (
    DISCORD,
    SLACK_APP,
    SLACK_BOT,
    check_token,
    slack_variables,
    tokens_of,
)
from bot.config import Config
from bot.config_sections import SlackSection


def tokens(_config: Config) -> Iterator[Finding]:
    """Yield which tokens there are."""
    present = tuple(tokens_of(os.environ))
    yield Finding("ok" if present else "note", "tokens", texts.doctor_tokens(present))


def discord(config: Config) -> Iterator[Finding]:
    """Yield how the bot stands with Discord."""
    token = tokens_of(os.environ).get(DISCORD)
    if token is None:
        yield Finding("note", "discord", texts.doctor_no_discord())
        return
    check_token(DISCORD, token)
    # Not before it is needed: the library takes its time to load.
    from bot.adapters.discord.checking import look

    found = asyncio.run(look(config.settings.discord, token))
    about = texts.doctor_discord(found.account, found.application, found.places)
    yield Finding("ok", "discord", about)
    if not found.places:
        yield Finding("note", "discord", texts.doctor_discord_alone(found.invite))
    if found.endpoint:
        yield Finding("fault", "discord", texts.doctor_discord_endpoint(found.endpoint))
    for guild in found.absent:
        error = NotInstalled("discord", str(guild), found.invite)
        yield Finding("fault", "discord", texts.sentence(error))


def slack(config: Config) -> Iterator[Finding]:
    """Yield how the bot stands with Slack."""
    section, present = config.settings.slack, tokens_of(os.environ)
    variables = slack_variables(section)
    tokens = {name: present[name] for name in variables if name in present}
    if not tokens:
        yield Finding("note", "slack", texts.doctor_no_slack(variables))
        return
    for name in variables:
        if name not in tokens:
            yield Finding("fault", "slack", texts.sentence(TokenMissing("slack", name)))
    for name, token in tokens.items():
        check_token(name, token)
    if SLACK_BOT in tokens:
        yield from _slack_standing(section, tokens)


def _slack_standing(section: SlackSection, tokens: Mapping[str, str]) -> Iterator[Finding]:
    # Not before it is needed: the library takes its time to load.
    from bot.adapters.slack.checking import look

    found = asyncio.run(look(section, tokens[SLACK_BOT], tokens.get(SLACK_APP, "")))
    yield Finding("ok", "slack", texts.doctor_slack(str(found.account), found.account.team_id))
    if found.account.missing:
        error = ScopesMissing("slack", SLACK_BOT, found.account.missing)
        yield Finding("fault", "slack", texts.sentence(error))
    if found.socket is not None:
        yield Finding("fault", "slack", texts.sentence(found.socket))
    elif section.mode == "http":
        yield Finding("note", "slack", texts.doctor_slack_listens(section.listen))
    elif SLACK_APP in tokens:
        yield Finding("ok", "slack", texts.doctor_slack_socket())
