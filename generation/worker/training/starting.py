"""Starting points: random weights, or those of an earlier mini model whose word list differed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from torch import nn
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from generation.worker.training.conditioning import Reader
from generation.worker.training.networks import (
    new_base_unet,
    new_refiner_unet,
    new_text_encoders,
)
from generation.worker.training.vae import new_vae
from generation.worker.training.vocabulary import write_tokenizers


@dataclass
class Model:
    """All that is trained. The refiner shares the VAE and the second encoder with the base."""

    vae: AutoencoderKL
    reader: Reader
    base: UNet2DConditionModel
    refiner: UNet2DConditionModel


def new_model(work: Path, earlier: Path | None = None) -> Model:
    """Make a model with random weights, or those in the folder `earlier` (base/, refiner/)."""
    torch.manual_seed(0)
    write_tokenizers(work)
    tokenizer = CLIPTokenizer.from_pretrained(work / "tokenizer")
    tokenizer_2 = CLIPTokenizer.from_pretrained(work / "tokenizer_2")
    encoders = new_text_encoders(tokenizer, tokenizer_2)
    model = Model(
        new_vae(), Reader(tokenizer, tokenizer_2, *encoders), new_base_unet(), new_refiner_unet()
    )
    if earlier:
        _copy_earlier(model, earlier)
    return model


def _copy_earlier(model: Model, earlier: Path) -> None:
    base, reader = earlier / "base", model.reader
    _copy(AutoencoderKL.from_pretrained(base / "vae"), model.vae)
    _copy(UNet2DConditionModel.from_pretrained(base / "unet"), model.base)
    _copy(UNet2DConditionModel.from_pretrained(earlier / "refiner" / "unet"), model.refiner)
    words = CLIPTokenizer.from_pretrained(base / "tokenizer").get_vocab()
    encoder = CLIPTextModel.from_pretrained(base / "text_encoder")
    encoder_2 = CLIPTextModelWithProjection.from_pretrained(base / "text_encoder_2")
    for old, new in ((encoder, reader.encoder), (encoder_2, reader.encoder_2)):
        _copy(old, new, words, reader.tokenizer.get_vocab())


@torch.no_grad()
def _copy(
    old: nn.Module,
    new: nn.Module,
    words: dict[str, int] | None = None,
    new_words: dict[str, int] | None = None,
) -> None:
    """Copy weights; rows of the token embedding move to the words' new numbers."""
    state = {key: value.float() for key, value in old.state_dict().items()}
    if words and new_words:
        for key, value in state.items():
            if key.endswith("token_embedding.weight"):
                rows = new.state_dict()[key].clone()
                for word in words.keys() & new_words.keys():
                    rows[new_words[word]] = value[words[word]]
                state[key] = rows
    new.load_state_dict(state)
