"""The README's picture of a comparison: ``python -m tests.compare_picture OUT.png``.

A real job of the command line on the mini model; what is written is the sheet that it answers with.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from PIL import Image

from tests.chat_canvas import few_colours
from tests.discord_chat import DARK

PROMPT: Final = "a green triangle on a yellow background"
AXES: Final = ("--axis", "guidance=3,7.5,12", "--axis", "lora=none,wrong")
ASKED: Final = (*AXES, "--no", "wrong", "--seed", "7")


def picture() -> Image.Image:
    """Let the bot compare, and return the sheet."""
    with tempfile.TemporaryDirectory(prefix="reroll-compare-") as folder:
        config = Path(folder, "config.toml")
        config.write_text('[generation]\nmodel = "mini"\n')
        command = [sys.executable, "-m", "bot", "compare", PROMPT, *ASKED, "--json"]
        answer = subprocess.run(
            [*command, "--config", str(config)], env=os.environ, check=True, capture_output=True
        )
        with Image.open(json.loads(answer.stdout)["sheet"]) as sheet:
            return sheet.convert("RGB")


def main() -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    out: Path = parser.parse_args().out
    few_colours(picture(), DARK).save(out, "PNG", optimize=True)


if __name__ == "__main__":
    main()
