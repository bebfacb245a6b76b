"""Which graph a call of a network meets: decided by its shape alone.

The usual calls have graphs of their own. All others share a few in which height, width, tokens and
batch are left open. More than one is needed, since the code differs by whether a batch is a single
picture, and by whether a side can be halved as often as a UNet halves it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from typing import Any, Final

from generation.worker.compiling import Compiler, Function, Graph, Kind, Tensors

TOKENS: Final = 77
"""Tokens of a prompt that is not longer than the text encoders read at a time."""

Dimensions = tuple[tuple[int, ...], ...]
"""Of each tensor of a call the dimensions that are left open."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a call decides its graph, in latents; a decoder reads no ``tokens``."""

    batch: int
    height: int
    width: int
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Rest:
    """What calls that share a graph have in common.

    ``halves`` says of height and width whether the network's halvings leave no remainder. With one
    in the height the code does not look at the width any more.
    """

    single: bool
    halves: tuple[bool, bool]


def rest_of(shape: Shape, multiple: int) -> Rest:
    """Return what a call shares with others; sides are halved evenly where ``multiple`` fits."""
    height, width = shape.height % multiple == 0, shape.width % multiple == 0
    return Rest(shape.batch == 1, (height, width or not height))


def example_of(rest: Rest, own: Shape, multiple: int) -> Shape:
    """Return the shape by which a shared graph is made: always the same one for a model."""
    height, width = (
        side - side % multiple + (not evenly)
        for side, evenly in zip((own.height, own.width), rest.halves, strict=True)
    )
    tokens = 2 * TOKENS if own.tokens else 0
    return Shape(1 if rest.single else 2, height, width, tokens)


@dataclass(frozen=True, slots=True)
class Calls:
    """How one kind of network is called.

    ``build`` is equal for networks that differ in their weights alone: they share their graphs.
    ``function`` takes a network and the tensors that ``example`` makes for a shape; ``left_open``
    says which of their dimensions may differ, for single pictures and for others.
    """

    build: Hashable
    function: Function
    example: Callable[[Shape], Tensors]
    left_open: Callable[[bool], Dimensions]
    multiple: int = 1


class Graphs:
    """The graphs of one network. ``usual`` are the calls that it is made ready for.

    The first of them is at the model's own size. These sizes have graphs of their own for
    ``batches`` as well. ``what`` names the network for people, ``factor`` is pixels a latent.
    """

    def __init__(
        self,
        compiler: Compiler,
        calls: Calls,
        usual: tuple[Shape, ...],
        what: str,
        factor: int,
        *,
        batches: tuple[int, ...] = (),
    ) -> None:
        self._compiler = compiler
        self._calls = calls
        self._usual = usual
        others = {replace(shape, batch=batch) for shape in usual for batch in batches}
        self._fixed = frozenset((*usual, *others))
        self._what = what
        self._factor = factor

    def warm_up(self, network: Any) -> None:
        """Compile the usual calls."""
        for shape in self._usual:
            self._own(shape, network)

    def warm_up_next(self, network: Any) -> bool:
        """Compile one graph more, of the usual calls or of what most others share.

        Returns whether there was one to compile.
        """
        before = self._compiler.graphs
        for shape in self._usual:
            self._own(shape, network)
            if self._compiler.graphs > before:
                return True
        self._shared(Rest(self._usual[0].batch == 1, (True, True)), network)
        return self._compiler.graphs > before

    def graph(self, shape: Shape, network: Any) -> Graph | None:
        """Return the graph of a call, compiled first if need be; none where it has none.

        Raises as ``Compiler.graph`` does.
        """
        if shape in self._fixed:
            return self._own(shape, network)
        return self._shared(rest_of(shape, self._calls.multiple), network)

    def _own(self, shape: Shape, network: Any) -> Graph:
        size = f"{shape.width * self._factor}x{shape.height * self._factor}"
        batch = f" by {shape.batch}" if shape.batch > 2 else ""
        kind = Kind(
            (self._calls.build, shape),
            f"{self._what} {size}{batch}",
            lambda: self._calls.example(shape),
        )
        return self._compiler.graph(kind, self._calls.function, network)

    def _shared(self, rest: Rest, network: Any) -> Graph | None:
        if rest.single and next(network.parameters()).device.type == "cpu":
            # There torch chooses how it convolves a single picture by its size, so that every size
            # would be a graph of its own.
            return None
        example = example_of(rest, self._usual[0], self._calls.multiple)
        kind = Kind(
            # The example is part of it: the kernels are chosen by its numbers.
            (self._calls.build, rest, example),
            f"{self._what} at other sizes",
            lambda: self._calls.example(example),
            self._calls.left_open(rest.single),
        )
        return self._compiler.graph(kind, self._calls.function, network)
