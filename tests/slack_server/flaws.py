"""Collecting what is wrong with blocks and views, and the checks that all of them share."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from enum import Enum, auto
from typing import Any

from tests.slack_server.records import Payload

TEXTS = ("plain_text", "mrkdwn")
PLAIN = ("plain_text",)
ALT_TEXT, ADDRESS = 2000, 3000


class FileState(Enum):
    """Whether a file can be shown."""

    READY = auto()
    UNREADY = auto()
    """It is there, but not processed yet."""
    UNKNOWN = auto()


FindFile = Callable[[Payload], FileState]


class Flaws:
    """What is wrong, in Slack's words, each with the place where it is."""

    def __init__(self, find_file: FindFile) -> None:
        self.words: list[str] = []
        self._find_file = find_file
        self._unready = 0

    @property
    def is_patience_asked(self) -> bool:
        """Whether there is nothing wrong but files that are not processed yet."""
        return len(self.words) == self._unready

    def add(self, path: str, words: str) -> None:
        """Note a flaw."""
        self.words.append(f"[ERROR] {words} [json-pointer:{path}]")

    def check_text(
        self,
        holder: Payload,
        key: str,
        path: str,
        most: int,
        kinds: Collection[str] = TEXTS,
        *,
        required: bool = True,
    ) -> None:
        """Look at a text object below a key."""
        if holder.get(key) is not None:
            self.check_text_object(holder[key], f"{path}/{key}", most, kinds)
        elif required:
            self.add(f"{path}/{key}", f"missing required field: {key}")

    def check_text_object(
        self, text: Any, path: str, most: int, kinds: Collection[str] = TEXTS
    ) -> None:
        """Look at a text object."""
        if not isinstance(text, dict) or text.get("type") not in kinds:
            self.add(path, f"must be a text object of type {'/'.join(kinds)}")
            return
        words = text.get("text")
        if not isinstance(words, str) or not words:
            self.add(f"{path}/text", "must be more than 0 characters")
        elif len(words) > most:
            self.add(f"{path}/text", f"must be less than {most + 1} characters")
        if text["type"] == "mrkdwn" and "emoji" in text:
            self.add(path, "emoji is not allowed with mrkdwn")

    def check_string(
        self, holder: Payload, key: str, path: str, most: int, *, required: bool = False
    ) -> None:
        """Look at a string below a key."""
        value = holder.get(key)
        if value is None:
            if required:
                self.add(f"{path}/{key}", f"missing required field: {key}")
        elif not isinstance(value, str) or (required and not value):
            self.add(f"{path}/{key}", "must be a non-empty string")
        elif len(value) > most:
            self.add(f"{path}/{key}", f"must be less than {most + 1} characters")

    def check_count(self, items: Any, path: str, least: int, most: int) -> list[Any]:
        """Look at a list's length; returns the list, empty if it is none."""
        if not isinstance(items, list) or not least <= len(items) <= most:
            self.add(path, f"must have between {least} and {most} items")
        return items if isinstance(items, list) else []

    def check_objects(self, items: Any, path: str, least: int, most: int) -> list[Payload]:
        """Look at a list of objects; returns those that are objects."""
        for index, item in enumerate(found := self.check_count(items, path, least, most)):
            if not isinstance(item, dict):
                self.add(f"{path}/{index}", "must be an object")
        return [item for item in found if isinstance(item, dict)]

    def check_image(self, image: Payload, path: str) -> None:
        """Look at what an image block or element shows."""
        self.check_string(image, "alt_text", path, ALT_TEXT, required=True)
        if ("image_url" in image) == ("slack_file" in image):
            self.add(path, "exactly one of image_url and slack_file")
        self.check_string(image, "image_url", path, ADDRESS)
        url = image.get("image_url")
        if isinstance(url, str) and not re.fullmatch(r"https?://\S+", url):
            self.add(f"{path}/image_url", "invalid image_url")
        if "slack_file" in image:
            self._check_file(image["slack_file"], f"{path}/slack_file")

    def _check_file(self, reference: Any, path: str) -> None:
        state = FileState.UNKNOWN
        if isinstance(reference, dict) and ("id" in reference) != ("url" in reference):
            state = self._find_file(reference)
        if state is not FileState.READY:
            self.add(path, "invalid slack file")
        if state is FileState.UNREADY:
            self._unready += 1
