"""Who the bot is, whom it speaks with, and how it connects."""

from __future__ import annotations

from tests.slack_server.delivering import Delivering
from tests.slack_server.errors import SlackError
from tests.slack_server.records import Payload
from tests.slack_server.web.calls import Methods


def api_test(server: Delivering, args: Payload) -> Payload:
    """Say what was said."""
    return {"args": args}


def auth_test(server: Delivering, args: Payload) -> Payload:
    """Whose token it is."""
    return {
        "url": f"https://{server.team['domain']}.slack.com/",
        "team": "Emu",
        "user": "emubot",
        "team_id": server.team["id"],
        "user_id": server.bot_user,
        "bot_id": server.bot_id,
        "is_enterprise_install": False,
    }


def open_connection(server: Delivering, args: Payload) -> Payload:
    """An address for Socket Mode."""
    return {"url": server.new_socket_url()}


def user_info(server: Delivering, args: Payload) -> Payload:
    """A person."""
    user = server.users.get(str(args.get("user")))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user}


def bot_info(server: Delivering, args: Payload) -> Payload:
    """The bot."""
    icons = {f"image_{size}": f"https://e.example/{size}" for size in (36, 48, 72)}
    bot = {
        "id": server.bot_id,
        "name": "emubot",
        "app_id": server.app_id,
        "user_id": server.bot_user,
        "deleted": False,
        "updated": 1,
        "icons": icons,
    }
    return {"bot": bot}


IDENTITY: Methods = {
    "api.test": api_test,
    "apps.connections.open": open_connection,
    "auth.test": auth_test,
    "bots.info": bot_info,
    "users.info": user_info,
}
