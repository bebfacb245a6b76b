"""Entry of ``reroll`` and ``python -m bot``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the shell command and exit with its code."""
    from bot.cli.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
