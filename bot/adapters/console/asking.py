"""One command from a terminal: asked, watched, stopped with Ctrl-C, and answered."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from bot.adapters.console.progress import LiveProgress
from bot.adapters.console.session import Session
from bot.invocation import Given, Invocation
from bot.reply import Reply
from storage.records import ReplyTo

CHANNEL: Final = "terminal"


def login() -> str:
    """Return who sits at the terminal."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid()) if hasattr(os, "getuid") else "owner"


def invocation(command: str, options: Mapping[str, Given]) -> Invocation:
    """Make an invocation of the shell's user, who is an admin and may name files."""
    name = login()
    return Invocation(
        command=command,
        options=options,
        actor=f"console:{name}",
        reply_to=ReplyTo("console", CHANNEL),
        display_name=name,
        admin=True,
        local_folder=Path.cwd(),
    )


async def ask(session: Session, asked: Invocation, progress: LiveProgress) -> Reply:
    """Ask and wait for the final reply. Ctrl-C cancels the job, not the program."""
    last = Reply()
    async with _ctrl_c() as pressed:
        with progress:
            async for reply in session.ask(asked):
                last = reply
                if reply.job and not reply.final:
                    pressed.aim(session, reply.job)
                progress.state(reply)
    return last


class _CtrlC:
    """Cancels the job it aims at when it is pressed."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._job: str | None = None
        self._pressed = False
        self._tasks: set[asyncio.Task[None]] = set()

    def aim(self, session: Session, job: str) -> None:
        """Aim at a job; if the key was pressed already, cancel it at once."""
        fresh = self._job is None
        self._session, self._job = session, job
        if fresh and self._pressed:
            self.press()

    def press(self) -> None:
        """Cancel the job, or remember to."""
        self._pressed = True
        if self._session is not None and self._job is not None:
            task = asyncio.create_task(self._cancel(self._session, self._job))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _cancel(self, session: Session, job: str) -> None:
        async for _ in session.ask(invocation("cancel", {"id": job})):
            pass

    async def settle(self) -> None:
        """Wait for what was begun."""
        if self._tasks:
            await asyncio.wait(self._tasks)


@asynccontextmanager
async def _ctrl_c() -> AsyncIterator[_CtrlC]:
    pressed = _CtrlC()
    loop = asyncio.get_running_loop()
    # Windows has no signal handlers on its loop: there Ctrl-C ends the program.
    with suppress(NotImplementedError):
        loop.add_signal_handler(signal.SIGINT, pressed.press)
    try:
        yield pressed
    finally:
        with suppress(NotImplementedError):
            loop.remove_signal_handler(signal.SIGINT)
        await pressed.settle()
