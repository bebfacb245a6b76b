"""What Slack asks of forms and home pages."""

from __future__ import annotations

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.views import View as LibraryView

from tests.slack_server.block_rules import IN_VIEW, MOST_IN_VIEW, BlockRules
from tests.slack_server.element_rules import ID
from tests.slack_server.flaws import PLAIN, FindFile, Flaws
from tests.slack_server.records import Payload

MODAL, HOME = "modal", "home"
TITLE, METADATA = 24, 3000
KNOWN = (
    "type",
    "title",
    "submit",
    "close",
    "blocks",
    "private_metadata",
    "callback_id",
    "clear_on_close",
    "notify_on_close",
    "external_id",
)


def view_flaws(view: Payload, kind: str, find_file: FindFile) -> Flaws:
    """What is wrong with a view that has to be of this kind."""
    flaws = Flaws(find_file)
    BlockRules(flaws, IN_VIEW, "/view/blocks").check(view.get("blocks"), MOST_IN_VIEW)
    if view.get("type") != kind:
        flaws.add("/view/type", f"must be {kind}")
    if kind == MODAL:
        _check_modal(flaws, view)
    flaws.check_string(view, "private_metadata", "/view", METADATA)
    flaws.check_string(view, "callback_id", "/view", ID)
    flaws.check_string(view, "external_id", "/view", ID)
    for key in view.keys() - set(KNOWN):
        flaws.add(f"/view/{key}", "unknown field")
    if not flaws.words:
        _ask_library(flaws, view)
    return flaws


def _check_modal(flaws: Flaws, view: Payload) -> None:
    flaws.check_text(view, "title", "/view", TITLE, PLAIN)
    flaws.check_text(view, "submit", "/view", TITLE, PLAIN, required=False)
    flaws.check_text(view, "close", "/view", TITLE, PLAIN, required=False)
    blocks = view.get("blocks")
    blocks = blocks if isinstance(blocks, list) else []
    has_input = any(isinstance(block, dict) and block.get("type") == "input" for block in blocks)
    if has_input and not view.get("submit"):
        flaws.add("/view/submit", "submit is required when an input block is used")


def _ask_library(flaws: Flaws, view: Payload) -> None:
    """Slack's own library has a second opinion."""
    try:
        LibraryView(**view).to_dict()
    except (SlackObjectFormationError, TypeError, ValueError) as error:
        flaws.add("/view", f"slack_sdk.models: {error}")
