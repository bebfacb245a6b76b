"""Reads styles from a file, and checks all that one can hold before anybody uses it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from copy import copy
from pathlib import Path
from typing import Any, Final, get_args

from bot import texts
from bot.command import NONE
from bot.config_sections import LimitsSection
from bot.errors import BadStyle, PictureTooLarge, PromptTooLong
from bot.recipe_options import recipe_options
from bot.style import SETTINGS, Style
from bot.values import LoraWish, Value, read_value
from generation.errors import BadValue, UnknownName, UserError
from generation.loras import LoraCatalogue
from generation.models import Family, Model
from generation.nearest import nearest
from generation.prompt import check, extract_loras
from generation.prompt_alternatives import read_alternatives
from generation.recipe import BOUNDS, SIZE_STEP, StyleUse
from generation.recipe_parts import SUBJECT

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
_NAMES_ALLOWED: Final = "1 to 32 of a-z, 0-9 and hyphens, but not none"
_TITLE_MOST: Final = 100
_TEXTS: Final = ("title", "base", "prompt", "negative")
_KEYS: Final = (*_TEXTS, "loras", *(name for name in SETTINGS if name != "lora"))
_BASES: Final = tuple(name for name in get_args(Family) if name not in ("auto", "classifier"))
_KINDS: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "steps": ((int,), "a whole number"),
    "guidance": ((int, float), "a number"),
    "guidance_end": ((int, float), "a number"),
    "refiner": ((int, float, str), 'a number or "off"'),
    "loras": ((list,), 'a list of names, like ["ink:0.8"]'),
}
_TEXT: Final[tuple[tuple[type, ...], str]] = ((str,), "a text in quotes")


def check_style_name(name: str) -> str:
    """Return the name of a style. Raises ``BadValue`` for one that cannot be typed easily."""
    if not _NAME.fullmatch(name) or name == NONE:
        raise BadValue("name", name[:60], _NAMES_ALLOWED)
    return name


class StyleReader:
    """Reads styles within the owner's limits; knows the models and the LoRAs."""

    def __init__(
        self, limits: LimitsSection, models: Iterable[Model], loras: LoraCatalogue
    ) -> None:
        self._options = {option.name: option for option in recipe_options(limits)}
        self._models = {model.name: model for model in models}
        self._loras = loras
        self._limits = limits
        self.chars_most: int | None = limits.prompt_chars

    def unbounded(self) -> StyleReader:
        """Return one for styles that are not the owner's: how long a prompt may be is no fault."""
        reader = copy(self)
        reader.chars_most = None
        return reader

    def read(self, file: Path) -> dict[str, Style]:
        """Return the styles of a file by name; none of one that is not there.

        Raises ``BadStyle``, which names the file, the entry and the key.
        """
        styles, faults = self.read_all(file)
        if faults:
            raise faults[0]
        return styles

    def read_all(self, file: Path) -> tuple[dict[str, Style], tuple[BadStyle, ...]]:
        """Return the right styles of a file by name, and what is wrong with its other entries.

        Raises ``BadStyle`` where the file cannot be read at all.
        """
        try:
            entries = tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}, ()
        except OSError as error:
            problem = f"cannot be read ({error.strerror})"
            raise BadStyle(str(file), "", "", problem) from None
        except (ValueError, RecursionError) as error:
            raise BadStyle(str(file), "", "", f"is not TOML: {error}") from None
        styles, faults = {}, []
        for name, entry in entries.items():
            try:
                styles[name] = self._entry(str(file), name, entry)
            except BadStyle as error:
                faults.append(error)
        return styles, tuple(faults)

    def _entry(self, file: str, name: str, entry: Any) -> Style:
        if not isinstance(entry, dict):
            raise BadStyle(file, "", name, "stands in no entry: write [name] of its style above it")
        values: dict[str, Any] = {}
        key = "name"
        try:
            check_style_name(name)
            for key, value in entry.items():
                values[key] = self._value(key, value)
        except _Wrong as error:
            raise BadStyle(file, name, key, str(error)) from None
        except BadValue as error:
            problem = f"cannot be {error.value!r}: give {error.allowed}"
            raise BadStyle(file, name, key, problem) from None
        except UserError as error:
            problem = f"is wrong: {texts.sentence(error).rstrip('.')}"
            raise BadStyle(file, name, key, problem) from None
        if {"size", "aspect"} <= values.keys():
            raise BadStyle(file, name, "aspect", "cannot stand beside size: take one of them out")
        return Style(
            name=name,
            template=values.get("prompt", SUBJECT),
            negative=values.get("negative", ""),
            options={
                "lora" if key == "loras" else key: value
                for key, value in values.items()
                if key not in _TEXTS
            },
            title=values.get("title", ""),
            base=values.get("base", ""),
        )

    def _value(self, key: str, value: Any) -> Any:
        """Check one key. Raises ``UserError`` or ``_Wrong``."""
        if key not in _KEYS:
            near = nearest(key, _KEYS, most=1)
            hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_KEYS)}"
            raise _Wrong(f"is not a key of a style; {hint}")
        kinds, wanted = _KINDS.get(key, _TEXT)
        if not _is_one(value, kinds):
            raise _Wrong(f"cannot be {str(value)[:60]!r}: give {wanted}")
        if key == "loras":
            return self.loras(tuple(map(str, value)))
        return self._text(key, value) if key in _TEXTS else self.option(key, value)

    def _text(self, key: str, value: str) -> str:
        if key == "prompt":
            return self.template(value)
        if key == "negative":
            return self.negative(value)
        if key == "base" and value not in _BASES:
            raise _Wrong(f"cannot be {value[:60]!r}: give one of {', '.join(_BASES)}")
        return " ".join(value.split())[:_TITLE_MOST]

    def template(self, text: str) -> str:
        """Return a template that can be used. Raises ``BadValue`` and what prompts raise."""
        self._check_length("template", text)
        if text.count(SUBJECT) != 1:
            raise BadValue("template", text[:60], f"a template with {SUBJECT} in it once")
        if extract_loras(text)[1]:
            raise BadValue("template", text[:60], "words alone, and LoRAs by their own key")
        if read_alternatives(text.replace(SUBJECT, "it")).count > 1:
            raise BadValue("template", text[:60], "words without {a|b}, which belong to a prompt")
        check(StyleUse(NONE, text).over("it"), "prompt")
        return text

    def negative(self, text: str) -> str:
        """Return a negative prompt that can be used. Raises what prompts raise."""
        self._check_length("negative", text)
        check(text, "negative")
        return text

    def option(self, name: str, value: Any) -> Value:
        """Return the checked value of an option. Raises ``BadValue`` and ``UnknownName``."""
        checked = read_value(self._options[name], value)
        if name == "size" and isinstance(checked, tuple):
            self._check_size(*(int(str(side)) for side in checked))
        if name == "model" and checked not in self._models:
            raise UnknownName("model", str(checked)[:60], nearest(str(checked), self._models))
        return checked

    def loras(self, names: tuple[str, ...]) -> tuple[LoraWish, ...]:
        """Return checked LoRAs, each with a scale. Raises ``BadValue`` and ``UnknownName``."""
        wishes = read_value(self._options["lora"], names)
        found: list[LoraWish] = []
        for wish in wishes if isinstance(wishes, tuple) else ():
            if isinstance(wish, LoraWish):
                info = self._loras.find(wish.name)
                found.append(LoraWish(info.name, info.scale if wish.scale is None else wish.scale))
        return tuple(found)

    def _check_size(self, width: int, height: int) -> None:
        for side in (width, height):
            if side not in BOUNDS["width"] or side % SIZE_STEP:
                raise BadValue("size", f"{width}x{height}", f"multiples of {SIZE_STEP}")
        if width * height > self._limits.megapixels * 1e6:
            raise PictureTooLarge(width, height, self._limits.megapixels)

    def _check_length(self, name: str, text: str) -> None:
        most = self.chars_most
        if most is not None and len(text) > most:
            raise PromptTooLong(name, len(text), most)


def _is_one(value: Any, kinds: tuple[type, ...]) -> bool:
    return isinstance(value, kinds) and not isinstance(value, bool)


class _Wrong(Exception):
    """What is wrong with a key of the file, in words that follow its name."""
