"""The process that measures single pictures: one task comes in, and the figures go out."""

from __future__ import annotations

import os
import signal
import threading
import traceback
from typing import NoReturn, cast

from generation.bench.messages import Broken, Doing, Found, Task, Word
from generation.errors import UserError
from generation.worker.channel import Channel
from generation.worker.streams import end_with, take_over_streams


def main() -> NoReturn:
    """Carry out the one task, and end; end at once when whoever gave it does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = take_over_streams()
    task = cast("Task", channel.receive())
    threading.Thread(target=end_with, args=(channel,), daemon=True).start()
    channel.send(_carried_out(task, channel))
    os._exit(0)


def _carried_out(task: Task, channel: Channel) -> Word:
    try:
        # Not before: importing it is what loads torch.
        from generation.worker.bench.side_by_side import Contest

        contest = Contest(task.settings, task.plan, lambda what: channel.send(Doing(what)))
        return Found(contest.lever() if task.lever else contest.all())
    except UserError as error:
        return Broken(str(error), error)
    except Exception as error:  # noqa: BLE001 - told to a person in one sentence
        traceback.print_exc()
        return Broken(f"{type(error).__name__}: {error}".splitlines()[0][:300])


if __name__ == "__main__":
    main()
