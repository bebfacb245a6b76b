"""What Slack asks of the blocks of messages and views."""

from __future__ import annotations

from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block

from tests.slack_server.element_rules import ID, IN_ACTIONS, IN_INPUT, IN_SECTION, ElementRules
from tests.slack_server.flaws import PLAIN, FindFile, Flaws
from tests.slack_server.records import Payload
from tests.slack_server.rich_text_rules import check_rich_text

IN_BOTH = frozenset(
    {"actions", "context", "divider", "header", "image", "input", "rich_text", "section", "video"}
)
IN_MESSAGE = IN_BOTH | {"file", "markdown", "table", "context_actions"}
IN_VIEW = IN_BOTH | {"alert"}
MOST_IN_MESSAGE, MOST_IN_VIEW = 50, 100


def message_flaws(blocks: Any, find_file: FindFile) -> Flaws:
    """What is wrong with the blocks of a message."""
    flaws = Flaws(find_file)
    BlockRules(flaws, IN_MESSAGE, "/blocks").check(blocks, MOST_IN_MESSAGE)
    return flaws


class BlockRules:
    """Goes through blocks and collects what is wrong."""

    def __init__(self, flaws: Flaws, allowed: frozenset[str], root: str) -> None:
        self._flaws = flaws
        self._allowed = allowed
        self._root = root
        self._ids: set[str] = set()

    def check(self, blocks: Any, most: int) -> None:
        """Look at all blocks of a message or a view."""
        if not isinstance(blocks, list):
            self._flaws.add(self._root, "must be an array")
            return
        if len(blocks) > most:
            self._flaws.add(self._root, f"no more than {most} items allowed [{len(blocks)}]")
        for index, block in enumerate(blocks):
            self._check_block(block, f"{self._root}/{index}")
        if not self._flaws.words:
            self._ask_library(blocks)

    def _check_block(self, block: Any, path: str) -> None:
        kind = block.get("type") if isinstance(block, dict) else None
        if kind not in self._allowed:
            self._flaws.add(f"{path}/type", f"unsupported type: {kind}")
            return
        self._flaws.check_string(block, "block_id", path, ID)
        block_id = block.get("block_id")
        if block_id and block_id in self._ids:
            self._flaws.add(f"{path}/block_id", "block_id already exists")
        self._ids.add(block_id)
        check = getattr(self, f"_check_{kind}", None)
        if check is not None:
            check(block, path)

    def _check_section(self, block: Payload, path: str) -> None:
        if "text" not in block and "fields" not in block:
            self._flaws.add(path, "missing required field: text or fields")
        self._flaws.check_text(block, "text", path, 3000, required=False)
        if "fields" in block:
            fields = self._flaws.check_count(block["fields"], f"{path}/fields", 1, 10)
            for index, text in enumerate(fields):
                self._flaws.check_text_object(text, f"{path}/fields/{index}", 2000)
        if "accessory" in block:
            rules = ElementRules(self._flaws)
            rules.check(block["accessory"], f"{path}/accessory", IN_SECTION)

    def _check_header(self, block: Payload, path: str) -> None:
        self._flaws.check_text(block, "text", path, 150, PLAIN)

    def _check_image(self, block: Payload, path: str) -> None:
        self._flaws.check_image(block, path)
        self._flaws.check_text(block, "title", path, 2000, PLAIN, required=False)

    def _check_actions(self, block: Payload, path: str) -> None:
        rules = ElementRules(self._flaws)
        here = f"{path}/elements"
        for index, element in enumerate(
            self._flaws.check_objects(block.get("elements"), here, 1, 25)
        ):
            rules.check(element, f"{here}/{index}", IN_ACTIONS)

    def _check_context(self, block: Payload, path: str) -> None:
        here = f"{path}/elements"
        for index, element in enumerate(
            self._flaws.check_objects(block.get("elements"), here, 1, 10)
        ):
            if element.get("type") == "image":
                self._flaws.check_image(element, f"{here}/{index}")
            else:
                self._flaws.check_text_object(element, f"{here}/{index}", 2000)

    def _check_input(self, block: Payload, path: str) -> None:
        self._flaws.check_text(block, "label", path, 2000, PLAIN)
        self._flaws.check_text(block, "hint", path, 2000, PLAIN, required=False)
        if isinstance(block.get("element"), dict):
            ElementRules(self._flaws).check(block["element"], f"{path}/element", IN_INPUT)
        else:
            self._flaws.add(f"{path}/element", "missing required field: element")

    def _check_markdown(self, block: Payload, path: str) -> None:
        self._flaws.check_string(block, "text", path, 12000, required=True)

    def _check_rich_text(self, block: Payload, path: str) -> None:
        check_rich_text(self._flaws, block, path)

    def _ask_library(self, blocks: list[Payload]) -> None:
        """Slack's own library has a second opinion."""
        try:
            for block in blocks:
                parsed = Block.parse(block)
                for part in (parsed, *(getattr(parsed, "elements", None) or ())):
                    if hasattr(part, "validate_json"):
                        part.validate_json()
        except (SlackObjectFormationError, TypeError, ValueError) as error:
            self._flaws.add(self._root, f"slack_sdk.models: {error}")
