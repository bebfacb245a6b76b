"""``python -m tests.storm --seed N``: the long storm, and what came of it as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import sys
import tempfile
from pathlib import Path

from tests.storm.storm import QUICK, WHOLE, Plan, storm


def main() -> None:
    """Let it storm; the exit code is 1 where something was lost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--pause", type=float, default=12.0)
    parser.add_argument("--quick", action="store_true", help="with a painter that is no model")
    parser.add_argument("--last-kill", action="store_true", help="kill once more at the end")
    given = parser.parse_args()
    sys.stderr.write(f"storm with --seed {given.seed}\n")
    folder = Path(tempfile.mkdtemp(prefix="reroll-storm-"))
    plan = Plan(
        folder,
        given.seed,
        jobs=given.jobs,
        people=given.people,
        kills=given.kills,
        pause=given.pause,
        words=QUICK if given.quick else WHOLE,
        last_kill=given.last_kill,
    )
    outcome = asyncio.run(storm(plan))
    sys.stdout.write(json.dumps(outcome.numbers) + "\n")
    if outcome.faults:
        sys.stdout.write("\n".join(outcome.faults) + "\n")
        sys.exit(f"{len(outcome.faults)} faults with --seed {plan.seed}; all is left in {folder}")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
