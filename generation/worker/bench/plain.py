"""What people have who follow the model's card: diffusers' pipelines as they come.

They hold the numbers of our networks in memory, and none of what makes ours faster: UNets and VAE
are built anew around the same tensors, so that neither attention, memory format nor compilation of
ours is in them, and torch is set as a script finds it while they work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from operator import attrgetter
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from diffusers import (
    StableDiffusionPipeline,
    StableDiffusionXLImg2ImgPipeline,
    StableDiffusionXLPipeline,
)

from generation.recipe import Recipe
from generation.worker.noise import generator_for
from generation.worker.schedulers import build_scheduler
from generation.worker.setup import Easel


class PlainPipelines:
    """The base, and the refiner where the model has one, as the card of SDXL calls them.

    A model that moves between the device and memory stays in our networks: its weights are
    nowhere whole.
    """

    def __init__(self, easel: Easel) -> None:
        self._easel = easel
        loaded, dtype = easel.loaded, easel.machine.dtype
        self._base, self._refiner = loaded.base.text, loaded.refiner
        if easel.residence.plan.offload != "resident":
            return
        vae = _plain_vae(loaded.vae, loaded.kind == "sdxl" and "vae" in loaded.files, dtype)
        kind = StableDiffusionXLPipeline if loaded.kind == "sdxl" else StableDiffusionPipeline
        self._base = _rebuilt(kind, loaded.base.text, vae, dtype)
        if loaded.refiner is not None:
            self._refiner = _rebuilt(StableDiffusionXLImg2ImgPipeline, loaded.refiner, vae, dtype)

    def paint(self, recipe: Recipe) -> npt.NDArray[np.uint8]:
        """Paint as the model's card does, from texts to height × width × 3.

        Prompts are read as they are, without weights.
        """
        with _torch_as_scripts_find_it(), _in_turns(self._easel):
            return self._paint(recipe)

    def _paint(self, recipe: Recipe) -> npt.NDArray[np.uint8]:
        base, refiner = self._base, self._refiner
        base.scheduler = build_scheduler(recipe.sampler, self._easel.base_schedule)
        common: dict[str, Any] = {
            "prompt": recipe.prompt,
            "num_inference_steps": recipe.steps,
            "guidance_scale": recipe.guidance,
            "generator": generator_for(recipe.seed),
        }
        size = {"width": recipe.width, "height": recipe.height}
        if recipe.refiner is None or refiner is None:
            return np.asarray(base(**common, **size).images[0])
        refiner.scheduler = build_scheduler(recipe.sampler, self._easel.refiner_schedule)
        switch = recipe.refiner.switch
        latents = base(**common, **size, denoising_end=switch, output_type="latent").images
        return np.asarray(refiner(**common, image=latents, denoising_start=switch).images[0])


@contextmanager
def _in_turns(easel: Easel) -> Iterator[None]:
    """Let networks that are moved leave when the next one is called, and all of them in the end.

    So does the library's own offloading, which people with such a device have.
    """
    residence, loaded = easel.residence, easel.loaded
    last: Any = None

    def leaving(network: Any) -> Callable[..., None]:
        def called(*given: Any) -> None:
            nonlocal last
            if network is not last:
                residence.leave(last)
                last = network

        return called

    with ExitStack() as hooks:
        for network in loaded.networks if residence.plan.offload != "resident" else ():
            # A VAE is called by what it consists of.
            whole: Any = loaded.vae.decoder if network is loaded.vae else network
            hooks.callback(whole.register_forward_pre_hook(leaving(network)).remove)
        hooks.callback(residence.leave_all)
        yield


@contextmanager
def _torch_as_scripts_find_it() -> Iterator[None]:
    """Take back for a while what we ask of torch so that the same call gives the same numbers."""
    exact = torch.are_deterministic_algorithms_enabled()
    cudnn: Any = torch.backends.cudnn
    before = cudnn.deterministic, cudnn.benchmark
    torch.use_deterministic_algorithms(mode=False)
    cudnn.deterministic = cudnn.benchmark = False
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(exact, warn_only=True)
        cudnn.deterministic, cudnn.benchmark = before


def _rebuilt(kind: Any, pipeline: Any, vae: Any, dtype: torch.dtype) -> Any:
    parts = {**pipeline.components, "vae": vae, "unet": twin(pipeline.unet, dtype)}
    options = {
        name: value
        for name, value in pipeline.config.items()
        if isinstance(value, bool) and not name.startswith("_")
    }
    options.pop("requires_safety_checker", None)
    extra = {"requires_safety_checker": False} if kind is StableDiffusionPipeline else {}
    if kind is not StableDiffusionPipeline:
        extra["add_watermarker"] = False
    rebuilt = kind(**parts, **options, **extra)
    rebuilt.set_progress_bar_config(disable=True)
    return rebuilt


def _plain_vae(vae: Any, replaced: bool, dtype: torch.dtype) -> Any:
    """Return a VAE of its own, since pipelines may convert it to float32 and back in every picture.

    So they do with that of SDXL's base in float16 (``force_upcast``), which is what the card loads;
    one in its place that needs none (``replaced``) is a choice of ours.
    """
    config = dict(vae.config)
    if replaced:
        config["force_upcast"] = True
    with torch.device("meta"):
        plain = type(vae).from_config(config)
    weights = {name: _own(tensor, dtype) for name, tensor in vae.state_dict().items()}
    plain.load_state_dict(weights, assign=True)
    return plain.eval()


def twin(network: Any, dtype: torch.dtype) -> Any:
    """Return the network as the library builds it, around the same tensors.

    Those that lie or are kept otherwise than the library would have them are copied: in another
    memory format, or in fewer bits.
    """
    with torch.device("meta"):
        plain = type(network).from_config(dict(network.config))
    # By attributes, since a layer of fewer bits holds no weight, but tells what it comes to.
    weights = {
        name: _as_loaded(attrgetter(name)(network).detach(), dtype) for name in plain.state_dict()
    }
    plain.load_state_dict(weights, assign=True)
    return plain.eval().requires_grad_(requires_grad=False)


def _as_loaded(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.to(dtype).contiguous()


def _own(tensor: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    return tensor.detach().to(dtype, copy=True).contiguous()
