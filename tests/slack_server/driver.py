"""What a test lets people do."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from tests.changes import PATIENCE
from tests.slack_server.acknowledging import COMMAND, INTERACTIVE, SUBMISSION, SUGGESTION
from tests.slack_server.client import STATELESS, Filling, block_state, check_required
from tests.slack_server.events import Events
from tests.slack_server.payloads import person
from tests.slack_server.records import Delivery, Message, Payload, View
from tests.slack_server.texts import escaped
from tests.slack_server.view_rules import MODAL


class Driver(Events):
    """People at their clients."""

    async def slash(
        self,
        command: str,
        text: str = "",
        *,
        user: Payload | None = None,
        channel: Payload | None = None,
    ) -> Delivery:
        """A person gives a command."""
        user = user or self.user()
        place = channel or self.channels[self.channel_id]
        payload = {
            "token": "emu",
            "team_id": self.team["id"],
            "team_domain": self.team["domain"],
            "channel_id": place["id"],
            "channel_name": "directmessage" if place["is_im"] else place["name"],
            "user_id": user["id"],
            "user_name": user["name"],
            "command": command,
            "text": escaped(text) if self.escapes_commands else text,
            "api_app_id": self.app_id,
            "is_enterprise_install": "false",
            "response_url": self.new_response_url("commands", place["id"], user["id"]),
            "trigger_id": self.new_trigger(user["id"], place["id"]),
        }
        return await self.deliver(COMMAND, payload, place["id"], user["id"], accepts_response=True)

    async def click(
        self,
        on: Message | View,
        action_id: str | None = None,
        *,
        text: str | None = None,
        value: Any = None,
        user: Payload | None = None,
    ) -> Delivery:
        """A person presses a button, or chooses something, in a message, a form or at home.

        What was chosen in a view stays in it.
        """
        if isinstance(on, View):
            return await self._click_in_view(on, action_id, text, value)
        user = user or self.user()
        assert on in self.visible_to(user, on.channel), "this user does not see that message"
        block, element = on.find(action_id, text)
        filling = Filling(self.told_file, on.channel)
        payload = self._base("block_actions", user, on.channel)
        payload |= {
            "container": self._container(on),
            "channel": self._channel_name(on.channel),
            "state": block_state(on.blocks, {element["action_id"]: value}, filling),
            "response_url": self.new_response_url("actions", on.channel, user["id"], on),
            "actions": [self._action(block, element, value, on.channel)],
        }
        if not on.user_only:
            payload["message"] = on.payload
        return await self.deliver(INTERACTIVE, payload, on.channel, user["id"])

    async def suggest(
        self, on: Message | View, action_id: str, value: str, *, user: Payload | None = None
    ) -> Delivery:
        """A person types at a select whose options the bot knows; the answer has the options."""
        block, _ = on.find(action_id)
        if isinstance(on, View):
            user = self.users[on.user]
        user = user or self.user()
        payload = self._base(SUGGESTION, user)
        del payload["trigger_id"]
        payload |= {"action_id": action_id, "block_id": block["block_id"], "value": value}
        payload["container"] = self._container(on)
        if isinstance(on, View):
            payload["view"] = self._with_state(on)
        else:
            payload |= {"message": on.payload, "channel": self._channel_name(on.channel)}
        return await self.deliver(INTERACTIVE, payload, None, user["id"], accepts_response=True)

    async def wait_view(
        self,
        timeout: float = PATIENCE,  # noqa: ASYNC109 - the error says what was awaited
        pred: Any = lambda view: True,
    ) -> View:
        """Wait for a form that is open."""

        def fitting() -> View | None:
            return next((v for v in reversed(self.views) if v.open and pred(v)), None)

        return await self.until(fitting, timeout, "open view")

    async def submit(
        self, view: View, values: Mapping[str, Any] | None = None, *, user: Payload | None = None
    ) -> Delivery:
        """A person sends a form, with these values by action id; the others stay as they are.

        Options are given by their values, files as a list of ``File``.
        """
        assert view.open, "that form is closed"
        user = user or self.users[view.user]
        for action_id, value in (values or {}).items():
            view.find(action_id)
            view.filled[action_id] = value
        filled = self._with_state(view)
        check_required(view, filled["state"])
        payload = self._base(SUBMISSION, user, view.channel)
        payload |= {"view": filled, "response_urls": self._form_urls(view, filled["state"])}
        return await self.deliver(
            INTERACTIVE, payload, None, user["id"], accepts_response=True, view=view
        )

    async def close_view(self, view: View) -> Delivery | None:
        """A person closes a form without sending it."""
        view.open = False
        if not view.payload.get("notify_on_close"):
            return None
        payload = self._base("view_closed", self.users[view.user])
        payload |= {"view": self._with_state(view), "is_cleared": False}
        return await self.deliver(INTERACTIVE, payload, None, view.user)

    async def shortcut(
        self, callback_id: str, *, user: Payload | None = None, message: Message | None = None
    ) -> Delivery:
        """A person picks a shortcut, in the menu of a message or anywhere."""
        user = user or self.user()
        kind = "message_action" if message else "shortcut"
        channel = message.channel if message else None
        payload = self._base(kind, user, channel)
        payload |= {"callback_id": callback_id, "action_ts": f"{time.time():.6f}"}
        if message:
            url = self.new_response_url("app", message.channel, user["id"], message)
            payload |= {
                "message": message.payload,
                "message_ts": message.ts,
                "channel": self._channel_name(message.channel),
                "response_url": url,
            }
        return await self.deliver(INTERACTIVE, payload, channel, user["id"])

    async def _click_in_view(
        self, view: View, action_id: str | None, text: str | None, value: Any
    ) -> Delivery:
        block, element = view.find(action_id, text)
        action = self._action(block, element, value, view.channel)
        if element["type"] not in STATELESS:
            view.filled[element["action_id"]] = value
        payload = self._base("block_actions", self.users[view.user], view.channel)
        filled = self._with_state(view)
        payload |= {
            "container": self._container(view),
            "view": filled,
            "state": filled["state"],
            "actions": [action],
        }
        return await self.deliver(INTERACTIVE, payload, None, view.user, view=view)

    def _base(self, kind: str, user: Payload, channel: str | None = None) -> Payload:
        return {
            "type": kind,
            "user": person(user),
            "api_app_id": self.app_id,
            "token": "emu",
            "team": self.team,
            "enterprise": None,
            "is_enterprise_install": False,
            "trigger_id": self.new_trigger(user["id"], channel),
        }

    def _action(self, block: Payload, element: Payload, value: Any, channel: str | None) -> Payload:
        action: Payload = {
            "action_id": element["action_id"],
            "block_id": block["block_id"],
            "type": element["type"],
            "action_ts": f"{time.time():.6f}",
        }
        if element["type"] == "button":
            kept = ("text", "value", "style")
            return action | {key: element[key] for key in kept if key in element}
        return action | Filling(self.told_file, channel).chosen(element, value)

    def _container(self, on: Message | View) -> Payload:
        if isinstance(on, View):
            return {"type": "view", "view_id": on.id}
        container: Payload = {
            "type": "message",
            "message_ts": on.ts,
            "channel_id": on.channel,
            "is_ephemeral": bool(on.user_only),
        }
        return container | ({"thread_ts": on.thread_ts} if on.thread_ts else {})

    def _channel_name(self, channel_id: str) -> Payload:
        channel = self.channels[channel_id]
        return {"id": channel_id, "name": "directmessage" if channel["is_im"] else channel["name"]}

    def _with_state(self, view: View) -> Payload:
        filling = Filling(self.told_file, view.channel)
        return {**view.payload, "state": block_state(view.blocks, view.filled, filling)}

    def _form_urls(self, view: View, state: Payload) -> list[Payload]:
        """Addresses for answers where the person chose that the answer should go."""
        urls = []
        for block in view.blocks if self.kind_of(view) == MODAL else []:
            element = block.get("element") or {}
            if not element.get("response_url_enabled"):
                continue
            names = {"block_id": block["block_id"], "action_id": element["action_id"]}
            chosen = state["values"][block["block_id"]][element["action_id"]]
            channel = chosen.get("selected_conversation") or chosen.get("selected_channel")
            url = self.new_response_url("app", channel, view.user)
            urls.append({**names, "channel_id": channel, "response_url": url})
        return urls
