"""Slack on the loopback interface, for tests: Web API, Socket Mode, answers and files.

    emu = await SlackEmulator().start()
    delivery = await emu.slash("/imagine", "a cat", user=emu.user("ann"))
    await delivery.wait_ack()
    message = await delivery.wait_message(lambda message: message.blocks)
    await emu.click(message, text="Reroll")

A bot needs ``emu.base_url``, ``emu.bot_token`` and ``emu.app_token``; it may run in another
process. It is kept strictly: ``emu.violations`` lists what the bot should not have sent, and
``emu.check()`` fails if the bot asked for what does not exist, or if the server itself answered
what Slack would not. What Slack refuses is in ``*_rules.py``, with the models of Slack's own
library for a second opinion; what it takes, but no bot should send, in ``conduct.py``. Where the
environment's ``SLACK_OPENAPI`` names Slack's own OpenAPI file, our answers are checked against it.

``state.py`` has the knobs and faults, ``world.py`` the people and places, ``driver.py`` and
``events.py`` what people do, ``delivering.py`` how sockets fail, ``records.py`` what can be looked
at afterwards.
"""

from tests.slack_server.emulator import SlackEmulator
from tests.slack_server.faults import Fault, RateLimit
from tests.slack_server.records import (
    CallRecord,
    Delivery,
    Edit,
    File,
    Message,
    Payload,
    View,
    Violation,
)

__all__ = [
    "CallRecord",
    "Delivery",
    "Edit",
    "Fault",
    "File",
    "Message",
    "Payload",
    "RateLimit",
    "SlackEmulator",
    "View",
    "Violation",
]
