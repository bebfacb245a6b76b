"""What a compiler raises, in the errors that people are told."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

from generation.errors import CompileFailed, DiskFull, UserError

_NO_SPACE: Final = os.strerror(errno.ENOSPC)

log = logging.getLogger(__name__)


@contextmanager
def failing(what: str) -> Iterator[None]:
    """Turn what a compiler raises into the error for people, all but what says memory is out."""
    try:
        yield
    except (UserError, torch.OutOfMemoryError, MemoryError):
        raise
    except Exception as error:
        if "out of memory" in str(error):
            raise
        if any(_NO_SPACE in str(each) for each in _causes(error)):
            raise DiskFull(
                os.environ.get("TORCHINDUCTOR_CACHE_DIR", tempfile.gettempdir())
            ) from error
        log.warning("compiling %s failed", what, exc_info=True)
        raise CompileFailed(what, first_line(error)) from error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it. What other processes compile tells it in words alone."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def first_line(error: BaseException) -> str:
    """Return the first line of an error that says anything."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:200] if lines else type(error).__name__
