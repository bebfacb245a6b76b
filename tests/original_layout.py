"""Writes a diffusers SDXL folder as one file in the key names of the original training code.

The library only converts the other way. Names are those of Stability's ``generative-models``:
UNet blocks counted through, residual and attention layers as numbered parts of a block.
"""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

Weights = dict[str, torch.Tensor]

_UNET_ENDS = {
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_in": "input_blocks.0.0",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
_UNET_RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
_CLIP_LAYER = {
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}


def write_single_file(base: Path, target: Path, layers: int = 1) -> None:
    """Write ``base`` as one file; ``layers`` are the residual layers of a down block."""
    vae_blocks = 4
    weights: Weights = {}
    for name, tensor in _read(base / "unet").items():
        weights[f"model.diffusion_model.{_unet_key(name, layers)}"] = tensor
    for name, tensor in _read(base / "vae").items():
        weights[f"first_stage_model.{_vae_key(name, vae_blocks)}"] = tensor
    for name, tensor in _read(base / "text_encoder").items():
        inner = name if name.startswith("text_model.") else f"text_model.{name}"
        weights[f"conditioner.embedders.0.transformer.{inner}"] = tensor
    open_clip = _open_clip(_read(base / "text_encoder_2"))
    weights |= {f"conditioner.embedders.1.model.{name}": t for name, t in open_clip.items()}
    save_file({name: tensor.contiguous() for name, tensor in weights.items()}, target)


def _read(folder: Path) -> Weights:
    weights: Weights = load_file(next(folder.glob("*.safetensors")))
    return weights


def _unet_key(name: str, layers: int) -> str:
    stem, _, end = name.rpartition(".")
    if stem in _UNET_ENDS:
        return f"{_UNET_ENDS[stem]}.{end}"
    side, rest = name.split(".", 1)
    if side == "mid_block":
        kind, index, inner = rest.split(".", 2)
        place = 2 * int(index) + (kind == "attentions")
        return f"middle_block.{place}.{_unet_part(kind, inner)}"
    block, kind, index, inner = rest.split(".", 3)
    return _block_key(side, int(block), kind, int(index), inner, layers)


def _block_key(side: str, block: int, kind: str, index: int, inner: str, layers: int) -> str:
    per_block = layers + 1
    if side == "down_blocks":
        if kind == "downsamplers":
            return f"input_blocks.{block * per_block + layers + 1}.0.{inner.replace('conv', 'op')}"
        place = f"input_blocks.{block * per_block + index + 1}"
    else:
        # What makes larger is the last part of its block, behind the attention where there is one.
        if kind == "upsamplers":
            return f"output_blocks.{block * per_block + layers}.2.{inner}"
        place = f"output_blocks.{block * per_block + index}"
    return f"{place}.{int(kind == 'attentions')}.{_unet_part(kind, inner)}"


def _unet_part(kind: str, inner: str) -> str:
    if kind == "attentions":
        return inner
    stem, _, end = inner.rpartition(".")
    return f"{_UNET_RESNET[stem]}.{end}"


def _vae_key(name: str, blocks: int) -> str:
    name = name.replace("conv_norm_out", "norm_out").replace("conv_shortcut", "nin_shortcut")
    name = re.sub(r"mid_block\.resnets\.(\d)", lambda m: f"mid.block_{int(m[1]) + 1}", name)
    name = re.sub(r"down_blocks\.(\d)\.resnets\.", r"down.\1.block.", name)
    name = re.sub(r"down_blocks\.(\d)\.downsamplers\.0", r"down.\1.downsample", name)
    name = re.sub(r"up_blocks\.(\d)", lambda m: f"up.{blocks - 1 - int(m[1])}", name)
    return name.replace(".resnets.", ".block.").replace(".upsamplers.0", ".upsample")


def _open_clip(weights: Weights) -> Weights:
    inner = {name.removeprefix("text_model."): tensor for name, tensor in weights.items()}
    found: Weights = {
        "positional_embedding": inner["embeddings.position_embedding.weight"],
        "token_embedding.weight": inner["embeddings.token_embedding.weight"],
        "ln_final.weight": inner["final_layer_norm.weight"],
        "ln_final.bias": inner["final_layer_norm.bias"],
        "text_projection": inner["text_projection.weight"].T,
    }
    count = 1 + max(int(name.split(".")[2]) for name in inner if name.startswith("encoder.layers."))
    for index in range(count):
        old, new = f"encoder.layers.{index}", f"transformer.resblocks.{index}"
        for end in ("weight", "bias"):
            parts = [inner[f"{old}.self_attn.{part}_proj.{end}"] for part in "qkv"]
            found[f"{new}.attn.in_proj_{end}"] = torch.cat(parts)
            for name, other in _CLIP_LAYER.items():
                found[f"{new}.{other}.{end}"] = inner[f"{old}.{name}.{end}"]
    return found
