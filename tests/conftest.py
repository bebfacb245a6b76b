from __future__ import annotations

import os

# Threads that wait for each other are slower than one thread where tests share the cores with
# whatever else the machine does. Workers inherit it; it has to be set before torch is loaded.
os.environ.setdefault("OMP_NUM_THREADS", "1")
