"""How networks are carried out: fixed before the first picture, since it decides the pixels."""

from __future__ import annotations

from dataclasses import dataclass

from generation.batching import most_together
from generation.settings import Attention, Batching, Dtype, Levers, Precision


@dataclass(frozen=True, slots=True)
class Execution:
    """The levers as this machine has them, for as long as the worker lives."""

    compile: bool = False
    channels_last: bool = False
    attention: Attention = "auto"
    prompt_keys: bool = False
    vae_dtype: Dtype = "auto"
    """By the model where it is ``auto``: see ``loading``."""
    batching: Batching = "exact"
    batch: int = 1
    """The most pictures that go through the networks in one pass."""
    precision: Precision = "full"


def fix_execution(levers: Levers) -> Execution:
    """Decide what ``auto`` means here."""
    return Execution(
        compile=levers.compile == "on",
        channels_last=levers.channels_last == "on",
        attention=levers.attention,
        prompt_keys=levers.prompt_keys == "on",
        vae_dtype=levers.vae_dtype,
        batching=levers.batching,
        batch=most_together(levers),
        precision=levers.precision,
    )
