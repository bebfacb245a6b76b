"""Networks compiled by ``torch.compile``: a graph for each kind of call, and none by chance.

Left to itself torch compiles again whenever a call differs from those before it, so that the graph
a call meets, and with it the last bits of a picture, depends on history. Here whoever calls says
which graph it is to be. A graph is made by an example that depends on its kind alone, since the
compiler chooses its kernels by the numbers that it sees; and every graph has a code object of its
own, by which torch keeps its entries apart and counts them against its limit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FunctionType
from typing import Any, Final
from weakref import WeakSet

import torch
import torch._dynamo.config as dynamo_config
import torch._inductor.config as inductor_config
from torch._dynamo import mark_dynamic

from generation.engine import Preparing
from generation.errors import CompileFailed, CompilerMissing
from generation.settings import Attention, Switch
from generation.worker.compile_faults import failing
from generation.worker.kernels import keep_kernels, name_kernels

Report = Callable[[Preparing], None]
Tensors = tuple[torch.Tensor | None, ...]
Function = Callable[..., torch.Tensor]
"""Takes a network and tensors, and returns what the network makes of them."""

ENTRIES: Final = 64
"""Times that torch may compile one graph again, as for models that differ in more than weights."""

AGAIN_SECONDS: Final = 300.0
"""What could not be compiled is tried again after that: it takes long, and mostly ends alike."""

_OPTIONS: Final = {
    # Nothing is chosen by the clock: another start would choose otherwise.
    "deterministic": True,
    "shape_padding": False,
}

log = logging.getLogger(__name__)


def fix_compiling(
    wanted: Switch, device: str, folder: Path | None, attention: Attention = "auto"
) -> bool:
    """Say whether networks are compiled on this machine, for as long as the worker lives.

    ``auto`` is yes on CUDA with a compiler that works. On a CPU the mini model's base alone takes
    96 s the first time. ``folder`` is where kernels are kept, ``attention`` what they are made
    with. What may have passed at the next start decides nothing: where the folder cannot be
    written, kernels are kept where torch does, and a full disk or memory is raised. Raises
    ``CompilerMissing`` where compiling is wanted and does not work, ``DiskFull``, and what says
    that memory is out.
    """
    if wanted == "off" or (wanted == "auto" and device != "cuda"):
        return False
    name_kernels(attention)
    try:
        keep_kernels(folder)
    except OSError as error:
        log.warning("compiled kernels are not kept for later starts: %s", error)
    try:
        with failing("the first kernel"):
            _try_out(device)
    except CompileFailed as error:
        if wanted == "on":
            raise CompilerMissing(error.reason) from error
        log.warning("networks are not compiled, since that does not work here: %s", error.reason)
        return False
    return True


def _try_out(device: str) -> None:
    compiled = torch.compile(lambda numbers: numbers * 2 + 1, fullgraph=True, dynamic=False)
    with torch.no_grad():
        compiled(torch.ones(8, device=device))


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of call: all of these meet one graph.

    ``key`` tells it from the others, ``what`` names it for people. ``example`` makes tensors of
    that kind; ``dynamic`` are the dimensions of each that may differ from call to call.
    """

    key: Hashable
    what: str
    example: Callable[[], Tensors]
    dynamic: tuple[tuple[int, ...], ...] = ()


