from __future__ import annotations

import pytest

from generation.settings import Device, Levers, Switch
from generation.worker.execution import Execution, fix_execution


def fixed(
    device: Device, *, half: bool = False, compiles: bool = False, **levers: str
) -> Execution:
    return fix_execution(Levers(**levers), device, half=half, compiles=compiles)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("device", "half", "compiles", "expected"),
    [
        ("cuda", True, False, True),
        ("cuda", False, True, True),
        ("cuda", False, False, False),
        ("cpu", False, False, False),
        ("cpu", False, True, False),
        ("mps", True, False, False),
    ],
)
def test_channels_lie_side_by_side_where_tensor_cores_want_them_so(
    device: Device, half: bool, compiles: bool, expected: bool
) -> None:
    assert fixed(device, half=half, compiles=compiles).channels_last is expected
    for wanted in ("on", "off"):
        chosen = fixed(device, half=half, compiles=compiles, channels_last=wanted)
        assert chosen.channels_last is (wanted == "on")


@pytest.mark.parametrize(("wanted", "expected"), [("auto", True), ("on", True), ("off", False)])
def test_keys_of_prompts_are_kept_unless_that_is_not_wanted(wanted: str, expected: bool) -> None:
    assert fixed("cuda", half=True, prompt_keys=wanted).prompt_keys is expected


@pytest.mark.parametrize(
    ("device", "wanted", "expected"),
    [
        ("cpu", "auto", "auto"),
        ("cuda", "auto", "off"),
        ("cuda", "on", "on"),
        ("cpu", "on", "on"),
        ("cpu", "off", "off"),
    ],
)
def test_networks_are_recorded_on_a_cpu_or_where_that_is_wanted(
    device: Device, wanted: Switch, expected: Switch
) -> None:
    assert fixed(device, trace=wanted).trace == expected
    assert fixed(device, trace=wanted, compiles=True).trace == "off"
    assert fixed(device, trace=wanted, precision="int8").trace == "off"
