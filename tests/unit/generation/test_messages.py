from __future__ import annotations

import io
import os
import pickle

import pytest

from generation.engine import Failed, Order, Preview
from generation.errors import DeviceMissing, WorkerDied
from generation.recipe import Recipe
from generation.worker.channel import Channel
from generation.worker.messages import Happened, Run, StartFailed, Stepped

RECIPE = Recipe(prompt="a", seed=1, width=64, height=64, steps=1, guidance=1, model="mini")
MESSAGES = [
    Run(3, Order("k7f3q2", RECIPE, (1, 2))),
    Stepped("ab", 3, 1, "base", 1, 20, 0.5, Preview(1, 1, b"abc")),
]


@pytest.mark.parametrize("message", MESSAGES)
def test_messages_come_through_a_channel_as_they_were(message: object) -> None:
    sent = io.BytesIO()
    Channel(io.BytesIO(), sent).send(message)
    assert Channel(io.BytesIO(sent.getvalue()), io.BytesIO()).receive() == message


def test_a_message_cut_off_is_the_end_of_the_channel() -> None:
    sent = io.BytesIO()
    Channel(io.BytesIO(), sent).send(MESSAGES[0])
    for length in (0, 3, len(sent.getvalue()) - 1):
        with pytest.raises(EOFError):
            Channel(io.BytesIO(sent.getvalue()[:length]), io.BytesIO()).receive()


def test_a_long_message_passes_a_pipe_in_pieces() -> None:
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as reader, os.fdopen(writing, "wb") as writer:
        Channel(io.BytesIO(), writer).send(list(range(3000)))
        assert Channel(reader, io.BytesIO()).receive() == list(range(3000))


def test_errors_keep_their_fields_on_the_way() -> None:
    error = pickle.loads(pickle.dumps(Happened("ab", 1, Failed(WorkerDied(2, "SIGSEGV")))))  # noqa: S301
    assert error.event.error.values() == {"attempts": 2, "reason": "SIGSEGV"}
    failed = pickle.loads(pickle.dumps(StartFailed("ab", "", DeviceMissing("cuda", ("cpu",)))))  # noqa: S301
    assert failed.error.present == ("cpu",)


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        setattr(MESSAGES[0], "run", 4)  # noqa: B010 - a type checker refuses the plain way
