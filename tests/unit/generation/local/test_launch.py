from __future__ import annotations

import os

import pytest

from generation.local.launch import SPINS, child_environment


def test_threads_of_a_child_wait_awake_for_a_moment_and_sleep_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)

    environment = child_environment()

    assert environment["OMP_WAIT_POLICY"] == "PASSIVE"
    assert environment["GOMP_SPINCOUNT"] == SPINS


@pytest.mark.parametrize("given", [{"GOMP_SPINCOUNT": "7"}, {"OMP_WAIT_POLICY": "ACTIVE"}])
def test_how_the_owner_lets_threads_wait_is_left_alone(
    given: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    environment = child_environment()

    assert given.items() <= environment.items()
    if "OMP_WAIT_POLICY" in given:
        assert "GOMP_SPINCOUNT" not in environment


def test_a_child_keeps_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp")

    assert "SLACK_APP_TOKEN" not in child_environment()
    assert child_environment()["PATH"] == os.environ["PATH"]
