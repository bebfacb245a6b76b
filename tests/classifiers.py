"""A classifier of pictures that is small enough to be made by hand: what is red is not to be seen.

It needs torch; only tests of the worker may import it.
"""

from __future__ import annotations

from pathlib import Path

import torch
from transformers import ConvNextConfig, ConvNextForImageClassification, ViTImageProcessorPil

LABELS = ("fine", "NSFW", "drawing")
SIDE = 32
STEEPNESS = 4.0


def save_classifier(folder: Path, *, each_alone: bool = False) -> Path:
    """Write it as ``transformers`` does; ``each_alone`` gives each label its own probability.

    The score rises with how much more red than blue the picture is.
    """
    config = ConvNextConfig(
        num_stages=1,
        depths=[1],
        hidden_sizes=[4],
        patch_size=4,
        image_size=SIDE,
        id2label=dict(enumerate(LABELS)),
        label2id={label: at for at, label in enumerate(LABELS)},
        problem_type="multi_label_classification" if each_alone else None,
    )
    model = ConvNextForImageClassification(config)
    with torch.no_grad():
        for parameter in model.parameters():
            # Of layers, only the sums and the norms are left.
            parameter.zero_()
        model.convnext.embeddings.layernorm.weight.fill_(1)
        model.convnext.layernorm.weight.fill_(1)
        for channel in range(3):
            model.convnext.embeddings.patch_embeddings.weight[channel, channel] = 1 / 16
        model.classifier.weight[1] = torch.tensor([STEEPNESS, 0.0, -STEEPNESS, 0.0])
        model.classifier.weight[0] = -model.classifier.weight[1]
        model.classifier.bias[2] = -20.0
    model.save_pretrained(folder)
    ViTImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, do_normalize=False
    ).save_pretrained(folder)  # fmt: skip
    return folder
