"""How networks are carried out: fixed before the first picture, since it decides the pixels."""

from __future__ import annotations

from dataclasses import dataclass

from generation.batching import most_together
from generation.settings import Attention, Batching, Device, Dtype, Levers, Precision, Switch


@dataclass(frozen=True, slots=True)
class Execution:
    """The levers as this machine has them, for as long as the worker lives."""

    compile: bool = False
    channels_last: bool = False
    attention: Attention = "auto"
    prompt_keys: bool = False
    """Whether keys of prompts are kept, where a model is neither compiled nor streamed."""
    trace: Switch = "off"
    """Whether UNets are recorded and replayed; ``auto``: small ones. It decides no pixel."""
    vae_dtype: Dtype = "auto"
    """By the model where it is ``auto``: see ``loading``."""
    batching: Batching = "exact"
    batch: int = 1
    """The most pictures that go through the networks in one pass."""
    precision: Precision = "full"


def fix_execution(levers: Levers, device: Device, *, half: bool, compiles: bool) -> Execution:
    """Decide what ``auto`` means on a device, where UNets are in half precision or compiled.

    Where networks are compiled none is recorded.
    """
    return Execution(
        compile=compiles,
        channels_last=_channels_last(levers.channels_last, device, fast=half or compiles),
        attention=levers.attention,
        prompt_keys=levers.prompt_keys != "off",
        trace=_trace(levers, device, compiles=compiles),
        vae_dtype=levers.vae_dtype,
        batching=levers.batching,
        batch=most_together(levers),
        precision=levers.precision,
    )


def _channels_last(wanted: Switch, device: Device, *, fast: bool) -> bool:
    """Say whether the channels of a place lie side by side.

    cuDNN's kernels for tensor cores want them so, and would turn them round in every convolution.
    On a CPU mini's convolutions take 0.92 to 1.15 times as long with it, by the number of threads.
    """
    if wanted != "auto":
        return wanted == "on"
    return device == "cuda" and fast


def _trace(levers: Levers, device: Device, *, compiles: bool) -> Switch:
    if compiles or levers.precision != "full":
        return "off"
    if levers.trace == "auto" and device != "cpu":
        return "off"
    return levers.trace
