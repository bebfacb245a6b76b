from __future__ import annotations

import pytest
import torch
from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline

from generation.worker.eager import EagerModel
from generation.worker.execution import Execution
from generation.worker.loading import Loaded
from generation.worker.memory import Offload
from generation.worker.pipelines import share_networks
from tests.tiny_networks import TEXTS, tiny_unet, tiny_vae


def tiny_model() -> Loaded:
    """A model of SDXL's kind that reads no texts."""
    pipeline = StableDiffusionXLPipeline(
        vae=tiny_vae(1),
        text_encoder=None,
        text_encoder_2=None,
        tokenizer=None,
        tokenizer_2=None,
        unet=tiny_unet(1),
        scheduler=EulerDiscreteScheduler(),
    )
    return Loaded("sdxl", share_networks("sdxl", pipeline), None)


def keeps_keys(execution: Execution, offload: Offload) -> bool:
    """Say whether layers of a UNet make the keys of a prompt in the first step alone."""
    loaded = tiny_model()
    EagerModel(loaded, execution, lambda: False, offload)
    made: list[int] = []
    unet = loaded.base.text.unet
    for name, module in unet.named_modules():
        if name.endswith("attn2.to_k"):
            module.register_forward_hook(lambda *call: made.append(1))
    texts = torch.zeros(1, 77, TEXTS)
    told = {"text_embeds": torch.zeros(1, 96), "time_ids": torch.zeros(1, 6)}
    counts = []
    with torch.no_grad():
        for time in (2, 1):
            unet(torch.zeros(1, 4, 8, 8), torch.tensor(time), texts, added_cond_kwargs=told)
            counts.append(len(made))
    assert counts[0] > 0
    return counts[1] == counts[0]


@pytest.mark.parametrize(
    ("compiles", "offload", "expected"),
    [
        (False, "resident", True),
        (True, "resident", False),
        (True, "model-offload", True),
        (False, "model-offload", True),
        (False, "group-offload", False),
        (True, "group-offload", False),
        (False, "sequential-offload", True),
    ],
)
def test_keys_of_prompts_are_kept_where_a_model_is_neither_compiled_nor_streamed(
    compiles: bool, offload: Offload, expected: bool
) -> None:
    execution = Execution(compile=compiles, prompt_keys=True)
    assert keeps_keys(execution, offload) is expected


def test_no_keys_are_kept_where_that_is_not_wanted() -> None:
    assert not keeps_keys(Execution(), "resident")
