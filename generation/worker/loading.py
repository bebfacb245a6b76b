"""Bringing a model into memory: from a hub id, a folder in diffusers' layout, or a single file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import torch
from diffusers import (
    AutoencoderKL,
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
)

from generation.engine import Preparing
from generation.errors import BadWeights, ModelMissing
from generation.hub import fetch
from generation.hub.files import Role, parts
from generation.model_files import PartFiles, look_at, variant_of
from generation.models import Model
from generation.settings import Dtype
from generation.worker.machine import DTYPES, Machine
from generation.worker.pipelines import BasePipelines, Kind, share_networks
from generation.worker.single_file import blamed, load_single_file
from generation.worker.weights import check_files

Report = Callable[[Preparing], None]

_HUB_ID: Final = re.compile(r"[\w.-]+/[\w.-]+")
_KINDS: Final[Mapping[str, Kind]] = {
    "StableDiffusionXLPipeline": "sdxl",
    "StableDiffusionXLImg2ImgPipeline": "sdxl",
    "StableDiffusionXLInpaintPipeline": "sdxl",
    "StableDiffusionPipeline": "sd",
    "StableDiffusionImg2ImgPipeline": "sd",
    "StableDiffusionInpaintPipeline": "sd",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """The networks of one model, in memory but not yet where they run.

    ``files`` are the files by part: ``base``, ``refiner``, ``vae``, as they were just before.
    """

    kind: Kind
    base: BasePipelines
    refiner: Any | None
    files: Mapping[Role, PartFiles] = field(default_factory=dict)

    @property
    def vae(self) -> Any:
        """The VAE that base and refiner share."""
        return self.base.text.vae

    @property
    def unets(self) -> tuple[torch.nn.Module, ...]:
        """The UNet of the base, and that of the refiner if there is one."""
        refiner = () if self.refiner is None else (self.refiner.unet,)
        return (self.base.text.unet, *refiner)

    @property
    def networks(self) -> tuple[torch.nn.Module, ...]:
        """All networks, each once."""
        pipelines = (self.base.text, self.refiner)
        names = ("text_encoder", "text_encoder_2", "unet", "vae")
        found = [getattr(pipeline, name, None) for pipeline in pipelines for name in names]
        return tuple({id(network): network for network in found if network is not None}.values())


Loader = Callable[[Model, Machine, Report, Path | None], Loaded]
"""What brings a model into memory, as ``load_model`` does."""


def load_model(model: Model, machine: Machine, report: Report, cache: Path | None = None) -> Loaded:
    """Load base, refiner and VAE of a model.

    Raises ``ModelMissing`` for weights that are not there, and ``BadWeights`` for pickles, files
    that are not whole, and models of a kind that Reroll does not know.
    """
    sources = {part.role: _place(part.source, model, report, cache) for part in parts(model)}
    files = {role: _files(path, role, model) for role, path in sources.items()}
    report(Preparing("loading", model.name))
    vae = _load_vae(sources["vae"], model, machine) if "vae" in sources else None
    kind, pipeline = _load_base(sources["base"], model, machine, vae)
    base = share_networks(kind, pipeline)
    refiner = None
    if "refiner" in sources and kind == "sdxl":
        refiner = _load_refiner(sources["refiner"], model, machine, pipeline)
    fit_vae(kind, pipeline.vae, machine.execution.vae_dtype)
    return Loaded(kind, base, refiner, files)


def _files(path: Path, role: Role, model: Model) -> PartFiles:
    check_files(path)
    try:
        return look_at(path, role, model)
    except OSError as error:
        raise BadWeights(str(error.filename or path), "unreadable", error.strerror or "") from None


def _place(source: str, model: Model, report: Report, cache: Path | None) -> Path:
    path = Path(source).expanduser()
    if path.exists():
        return path
    if _HUB_ID.fullmatch(source) and path.suffix != ".safetensors":
        return fetch(source, model, report, cache)
    raise ModelMissing(model.name, source, "no folder")


def _load_base(path: Path, model: Model, machine: Machine, vae: Any) -> tuple[Kind, Any]:
    given = {} if vae is None else {"vae": vae}
    if path.is_file():
        return load_single_file(path, model, machine.dtype, given)
    kind = _kind_of(path)
    if kind == "sd":
        given |= {"safety_checker": None, "feature_extractor": None}
        return kind, _from_folder(
            StableDiffusionPipeline, path, model, machine, requires_safety_checker=False, **given
        )
    return kind, _from_folder(
        StableDiffusionXLPipeline, path, model, machine, add_watermarker=False, **given
    )


def _load_refiner(path: Path, model: Model, machine: Machine, base: Any) -> Any:
    shared = {
        "text_encoder_2": base.text_encoder_2,
        "tokenizer_2": base.tokenizer_2,
        "vae": base.vae,
    }
    if path.is_file():
        _, refiner = load_single_file(path, model, machine.dtype, shared)
    elif _kind_of(path) != "sdxl":
        raise BadWeights(str(path), "other kind", "no SDXL refiner")
    else:
        refiner = _from_folder(
            StableDiffusionXLImg2ImgPipeline, path, model, machine, add_watermarker=False, **shared
        )
    refiner.set_progress_bar_config(disable=True)
    return refiner


def _load_vae(path: Path, model: Model, machine: Machine) -> Any:
    if path.is_file():
        config = path.with_suffix("")
        options = {"config": str(config)} if config.is_dir() else {}
        with blamed(path):
            return AutoencoderKL.from_single_file(
                str(path), dtype=machine.dtype, local_files_only=True, **options
            )
    return _from_folder(AutoencoderKL, path, model, machine)


def _from_folder(kind: Any, path: Path, model: Model, machine: Machine, **options: Any) -> Any:
    """Load a pipeline or a network from a folder, reading nothing but safetensors."""
    with blamed(path):
        return kind.from_pretrained(
            str(path),
            dtype=machine.dtype,
            variant=variant_of(path, model.variant),
            use_safetensors=True,
            local_files_only=True,
            **options,
        )


def _kind_of(path: Path) -> Kind:
    try:
        index = json.loads((path / "model_index.json").read_text(encoding="utf-8"))
        name = str(index["_class_name"])
    except (OSError, ValueError, KeyError, TypeError):
        raise BadWeights(str(path), "no index") from None
    if name not in _KINDS:
        raise BadWeights(str(path), "other kind", name)
    return _KINDS[name]


def fit_vae(kind: Kind, vae: Any, wanted: Dtype) -> None:
    """Let a VAE work in the dtype that is wanted, once and for all.

    By itself one that overflows in float16 works in float32, where the library's pipelines convert
    it twice in every picture. Only SDXL's says truly that it needs it (``force_upcast``, which the
    one fixed for float16 denies): the key is missing from the files of SD 1.x, and defaults to
    true.
    """
    if wanted != "auto":
        vae.to(DTYPES[wanted])
    elif kind == "sdxl" and vae.config.force_upcast and vae.dtype == torch.float16:
        vae.to(torch.float32)
