"""Which pictures go through the networks of one model in one pass."""

from __future__ import annotations

from collections.abc import Sequence

from generation.errors import BadPrompt
from generation.loras import LoraInfo
from generation.recipe import Recipe
from generation.worker.keeping import extra_bytes
from generation.worker.setup import Easel


def places_in_one_pass(
    easel: Easel, recipes: Sequence[Recipe], loras: Sequence[tuple[LoraInfo, float]]
) -> tuple[int, ...]:
    """Return the places of the recipes that go through in one pass with the first, and 0.

    What is left out has a prompt of another number of tokens, or one that cannot be read, or comes
    after as many as fit on the device.
    """
    most = most_in_one_pass(easel, recipes[0].width, recipes[0].height)
    if most < 2:
        return (0,)
    tokens = _tokens(easel, recipes, loras)
    if tokens[0] is None:
        return (0,)
    return tuple(at for at, counts in enumerate(tokens) if counts == tokens[0])[:most]


def most_in_one_pass(easel: Easel, width: int, height: int) -> int:
    """Return how many pictures of a size may go through together, 1 at least."""
    most = 1 if easel.fills_holes else easel.machine.execution.batch
    if easel.spare_bytes is not None:
        plan = easel.residence.plan
        # Layers that are streamed take next to nothing of the device, those of LoRAs as well.
        loras = plan.lora_bytes if plan.offload in ("resident", "model-offload") else 0
        while most > 1 and extra_bytes(width * height, most) > easel.spare_bytes - loras:
            most -= 1
    return most


def _tokens(
    easel: Easel, recipes: Sequence[Recipe], loras: Sequence[tuple[LoraInfo, float]]
) -> list[tuple[int, ...] | None]:
    """Return how many tokens each prompt comes to for each stage; none for one that is faulty.

    It is encoded for that, which is remembered.
    """
    stages = [(easel.prompts, loras)]
    if easel.refiner_prompts is not None and recipes[0].refiner is not None:
        stages.append((easel.refiner_prompts, ()))
    counts: list[tuple[int, ...] | None] = [()] * len(recipes)
    for prompts, acting in reversed(stages):
        state = easel.adapters.use(acting)
        for at, recipe in enumerate(recipes):
            before = counts[at]
            try:
                found = prompts.encode(*recipe.words, state).tokens
            except BadPrompt:
                counts[at] = None
            else:
                counts[at] = None if before is None else (*before, found)
    return counts
