"""The database behind an asynchronous face: one thread writes, others only read."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from storage import sqlite
from storage.faults import database_faults

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

_TOGETHER: Final = 64
"""How many pieces of work may share one transaction, and so one wait for the disk."""


@dataclass(slots=True)
class _Task:
    work: Work[Any]
    done: Future[Any] = field(default_factory=Future)


class DatabaseThread:
    """One connection and the thread that alone uses it.

    Each piece of work is one transaction, or part of one with what arrived at the same time: its
    caller goes on only after the commit. When anything in such a shared transaction fails, all
    of it is rolled back and each piece is done again by itself, so that nobody's work is lost for
    another's fault. Work must therefore have no effect outside the database.
    """

    def __init__(self, path: Path, role: sqlite.Role) -> None:
        self._path = path
        self._engine = sqlite.create(path, role)
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._closing = False
        # A daemon, so that a program which ends without closing the store is not held up: an
        # open transaction is then rolled back, as after a kill.
        self._thread = threading.Thread(target=self._loop, name=f"database-{role}", daemon=True)

    def start(self) -> None:
        """Start the thread; it connects at the first piece of work."""
        self._thread.start()

    async def run(self, work: Work[Result]) -> Result:
        """Do one piece of work in the thread; it is committed when this returns.

        Raises what the work raises, and the errors of ``storage.faults``.
        """
        if self._closing:
            raise RuntimeError("the store is closed")
        task = _Task(work)
        self._tasks.put(task)
        result: Result = await asyncio.wrap_future(task.done)
        return result

    async def close(self) -> None:
        """Finish the work that waits, and end the thread."""
        if not self._closing:
            self._closing = True
            self._tasks.put(None)
        if self._thread.is_alive():
            await asyncio.to_thread(self._thread.join)

    def _loop(self) -> None:
        connection: Connection | None = None
        while tasks := self._take():
            tasks = [task for task in tasks if task.done.set_running_or_notify_cancel()]
            try:
                if connection is None:
                    with database_faults(self._path):
                        connection = self._engine.connect()
            except Exception as error:  # noqa: BLE001 - handed to those who wait
                for task in tasks:
                    task.done.set_exception(error)
                continue
            self._carry_out(connection, tasks)
        if connection is not None:
            connection.close()

    def _take(self) -> list[_Task]:
        """Wait for work and return it with what else has come; nothing after the last."""
        first = self._tasks.get()
        tasks = [] if first is None else [first]
        while tasks and len(tasks) < _TOGETHER:
            try:
                task = self._tasks.get_nowait()
            except Empty:
                break
            if task is None:
                self._tasks.put(None)
                break
            tasks.append(task)
        return tasks

    def _carry_out(self, connection: Connection, tasks: list[_Task]) -> None:
        try:
            with database_faults(self._path), connection.begin():
                results = [task.work(connection) for task in tasks]
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            if len(tasks) > 1:
                for task in tasks:
                    self._carry_out(connection, [task])
            elif tasks:
                tasks[0].done.set_exception(error)
            return
        for task, result in zip(tasks, results, strict=True):
            task.done.set_result(result)


class Database:
    """The threads of one database file. A slow search holds up neither a write nor a lookup."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self._threads = {role: DatabaseThread(path, role) for role in ("write", "read", "search")}

    def start(self) -> None:
        """Start the threads."""
        for thread in self._threads.values():
            thread.start()

    async def write(self, work: Work[Result]) -> Result:
        """Do something that changes rows; it is on the disk when this returns."""
        if self.read_only:
            raise RuntimeError("the store was opened to read only")
        return await self._threads["write"].run(work)

    async def read(self, work: Work[Result]) -> Result:
        """Look up a few rows by their keys."""
        return await self._threads["read"].run(work)

    async def search(self, work: Work[Result]) -> Result:
        """Look up rows in a way that can take a while."""
        return await self._threads["search"].run(work)

    async def close(self) -> None:
        """Finish what waits and close the file; the writer last, who tidies the journal."""
        for role in ("search", "read", "write"):
            await self._threads[role].close()
