"""Forms and home pages."""

from __future__ import annotations

from tests.slack_server.delivering import Delivering
from tests.slack_server.errors import SlackError
from tests.slack_server.records import Payload
from tests.slack_server.view_rules import HOME
from tests.slack_server.web.calls import Methods, required


def open_view(server: Delivering, args: Payload) -> Payload:
    """A new form."""
    view = server.checked_view(args.get("view"))
    trigger = server.use_trigger(args.get("trigger_id"))
    return {"view": server.open_view(view, trigger.user, trigger.channel).payload}


def push_view(server: Delivering, args: Payload) -> Payload:
    """A new form on top of the one that is there."""
    view = server.checked_view(args.get("view"))
    trigger = server.use_trigger(args.get("trigger_id"))
    return {"view": server.push_view(view, server.top_view(trigger.user)).payload}


def update_view(server: Delivering, args: Payload) -> Payload:
    """Change a form or a home page."""
    view = server.view_to_update(args.get("view_id"), args.get("external_id"))
    payload = server.checked_view(args.get("view"), server.kind_of(view))
    server.check_hash(view, args.get("hash"))
    server.fill_view(view, payload)
    return {"view": view.payload}


def publish_view(server: Delivering, args: Payload) -> Payload:
    """A person's home page."""
    user_id = required(args, "user_id")
    payload = server.checked_view(args.get("view"), HOME)
    if user_id not in server.users:
        raise SlackError("user_not_found")
    if user_id in server.published:
        server.check_hash(server.home(server.users[user_id]), args.get("hash"))
    return {"view": server.publish_home(payload, user_id).payload}


VIEWS: Methods = {
    "views.open": open_view,
    "views.publish": publish_view,
    "views.push": push_view,
    "views.update": update_view,
}
