"""Which operation a method and a path mean."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from tests.discord_server.form_errors import ApiError


@dataclass(frozen=True)
class Route:
    """One operation of the API."""

    method: str
    template: str
    operation: str
    is_open: bool = False
    """Whether it goes without the bot's token, as what carries a token in its path does."""
    takes_files: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        escaped = re.escape(self.template)
        return re.compile("^" + re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", escaped) + "$")


class Routes:
    """All operations that exist."""

    def __init__(self, routes: Iterable[Route]) -> None:
        # A path with a fixed word, like @original, wins over one with a variable in its place.
        self._routes = sorted(routes, key=lambda route: route.template.count("{"))

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """The operation and the variables in its path; ``ApiError`` if there is none."""
        is_known = False
        for route in self._routes:
            if found := route.pattern.match(path):
                is_known = True
                if route.method == method:
                    return route, found.groupdict()
        if is_known:
            raise ApiError(405, 0, "405: Method Not Allowed")
        raise ApiError(404, 0, "404: Not Found")
