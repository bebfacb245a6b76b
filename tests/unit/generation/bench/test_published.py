"""The published networks are those of SDXL: their numbers of parameters are known."""

from __future__ import annotations

import pytest
import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

from generation.bench import published
from generation.bench.published import PARAMETERS, TEXT_PARAMETERS, VAE_PARAMETERS, Part, config


def parameters(network: torch.nn.Module) -> int:
    return sum(each.numel() for each in network.parameters())


@pytest.mark.parametrize("part", ["base", "refiner"])
def test_unets_have_as_many_parameters_as_the_published_ones(part: Part) -> None:
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(config(part, "unet"))
    assert parameters(unet) == PARAMETERS[part]


def test_the_other_networks_have_as_many_as_the_published_ones() -> None:
    with torch.device("meta"):
        vae = AutoencoderKL.from_config(config("base", "vae"))
        one = CLIPTextModel(CLIPTextConfig(**config("base", "text_encoder")))
        two = CLIPTextModelWithProjection(CLIPTextConfig(**config("base", "text_encoder_2")))
    assert parameters(vae) == VAE_PARAMETERS
    assert (parameters(one), parameters(two)) == TEXT_PARAMETERS


def test_random_weights_are_to_be_had_of_published_networks_only() -> None:
    model = published.random_model("sdxl")
    assert (model.steps, model.size, model.refiner_switch) == (40, (1024, 1024), 0.8)
    with pytest.raises(ValueError, match="flux"):
        published.random_model("flux")
