"""Entry of ``reroll`` and ``python -m bot``."""

from __future__ import annotations

import gc
import sys


def main() -> None:
    """Run the shell command and exit with its code."""
    # Modules stay to the end, and at the end all goes at once: to search either for garbage would
    # be a fifth of the work of a quick command.
    gc.disable()
    from bot.cli.app import run

    gc.enable()
    code = run(sys.argv[1:])
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
