from __future__ import annotations

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


def test_without_a_folder_torch_keeps_them_where_it_does() -> None:
    assert keep_kernels(None) is None
