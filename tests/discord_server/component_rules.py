"""What Discord asks of buttons, selects, rows and forms."""

from __future__ import annotations

from collections.abc import Iterable

from tests.discord_server.form_errors import Flaw, Path, required_flaw
from tests.discord_server.limits import COMPONENTS, SELECT_OPTION, length_flaws
from tests.discord_server.records import Payload

ROW, BUTTON, SELECT = 1, 2, 3
LINK, PREMIUM = 5, 6
ROWS = 5
TOTAL = 40


class ComponentRules:
    """Goes through components and collects what is wrong."""

    def __init__(self, *, is_modal: bool = False, is_v2: bool = False) -> None:
        self.is_modal = is_modal
        self.is_v2 = is_v2
        self.flaws: list[Flaw] = []
        self._custom_ids: set[str] = set()
        self._total = 0

    def check(self, components: list[Payload]) -> list[Flaw]:
        """What is wrong with the components of a message or a form."""
        for index, component in enumerate(components):
            self._walk(component, ["components", index])
            self._check_place(component, index)
        if not self.is_v2 and not self.is_modal and len(components) > ROWS:
            self._flaw(
                ["components"], "BASE_TYPE_BAD_LENGTH", f"Must be between 1 and {ROWS} in length."
            )
        if self._total > TOTAL:
            self._flaw(
                ["components"],
                "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED",
                f"The total number of components cannot exceed {TOTAL}",
            )
        return self.flaws

    def _flaw(self, path: Path, code: str, message: str) -> None:
        self.flaws.append(Flaw(path, code, message))

    def _check_place(self, component: Payload, index: int) -> None:
        if not self.is_v2 and not self.is_modal and component.get("type") != ROW:
            path: Path = ["components", index, "type"]
            self._flaw(path, "BASE_TYPE_CHOICES", f"Value must be one of ({ROW},).")

    def _walk(self, component: Payload, path: Path) -> None:
        self._total += 1
        kind = component.get("type", 0)
        if kind in COMPONENTS:
            self.flaws += length_flaws(component, COMPONENTS[kind], path)
        self._check_custom_id(component, path)
        if kind == BUTTON:
            self._check_button(component, path)
        elif kind == SELECT:
            self._check_select(component, path)
        elif kind == ROW and not self.is_modal:
            self._check_row(component, path)
        for inner_path, inner in _inner(component):
            self._walk(inner, path + inner_path)

    def _check_custom_id(self, component: Payload, path: Path) -> None:
        custom_id = component.get("custom_id")
        if custom_id and custom_id in self._custom_ids:
            self._flaw(
                [*path, "custom_id"],
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            )
        if custom_id:
            self._custom_ids.add(custom_id)

    def _check_button(self, button: Payload, path: Path) -> None:
        style, custom_id, url = (button.get(key) for key in ("style", "custom_id", "url"))
        if style is None:
            self.flaws.append(required_flaw([*path, "style"]))
        elif style not in range(1, PREMIUM + 1):
            words = f"Value must be one of {tuple(range(1, PREMIUM + 1))}."
            self._flaw([*path, "style"], "BASE_TYPE_CHOICES", words)
        if style == LINK and not url:
            self._flaw([*path, "url"], "BASE_TYPE_REQUIRED", "A url is required")
        if style in range(1, LINK) and not custom_id:
            self._flaw([*path, "custom_id"], "BASE_TYPE_REQUIRED", "A custom id is required")
        if custom_id and url:
            self._flaw(
                path,
                "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
                "A custom id and url cannot both be specified",
            )
        if style != PREMIUM and not button.get("label") and not button.get("emoji"):
            self._flaw(path, "BUTTON_COMPONENT_INVALID", "A button needs a label or an emoji")

    def _check_select(self, select: Payload, path: Path) -> None:
        options = select.get("options") or []
        for index, option in enumerate(options):
            self.flaws += length_flaws(option, SELECT_OPTION, [*path, "options", index])
        least, most = select.get("min_values", 1), select.get("max_values") or 1
        if options and most > len(options):
            self._flaw(
                [*path, "max_values"],
                "SELECT_COMPONENT_INVALID_MAX_VALUES",
                f"Must be {len(options)} or fewer",
            )
        if (least if least is not None else 1) > most:
            self._flaw(
                [*path, "min_values"],
                "SELECT_COMPONENT_INVALID_MIN_VALUES",
                "min_values above max_values",
            )
        if _repeats(option.get("value") for option in options):
            self._flaw(
                [*path, "options"],
                "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
                "The specified option value is already used",
            )

    def _check_row(self, row: Payload, path: Path) -> None:
        kinds = [component.get("type") for component in row.get("components") or []]
        if len(kinds) > 1 and any(kind != BUTTON for kind in kinds):
            self._flaw(
                [*path, "components"],
                "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
                "A select takes a whole row",
            )


def _inner(component: Payload) -> Iterable[tuple[Path, Payload]]:
    for key in ("components", "items"):
        for index, inner in enumerate(component.get(key) or []):
            if isinstance(inner, dict) and "type" in inner:
                yield [key, index], inner
    for key in ("accessory", "component"):
        if isinstance(component.get(key), dict):
            yield [key], component[key]


def _repeats(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) != len(listed)
