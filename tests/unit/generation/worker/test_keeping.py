from __future__ import annotations

import pytest

from generation.worker.keeping import (
    PLAIN_PIXELS,
    SHARE,
    SPARED_BYTES,
    Place,
    Room,
    Waiting,
    extra_bytes,
    find_places,
    lora_bytes,
    machine_bytes,
    plan_room,
)
from generation.worker.memory import LORA_BYTES

GB = 1_000_000_000
RESERVED = LORA_BYTES + SPARED_BYTES


def places(room: Room, *waiting: tuple[int, bool]) -> list[Place]:
    return find_places([Waiting(size, on_device) for size, on_device in waiting], room)


def test_what_was_used_last_keeps_its_place_before_the_rest() -> None:
    room = Room(device=10, machine=0, both=10)
    assert places(room, (7, True), (7, True)) == ["device", "gone"]
    assert places(room, (7, True), (4, True), (3, True)) == ["device", "gone", "device"]


def test_what_has_no_place_on_the_device_waits_in_the_machine() -> None:
    room = Room(device=10, machine=7, both=17)
    assert places(room, (7, True), (7, True), (7, True)) == ["device", "machine", "gone"]
    assert places(room, (7, True), (1, False)) == ["device", "machine"]


def test_what_waits_in_the_machine_does_not_move_by_itself() -> None:
    assert places(Room(100, 7, 107), (7, False), (1, False)) == ["machine", "gone"]


def test_both_together_stay_within_what_the_owner_allows() -> None:
    room = Room(device=10, machine=10, both=12)
    assert places(room, (7, True), (6, False), (5, False)) == ["device", "gone", "machine"]
    assert places(Room(10, 0, 0), (1, True)) == ["gone"]


def test_by_itself_a_share_of_the_machine_is_for_models_that_wait() -> None:
    assert plan_room(32 * GB, None) == Room(0, int(32 * GB * SHARE), int(32 * GB * SHARE))
    assert plan_room(32 * GB, 20 * GB) == Room(0, 20 * GB, 20 * GB)


def test_a_device_keeps_room_for_loras_and_for_the_picture_to_come() -> None:
    spare = 50 * GB
    plain = plan_room(32 * GB, None, spare)
    assert plain.device == spare - RESERVED
    assert plain.both == plain.device + plain.machine
    large = plan_room(32 * GB, None, spare, extra_bytes(2 * PLAIN_PIXELS))
    assert 3 * GB < plain.device - large.device < 4 * GB
    together = plan_room(32 * GB, None, spare, extra_bytes(PLAIN_PIXELS, 4))
    assert 3 * GB < plain.device - together.device < 4 * GB
    assert plan_room(32 * GB, None, GB).device == 0
    assert plan_room(32 * GB, 8 * GB, spare).both == 8 * GB


def test_where_the_device_has_no_memory_of_its_own_nothing_counts_twice() -> None:
    assert plan_room(16 * GB, None, 5 * GB, apart=False) == Room(0, 2 * GB, 2 * GB)
    assert plan_room(16 * GB, 8 * GB, 30 * GB, apart=False) == Room(0, 8 * GB, 8 * GB)


@pytest.mark.parametrize(
    ("spare", "keep", "expected"),
    [(None, None, LORA_BYTES), (GB, None, GB), (50 * GB, 0, 0), (None, GB, GB)],
)
def test_loras_take_no_more_than_there_is(
    spare: int | None, keep: int | None, expected: int
) -> None:
    assert lora_bytes(spare, keep) == expected


def test_a_machine_has_some_memory() -> None:
    assert machine_bytes() > GB // 2
