from __future__ import annotations

import gc
import os

# Threads that wait for each other are slower than one thread where tests share the cores with
# whatever else the machine does. Workers inherit it; it has to be set before torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A million objects are imported and collected, and stay: they are not searched for garbage, neither
# now nor each time that a test has something of its own looked for.
gc.disable()


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()
