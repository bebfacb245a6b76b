"""Downloads: for the loader in the worker, and as a process of its own for the engine.

The engine fetches a model before it hands out the order, in a process that can be ended at any
moment; what has come by then stays.
"""

from __future__ import annotations

import os
import signal
import threading
from typing import NoReturn, cast

from generation.errors import ModelMissing, UserError
from generation.hub import download, fetch
from generation.worker.messages import Fetch, Fetched
from generation.worker.streams import end_with, take_over_streams

__all__ = ["fetch"]


def main() -> NoReturn:
    """Carry out the one ``Fetch`` that comes in, and end; end at once when the engine does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = take_over_streams()
    command = cast("Fetch", channel.receive())
    threading.Thread(target=end_with, args=(channel,), daemon=True).start()
    try:
        download(command.model, channel.send, command.cache)
    except UserError as error:
        channel.send(Fetched(error))
    except BaseException as error:
        model = command.model
        channel.send(Fetched(ModelMissing(model.name, model.base, "hub error", repr(error)[:200])))
        raise
    else:
        channel.send(Fetched())
    os._exit(0)


if __name__ == "__main__":
    main()
