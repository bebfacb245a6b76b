from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from generation.worker.kernels import keep_kernels, kept_bytes


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR"):
        monkeypatch.setenv(name, "elsewhere")


def test_kernels_of_another_version_make_room(tmp_path: Path) -> None:
    old, foreign = tmp_path / "torch-1.0-python-3.8", tmp_path / "notes"
    for folder in (old, foreign):
        folder.mkdir()
        (folder / "kernel.so").write_bytes(b"12345")
    place = keep_kernels(tmp_path)
    assert place is not None
    (place / "kernel.so").write_bytes(b"123")
    assert keep_kernels(tmp_path) == place
    assert kept_bytes(place) == 3
    assert foreign.exists()
    assert not old.exists()


def test_too_many_kernels_are_made_anew(tmp_path: Path) -> None:
    place = keep_kernels(tmp_path)
    assert place is not None
    (place / "kernel.so").write_bytes(b"123")
    assert keep_kernels(tmp_path, most=3) == place
    assert kept_bytes(place) == 3
    assert keep_kernels(tmp_path, most=2) == place
    assert kept_bytes(place) == 0


def test_what_another_process_compiles_into_stays(tmp_path: Path) -> None:
    place = keep_kernels(tmp_path / "own")
    assert place is not None
    others = [tmp_path / "own" / "torch-1.0-python-3.8", tmp_path / "shared" / place.name]
    hold = "import sys, filelock\nheld = [filelock.FileLock(path) for path in sys.argv[1:]]\n"
    hold += "for lock in held: lock.acquire()\nprint('held', flush=True)\nsys.stdin.read()"
    for other in others:
        other.mkdir(parents=True)
        (other / "kernel.so").write_bytes(b"123")
    locks = [str(other.with_name(f".{other.name}.lock")) for other in others]
    with subprocess.Popen(
        [sys.executable, "-c", hold, *locks], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        keep_kernels(tmp_path / "own")
        keep_kernels(tmp_path / "shared", most=2)
        assert [kept_bytes(other) for other in others] == [3, 3]
        process.communicate()
    keep_kernels(tmp_path / "own")
    keep_kernels(tmp_path / "shared", most=2)
    assert [kept_bytes(other) for other in others] == [0, 0]


def test_without_a_folder_torch_keeps_them_where_it_does() -> None:
    assert keep_kernels(None) is None
