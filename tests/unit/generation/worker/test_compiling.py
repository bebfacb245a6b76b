from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
import torch.compiler.config as compiler_config

from generation.engine import Preparing
from generation.errors import CompileFailed, CompilerMissing, DiskFull
from generation.settings import Attention
from generation.worker import compiling
from generation.worker.compiling import Compiler, Kind, canonical, fix_compiling
from generation.worker.painter import Stopped


def doubled(network: Any, numbers: torch.Tensor) -> torch.Tensor:
    return torch.as_tensor(network(numbers)) * 2


def broken(network: Any, numbers: torch.Tensor) -> torch.Tensor:
    torch._dynamo.graph_break()
    return doubled(network, numbers)


def kind(rows: int, **changes: Any) -> Kind:
    return Kind(rows, f"{rows} rows", lambda: (torch.zeros(rows, 3),), **changes)


@pytest.fixture(autouse=True)
def _tag() -> Iterator[None]:
    """Leave the names of kernels as they are."""
    config: Any = compiler_config
    with config.patch(cache_key_tag=""):
        yield


@pytest.fixture
def network() -> Any:
    torch.manual_seed(1)
    return torch.nn.Linear(3, 2).requires_grad_(False)


def test_each_kind_of_call_is_compiled_once_and_told_before(network: Any) -> None:
    compiler, told = Compiler("eager"), list[Preparing]()
    compiler.report_to(told.append)
    with torch.no_grad():
        for rows in (2, 4, 2, 4):
            numbers = torch.rand(rows, 3)
            graph = compiler.graph(kind(rows), doubled, network)
            assert torch.equal(graph(network, (numbers,)), network(numbers) * 2)
    assert told == [Preparing("compiling", "2 rows"), Preparing("compiling", "4 rows")]
    assert compiler.graphs == 2


def test_what_fits_a_graph_is_never_compiled_again(network: Any) -> None:
    compiler = Compiler("eager")
    fixed = compiler.graph(kind(4), doubled, network)
    free = compiler.graph(kind(5, dynamic=((0,),)), doubled, network)
    other = torch.nn.Linear(3, 2).requires_grad_(False)
    same = torch.rand(4, 3)
    with torch.no_grad(), torch.compiler.set_stance("fail_on_recompile"):
        for rows in (7, 2, 4, 9):
            numbers = torch.rand(2 * rows, 6)[::2, ::2]
            assert torch.equal(free(network, (numbers,)), network(numbers) * 2)
        # A tensor that has been through the free graph is no other one for the fixed graph.
        assert torch.equal(free(other, (same,)), fixed(other, (same,)))
        assert torch.equal(fixed(network, (same.T.contiguous().T,)), network(same) * 2)


def test_a_graph_that_cannot_be_compiled_fails_its_order_alone(network: Any) -> None:
    compiler = Compiler("eager")
    with pytest.raises(CompileFailed) as failed:
        compiler.graph(kind(2), broken, network)
    assert failed.value.what == "2 rows"
    assert failed.value.reason
    assert compiler.graphs == 0
    assert compiler.graph(kind(3), doubled, network)(network, (torch.ones(3, 3),)).shape == (3, 2)


def test_what_could_not_be_compiled_is_not_tried_again_at_once(
    network: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiler, told = Compiler("eager"), list[Preparing]()
    compiler.report_to(told.append)
    for _ in range(2):
        with pytest.raises(CompileFailed, match="2 rows"):
            compiler.graph(kind(2), broken, network)
    assert len(told) == 1
    monkeypatch.setattr(compiling, "AGAIN_SECONDS", 0.0)
    compiler.graph(kind(2), doubled, network)
    assert len(told) == 2


@pytest.mark.parametrize("in_words", [True, False])
def test_a_disk_that_is_full_is_told_as_what_it_is(network: Any, in_words: bool) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def example() -> Any:
        if in_words:
            raise RuntimeError(f"g++: {full.strerror}")
        raise RuntimeError("the compiler failed") from full

    compiler = Compiler("eager")
    with pytest.raises(DiskFull):
        compiler.graph(Kind(2, "2 rows", example), doubled, network)
    # Once there is room again, it is compiled.
    compiler.graph(kind(2), doubled, network)


def test_a_network_of_another_build_is_compiled_before_its_picture(network: Any) -> None:
    compiler, told = Compiler("eager"), list[Preparing]()
    compiler.report_to(told.append)
    shared = kind(5, dynamic=((0,),))
    alike = torch.nn.Linear(3, 2).requires_grad_(False)
    another = torch.nn.Sequential(alike).requires_grad_(False)
    for each in (network, alike, another, another):
        graph = compiler.graph(shared, doubled, each)
        with torch.no_grad(), torch.compiler.set_stance("fail_on_recompile"):
            assert graph(each, (torch.ones(7, 3),)).shape == (7, 2)
    assert told == [Preparing("compiling", "5 rows")] * 2
    assert compiler.graphs == 1


def test_who_is_told_may_end_it_before_it_begins(network: Any) -> None:
    compiler = Compiler("eager")

    def stop(event: Preparing) -> None:
        raise Stopped

    compiler.report_to(stop)
    with pytest.raises(Stopped):
        compiler.graph(kind(2), doubled, network)
    assert compiler.graphs == 0


def test_tensors_are_laid_out_alike_whatever_they_were() -> None:
    numbers = torch.rand(1, 4, 3, 2)
    for laid in (numbers, numbers.to(memory_format=torch.channels_last), numbers[:, :, ::2]):
        own = canonical(laid)
        assert own is not None
        assert own is not laid
        assert own.stride() == torch.empty(laid.shape).stride()
        assert torch.equal(own, laid)
    assert canonical(None) is None


def test_nothing_is_compiled_on_a_cpu_unless_that_is_wanted() -> None:
    assert not fix_compiling("auto", "cpu", None)
    assert not fix_compiling("off", "cuda", None)


def break_compiler(monkeypatch: pytest.MonkeyPatch, error: Exception | None) -> None:
    """Let torch's compiler fail with an error, or do nothing."""

    def compile_none(function: Any, **options: Any) -> Any:
        if error is not None:
            raise error
        return lambda numbers: numbers

    monkeypatch.setattr(torch, "compile", compile_none)
    monkeypatch.setattr(torch, "ones", lambda size, device: torch.zeros(size))


def test_a_compiler_that_does_not_work_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    break_compiler(monkeypatch, RuntimeError("no compiler here"))
    with pytest.raises(CompilerMissing) as missing:
        fix_compiling("on", "cpu", None)
    assert missing.value.reason == "no compiler here"
    # Where it is left open, the worker goes on without.
    assert not fix_compiling("auto", "cuda", None)
    assert missing.value.reason in caplog.text


def test_what_passes_does_not_decide_that_nothing_is_compiled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = tmp_path / "compiled"
    in_the_way.write_text("no folder")
    break_compiler(monkeypatch, None)
    assert fix_compiling("auto", "cuda", in_the_way)
    assert str(in_the_way) in caplog.text
    break_compiler(monkeypatch, torch.OutOfMemoryError("CUDA out of memory"))
    with pytest.raises(torch.OutOfMemoryError):
        fix_compiling("auto", "cuda", None)
    break_compiler(monkeypatch, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    with pytest.raises(DiskFull):
        fix_compiling("auto", "cuda", None)


def test_kernels_are_told_apart_by_what_carries_attention_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    break_compiler(monkeypatch, None)
    tags = []
    for attention in get_args(Attention):
        assert fix_compiling("on", "cpu", None, attention)
        tags.append(compiler_config.cache_key_tag)
    assert len(set(tags)) == len(get_args(Attention))
