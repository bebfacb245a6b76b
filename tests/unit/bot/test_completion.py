from __future__ import annotations

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from bot.adapters.console.completion import Choice, CommandCompleter
from bot.commands import Source, Widest, commands

COMPLETER = CommandCompleter(
    {command.name: command for command in commands(Widest())},
    {
        Source.LORAS: lambda: [Choice("inkstyle", "ink"), Choice("wrong")],
        Source.MODELS: lambda: [Choice("mini"), Choice("sdxl")],
        Source.COMMANDS: lambda: [Choice("imagine"), Choice("reroll")],
    },
)


@pytest.mark.parametrize(
    ("text", "some"),
    [
        ("/im", ["/imagine"]),
        ("/imagine a fox --see", ["--seed"]),
        ("/imagine a fox --lora in", ["inkstyle"]),
        ("/imagine a fox --lora ", ["inkstyle", "wrong"]),
        ("/imagine a fox --model s", ["sdxl"]),
        ("/imagine a fox --sampler dpm", ["dpm++2m", "dpm++2m-karras"]),
        ("/imagine a fox --refiner o", ["off"]),
        ("/help re", ["reroll"]),
        ("/imagine a fo", []),
        ("/nothing --se", []),
    ],
)
def test_completion_offers_what_fits(text: str, some: list[str]) -> None:
    found = COMPLETER.get_completions(Document(text), CompleteEvent())
    assert [completion.text for completion in found] == some
