from __future__ import annotations

import numpy as np

from generation.worker.blending import in_tone, paste_back

GROUND = (248, 218, 40)
TINTED = (240, 210, 46)
"""What the autoencoder of the mini model can make of the colour above."""


def flat(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((48, 64, 3), colour, np.uint8)


def right_half() -> np.ndarray:
    hole = np.zeros((48, 64), np.float32)
    hole[:, 32:] = 1
    return hole


def test_what_is_kept_stays_to_the_bit_and_the_rest_is_mixed() -> None:
    hole = right_half()
    hole[:, 32:40] = 0.25
    mixed = paste_back(flat((200, 0, 100)), flat((100, 0, 0)), hole)
    assert (mixed[:, :32] == (100, 0, 0)).all()
    assert (mixed[:, 32:40] == (125, 0, 25)).all()
    assert (mixed[:, 40:] == (200, 0, 100)).all()


def test_a_tint_that_the_kept_part_got_is_taken_off_the_new_part() -> None:
    toned = in_tone(flat(TINTED), flat(GROUND), right_half())
    assert np.abs(toned[:, 32:].astype(int) - GROUND).max() <= 1


def test_what_is_new_in_the_hole_keeps_its_contrast() -> None:
    painted = flat(TINTED)
    painted[10:20, 48:60] = (20, 60, 200)
    toned = in_tone(painted, flat(GROUND), right_half()).astype(int)
    assert np.abs(toned[15, 54] - (28, 68, 194)).max() <= 1


def test_without_an_edge_there_is_no_tint_to_know_of() -> None:
    painted = flat(TINTED)
    for hole in (np.ones((48, 64), np.float32), np.zeros((48, 64), np.float32)):
        assert in_tone(painted, flat(GROUND), hole) is painted
