"""``python -m generation.bench``: the bench alone, where neither chats nor a database are."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, get_args

from generation.bench import words
from generation.bench.faults import sentence
from generation.bench.measure import measure
from generation.bench.options import Options
from generation.bench.plan import PARTS
from generation.bench.plot import check_writable, save
from generation.bench.progress import announcer
from generation.bench.published import NAMES
from generation.errors import UserError
from generation.models import MINI, SDXL
from generation.settings import Device, Dtype, GenerationSettings, Memory


def main(arguments: Sequence[str]) -> int:
    """Measure, print the figures, and return the exit code: 2 for what was typed wrongly."""
    typed = _parser().parse_args(arguments)
    settings = GenerationSettings(
        models=(MINI, SDXL), device=typed.device, dtype=typed.dtype, memory=typed.memory
    )
    options = Options(
        model=typed.model,
        random_weights=typed.random_weights,
        steps=typed.steps,
        size=typed.size,
        repeats=typed.repeats,
        pictures=typed.pictures,
        only=typed.only,
        quick=typed.quick,
        moved=typed.moved,
        levers=typed.levers,
    )
    try:
        read = options.read(settings, MINI.name)
        if typed.plot:
            check_writable(typed.plot)
        found = measure(*read, announcer())
        _print(found, as_json=typed.json)
        if typed.plot:
            save(found, typed.plot)
    except UserError as error:
        print(sentence(error), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(words.STOPPED, file=sys.stderr)
        return words.INTERRUPTED
    return 0


def _print(found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found))
        return
    print(words.title(found))
    print(words.as_text(words.HEADS, [row.cells for row in words.rows(found)]))
    if levers := words.lever_rows(found):
        print()
        print(words.as_text(words.LEVER_HEADS, levers))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m generation.bench",
        description="How fast this machine paints, beside plain diffusers in the same run.",
    )
    add = parser.add_argument
    add(
        "--model",
        default="",
        help="mini (the default), or sdxl where the Hugging Face cache has it",
    )
    add("--random-weights", default="", metavar="NAME", help=f"no weights needed: {NAMES[0]}")
    add("--steps", type=int, default=0, help="steps of a picture; 0: the model's own")
    add("--size", default="", metavar="WxH", help="of the pictures; the model's own")
    add("--repeats", type=int, help="turns that each figure is the median of; 5, or 3 with --quick")
    add("--pictures", type=int, help="pictures of the queue; 20, or 6 with --quick")
    add("--only", default="", metavar="PARTS", help=f"a comma list of {', '.join(PARTS)}")
    add("--quick", action="store_true", help="pictures and a queue only, fewer turns")
    add("--with", dest="moved", action="append", default=[], metavar="NAME=VALUE",
        help="measure all with this lever of [generation] moved; sizes: WxH+WxH")  # fmt: skip
    add("--lever", dest="levers", action="append", default=[], metavar="NAME=VALUE",
        help="measure what this lever does beside the rest; may be given again")  # fmt: skip
    add("--device", choices=get_args(Device), default="auto", help="auto: the fastest there is")
    add("--dtype", choices=get_args(Dtype), default="auto", help="auto: as suits the device")
    add("--memory", choices=get_args(Memory), default="auto",
        help="what stays on the device; auto: all that fits")  # fmt: skip
    add("--json", action="store_true", help="one JSON object, and nothing else")
    add("--plot", type=Path, metavar="FILE.png", help="draw the figures")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
