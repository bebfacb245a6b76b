"""What is counted and measured of the bot's work, for an owner who watches it."""

from __future__ import annotations

from typing import Final, Protocol

from storage.records import JobRecord


class Meter(Protocol):
    """Is told what happens. It must return at once, and never raise."""

    def accepted(self, job: JobRecord) -> None:
        """Take note that a job is stored."""
        ...

    def started(self, job: JobRecord, waited: float) -> None:
        """Take note that a job is drawn for the first time, seconds after it was accepted."""
        ...

    def picture(self, job: JobRecord) -> None:
        """Take note of a picture that was kept."""
        ...

    def rendered(self, job: JobRecord, seconds: float) -> None:
        """Take note of how long a job was drawn."""
        ...

    def stopped(self, job: JobRecord) -> None:
        """Take note of a job that failed, with its ``error``, or was cancelled."""
        ...

    def delivered(self, job: JobRecord, seconds: float) -> None:
        """Take note that a result reached its asker, seconds after the job was accepted."""
        ...

    def acknowledged(self, platform: str, seconds: float) -> None:
        """Take note of a first answer, seconds after the question came in."""
        ...


class Unmetered:
    """A meter that nobody reads."""

    def accepted(self, job: JobRecord) -> None:
        """Forget it."""

    def started(self, job: JobRecord, waited: float) -> None:
        """Forget it."""

    def picture(self, job: JobRecord) -> None:
        """Forget it."""

    def rendered(self, job: JobRecord, seconds: float) -> None:
        """Forget it."""

    def stopped(self, job: JobRecord) -> None:
        """Forget it."""

    def delivered(self, job: JobRecord, seconds: float) -> None:
        """Forget it."""

    def acknowledged(self, platform: str, seconds: float) -> None:
        """Forget it."""


UNMETERED: Final[Meter] = Unmetered()
