"""What people are told whose bench cannot be."""

from __future__ import annotations

import pytest

from generation import errors
from generation.bench.faults import sentence


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (errors.BadValue("size", "", "WxH"), "size cannot be nothing: give WxH."),
        (errors.OutOfMemory("cuda", 0, 64), "A picture of 0x64 is too large"),
        (errors.UnknownName("model", "mono", ("mini",)), "called mono: did you mean mini?"),
        (errors.UnknownName("model", "x"), "There is no model called x."),
        (errors.DeviceMissing("cuda", ("cpu", "mps")), "give cpu, mps."),
        (errors.ModelMissing("sdxl", "a/b", "no network"), "--random-weights sdxl."),
        (errors.NotMeasured("MemoryError"), "Nothing could be measured: MemoryError."),
        (errors.InternalFault("ab12"), "ab12"),
    ],
)
def test_every_fault_is_one_sentence(error: errors.UserError, told: str) -> None:
    said = sentence(error)
    assert told in said
    assert said.count("\n") == 0
    assert "{" not in said