class Compiler:
    """Holds the graphs of this process. ``backend`` is one of torch's, for tests."""

    def __init__(self, backend: str = "inductor") -> None:
        self._backend = backend
        self._graphs: dict[Hashable, Graph] = {}
        self._failed: dict[Hashable, tuple[float, CompileFailed]] = {}
        self._report: Report = _nobody
        self.seconds = 0.0
        """Spent on compiling so far."""
        dynamo_config.recompile_limit = ENTRIES

    def report_to(self, report: Report) -> None:
        """Tell somebody what is compiled from here on; what they raise ends it before it begins."""
        self._report = report

    @property
    def graphs(self) -> int:
        """How many graphs there are."""
        return len(self._graphs)

    def graph(self, kind: Kind, function: Function, network: torch.nn.Module) -> Graph:
        """Return the graph of a kind of call, compiled first if there is none that fits a network.

        Raises ``CompileFailed``, at once where it has just failed, ``DiskFull``, and what says
        that memory is out.
        """
        graph = self._graphs.get(kind.key)
        if graph is None:
            graph = Graph(function, self._backend, kind.dynamic)
            self._compile(kind, graph, network)
            self._graphs[kind.key] = graph
        elif not graph.fits(network, kind.example):
            self._compile(kind, graph, network)
        return graph

    def _compile(self, kind: Kind, graph: Graph, network: torch.nn.Module) -> None:
        begun = time.monotonic()
        at, failed = self._failed.get(kind.key, (0.0, None))
        if failed is not None and begun - at < AGAIN_SECONDS:
            raise CompileFailed(failed.what, failed.reason)
        self._report(Preparing("compiling", kind.what))
        try:
            with failing(kind.what), torch.no_grad():
                graph(network, kind.example())
        except CompileFailed as error:
            self._failed[kind.key] = time.monotonic(), error.with_traceback(None)
            raise
        graph.met.add(network)
        seconds = time.monotonic() - begun
        self.seconds += seconds
        log.info("compiled %s in %.1f s", kind.what, seconds)


class Graph:
    """A function that is compiled for one kind of call."""

    def __init__(
        self, function: Function, backend: str, dynamic: Sequence[tuple[int, ...]]
    ) -> None:
        self._dynamic = dynamic
        self.met: WeakSet[torch.nn.Module] = WeakSet()
        """The networks that it has been compiled for."""
        options = _known(_OPTIONS) if backend == "inductor" else None
        self._run: Function = torch.compile(
            _with_own_code(function),
            fullgraph=True,
            dynamic=False,
            backend=backend,
            options=options,
        )

    def __call__(self, network: torch.nn.Module, tensors: Tensors) -> torch.Tensor:
        """Return what the function makes of a network and tensors of the graph's kind."""
        # The marks are set on objects of our own: a tensor that bears some fits no static graph.
        own = [canonical(tensor) for tensor in tensors]
        for tensor, dimensions in zip(own, self._dynamic, strict=bool(self._dynamic)):
            if tensor is not None and dimensions:
                mark_dynamic(tensor, list(dimensions))
        return self._run(network, *own)

    def fits(self, network: torch.nn.Module, example: Callable[[], Tensors]) -> bool:
        """Say whether nothing has to be compiled for a network, by an example of its kind.

        Otherwise torch would compile in the middle of a picture, by the numbers of that picture.
        """
        if network not in self.met:
            try:
                with torch.compiler.set_stance("fail_on_recompile"), torch.no_grad():
                    self(network, example())
            except RuntimeError as error:
                if "fail_on_recompile" not in str(error):
                    raise
                return False
            self.met.add(network)
        return True


def canonical(tensor: torch.Tensor | None) -> torch.Tensor | None:
    """Return the same numbers in an object of their own, row by row in memory.

    Tensors of one shape can be laid out in many ways, each of which would be another graph.
    """
    if tensor is None:
        return None
    if tensor.is_contiguous() and tensor.stride() == _row_by_row(tensor.shape):
        return tensor.detach()
    return torch.empty(tensor.shape, dtype=tensor.dtype, device=tensor.device).copy_(tensor)


def _row_by_row(shape: Sequence[int]) -> tuple[int, ...]:
    strides, step = [], 1
    for side in reversed(shape):
        strides.append(step)
        step *= max(side, 1)
    return tuple(reversed(strides))


def _with_own_code(function: Function) -> Function:
    """Return a copy of a function that torch takes for another one."""
    if not isinstance(function, FunctionType):
        raise TypeError("only plain functions can be compiled")
    return FunctionType(
        function.__code__.replace(), function.__globals__, function.__name__, function.__defaults__
    )


def _known(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what this version of torch has no option for."""
    return {name: on for name, on in options.items() if hasattr(inductor_config, name)}


def _nobody(event: Preparing) -> None:
    """Hear nothing."""
