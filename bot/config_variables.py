"""How the REROLL_ variables are read: lists as people write them, and JSON."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource


class Variables(EnvSettingsSource):
    """The environment. What is no JSON goes on as it is, for the key's own type to judge."""

    def decode_complex_value(self, field_name: str, field: FieldInfo, value: Any) -> Any:
        """Return what a variable of a list, a pair or a whole section means."""
        text = str(value).strip()
        if text.startswith(("[", "{")):
            try:
                return json.loads(text)
            except (ValueError, RecursionError):
                return value
        if _is_list(field):
            return [each.strip() for each in text.split(",") if each.strip()]
        return value


def _is_list(field: FieldInfo | None) -> bool:
    kind = field.annotation if field else None
    return get_origin(kind) is tuple and get_args(kind)[-1] is Ellipsis
