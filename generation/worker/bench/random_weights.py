"""A model with the published networks and random weights: as fast as the real one, without a file.

Texts are read by mini's tokenizers: they fill up to 77 tokens as SDXL's do, and their few hundred
ids are all words of SDXL's text encoders, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from generation.bench.published import (
    PARAMETERS,
    TEXT_PARAMETERS,
    VAE_PARAMETERS,
    Part,
    config,
    folder,
)
from generation.engine import Preparing
from generation.hub.files import Role
from generation.model_files import PartFiles, look_at
from generation.models import MINI_FOLDER, Model
from generation.worker.loading import Loaded, Report, fit_vae
from generation.worker.machine import Machine
from generation.worker.memory import plan_memory
from generation.worker.pipelines import share_networks

SEED: Final = 0
"""The weights are the same in every process, and so are the pictures."""

ALL_PARAMETERS: Final = (*PARAMETERS.values(), *TEXT_PARAMETERS, VAE_PARAMETERS)


def load_random(
    model: Model, machine: Machine, report: Report, cache: Path | None = None
) -> Loaded:
    """Build base and refiner of SDXL, with weights as the libraries begin a training with.

    The VAE is the one that needs no float32 (``force_upcast`` is off), as in SDXL's section of the
    configuration. Raises ``RuntimeError`` where a network has not as many parameters as the
    published one.
    """
    report(Preparing("loading", model.name))
    with _random_numbers(machine):
        base = _base()
        refiner = _refiner(base)
    fit_vae("sdxl", base.vae, machine.execution.vae_dtype)
    parts: tuple[Part, ...] = ("base", "refiner")
    files: dict[Role, PartFiles] = {part: look_at(folder(part), part, model) for part in parts}
    # A VAE beside the base's own, as in SDXL's section of the configuration.
    files["vae"] = look_at(folder("base") / "vae", "vae", model)
    return Loaded("sdxl", share_networks("sdxl", base), refiner, files)


def _base() -> Any:
    return StableDiffusionXLPipeline(
        vae=_built(
            "the VAE",
            VAE_PARAMETERS,
            lambda: AutoencoderKL.from_config({**config("base", "vae"), "force_upcast": False}),
        ),
        text_encoder=_text_encoder(CLIPTextModel, "text_encoder", TEXT_PARAMETERS[0]),
        text_encoder_2=_text_encoder(
            CLIPTextModelWithProjection, "text_encoder_2", TEXT_PARAMETERS[1]
        ),
        tokenizer=_tokenizer("tokenizer"),
        tokenizer_2=_tokenizer("tokenizer_2"),
        unet=_unet("base"),
        scheduler=_scheduler("base"),
        force_zeros_for_empty_prompt=True,
        add_watermarker=False,
    )


def _refiner(base: Any) -> Any:
    refiner = StableDiffusionXLImg2ImgPipeline(
        vae=base.vae,
        text_encoder=None,
        text_encoder_2=base.text_encoder_2,
        tokenizer=None,
        tokenizer_2=base.tokenizer_2,
        unet=_unet("refiner"),
        scheduler=_scheduler("refiner"),
        requires_aesthetics_score=True,
        force_zeros_for_empty_prompt=False,
        add_watermarker=False,
    )
    refiner.set_progress_bar_config(disable=True)
    return refiner


def _unet(part: Part) -> Any:
    return _built(
        f"the UNet of the {part}",
        PARAMETERS[part],
        lambda: UNet2DConditionModel.from_config(config(part, "unet")),
    )


def _text_encoder(kind: Any, name: str, parameters: int) -> Any:
    described = CLIPTextConfig(**config("base", name))
    return _built(name, parameters, lambda: kind(described))


def _tokenizer(name: str) -> Any:
    return CLIPTokenizer.from_pretrained(str(MINI_FOLDER / "base" / name), local_files_only=True)


def _scheduler(part: Part) -> Any:
    return EulerDiscreteScheduler.from_pretrained(str(folder(part)), subfolder="scheduler")


def _built(name: str, parameters: int, build: Callable[[], Any]) -> Any:
    network = build().eval().requires_grad_(requires_grad=False)
    found = sum(each.numel() for each in network.parameters())
    if found != parameters:
        raise RuntimeError(f"{name} has {found:,} parameters here instead of {parameters:,}")
    return network


def birthplace(machine: Machine) -> torch.device:
    """Return where the networks are made: on the device where all of them fit beside a picture.

    Elsewhere they are made in the machine's memory, which takes its time, and go from there to
    where their plan has them. By the device's total, so that it is the same in every process.
    """
    weights = sum(ALL_PARAMETERS) * machine.dtype.itemsize
    plan = plan_memory(machine.total_bytes, machine.device.type, weights, weights)
    return machine.device if plan.offload == "resident" else torch.device("cpu")


@contextmanager
def _random_numbers(machine: Machine) -> Iterator[None]:
    """Make new tensors in the device's dtype, and leave its random numbers as they were."""
    before = torch.get_default_dtype()
    devices = [machine.device] if machine.device.type == "cuda" else []
    with torch.random.fork_rng(devices), birthplace(machine):
        torch.manual_seed(SEED)
        torch.set_default_dtype(machine.dtype)
        try:
            yield
        finally:
            torch.set_default_dtype(before)
