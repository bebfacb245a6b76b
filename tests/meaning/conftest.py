"""The shipped mini model, loaded once for all tests of meaning."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from generation.worker.training.studio import Studio

SHIPPED = Path(__file__).parents[2] / "generation" / "mini"
# diffusers' schedulers hand tensors to numpy in a way that numpy 2 frowns upon.
NOT_OURS = "ignore:__array__ implementation:DeprecationWarning"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.filterwarnings(NOT_OURS))


@pytest.fixture(scope="session")
def shipped() -> Path:
    return SHIPPED


@pytest.fixture(scope="session")
def loaded() -> Iterator[Studio]:
    # Two threads would spin for each other wherever another test has one of two cores.
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Studio(SHIPPED)
    torch.set_num_threads(threads)


@pytest.fixture
def studio(loaded: Studio) -> Iterator[Studio]:
    """The model without any LoRA, also when the test before it left one behind."""
    yield loaded
    loaded.unload_loras()
