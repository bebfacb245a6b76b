"""Prompts that can be painted: of the length that the owner allows, with brackets that close."""

from __future__ import annotations

from bot.errors import PromptTooLong
from generation.prompt import check, extract_loras
from generation.recipe import LoraUse, Recipe, check_text


class Prompts:
    """Checks prompts; all its methods raise ``PromptTooLong`` and the errors of prompts."""

    def __init__(self, most: int) -> None:
        self._most = most

    def prompt(self, text: str) -> tuple[str, tuple[LoraUse, ...]]:
        """Return a prompt and the LoRAs that were named in it."""
        self.check_length("prompt", text)
        check_text("prompt", text)
        prompt, loras = extract_loras(text)
        check(prompt, "prompt")
        return prompt, loras

    def negative(self, text: str) -> str:
        """Return a negative prompt as it was typed."""
        self.check_length("negative", text)
        check_text("negative", text)
        check(text, "negative")
        return text

    def check_painted(self, recipe: Recipe) -> None:
        """Check the words of a style together with a person's own."""
        for field, text in zip(("prompt", "negative"), recipe.words, strict=True):
            if recipe.style is not None:
                self.check_length(f"{field} in its style", text)
                check(text, field)

    def check_length(self, field: str, text: str) -> None:
        """Raise ``PromptTooLong`` for more characters than the owner allows."""
        if len(text) > self._most:
            raise PromptTooLong(field, len(text), self._most)
