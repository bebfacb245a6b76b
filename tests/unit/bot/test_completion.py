from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from bot.adapters.console.completion import CommandCompleter
from bot.cli.shell import completions, definitions
from bot.config import load_config


@pytest.fixture(scope="module")
def completer(tmp_path_factory: pytest.TempPathFactory) -> CommandCompleter:
    file = tmp_path_factory.mktemp("completion") / "config.toml"
    file.write_text("[generation]\nmodel = 'mini'\n")
    config = load_config(file, {})
    return CommandCompleter(definitions(config), completions(config))


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("/im", ["/imagine"]),
        ("/imagine a fox --see", ["--seed"]),
        ("/imagine a fox --lora in", ["inkstyle"]),
        ("/imagine a fox --lora ", ["inkstyle", "wrong"]),
        ("/imagine a fox --model s", ["sdxl"]),
        ("/imagine a fox --sampler dpm", ["dpm++2m", "dpm++2m-karras"]),
        ("/imagine a fox --lora wrong:0.5,ink", ["wrong:0.5, inkstyle"]),
        ("/imagine a fox --lora wrogn", ["wrong"]),
        ("/imagine a fox --refiner o", ["off"]),
        ("/imagine a fox --refiner-mode s", ["split"]),
        ("/imagine a fox --ar 16", ["16:9", "9:16"]),
        ("/reroll k7f3q2 --seed r", ["random"]),
        ("/help rer", ["reroll"]),
        ("/imagine a fox --style in", ["inkstyle"]),
        ("/styles s", ["show", "save"]),
        ("/styles show wro", ["wrong"]),
        ("/styles show wrong k7f3q2 x", []),
        ("/imagine a fo", []),
        ("/nothing --se", []),
    ],
)
def test_completion_offers_what_fits(
    completer: CommandCompleter, text: str, some: list[str]
) -> None:
    found = completer.get_completions(Document(text), CompleteEvent())
    assert [completion.text for completion in found] == some
