"""The networks of one model, compiled: UNets and the VAE's decoder.

Each network's ``forward`` is taken over, so that whoever calls it, a pipeline or this program,
meets its graphs. Text encoders and the VAE's encoder run once a picture and stay as they are.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionOutput

from generation.worker.calls import decoding, predicting
from generation.worker.compiling import Compiler, Graph, Report
from generation.worker.graphs import TOKENS, Graphs, Shape
from generation.worker.loading import Loaded

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Usual:
    """What gets graphs of its own: sizes as width and height in pixels, and batches of pictures.

    The model's own come first. ``guided`` is whether it is called with the negative prompt as well.
    """

    sizes: tuple[tuple[int, int], ...]
    batches: tuple[int, ...] = (1,)
    guided: bool = True


class CompiledModel:
    """Lets the calls of a model's networks meet their graphs from here on."""

    def __init__(
        self, loaded: Loaded, compiler: Compiler, usual: Usual, name: str, factor: int
    ) -> None:
        self._name = name
        self._compiler = compiler
        self._usual = usual
        self._factor = factor
        told = getattr(loaded.base.text, "text_encoder_2", None)
        pooled = int(told.config.projection_dim) if told is not None else 0
        self.base = self._unet(loaded.base.text.unet, f"{name} base", pooled)
        self.refiner = (
            self._unet(loaded.refiner.unet, f"{name} refiner", pooled)
            if loaded.refiner is not None
            else None
        )
        decoder = loaded.vae.decoder
        shapes = tuple(Shape(1, *size) for size in self._sizes())
        graphs = Graphs(compiler, decoding(loaded.vae), shapes, f"{name} VAE", factor)
        self.decoder = CompiledDecoder(decoder, graphs)

    @property
    def description(self) -> Mapping[str, Any]:
        """What of it decides pixels, as in ``environment``."""
        width, height = self.size
        return {
            "compile": "on",
            "compile_sizes": " ".join(f"{wide}x{high}" for wide, high in sorted(self._usual.sizes)),
            # By this one the graphs are made that other sizes share.
            "compile_first": f"{width}x{height}",
            "compile_batches": " ".join(map(str, sorted({1, *self._usual.batches}))),
        }

    @property
    def size(self) -> tuple[int, int]:
        """The model's own width and height in pixels."""
        return self._usual.sizes[0]

    def warm_up(self, report: Report) -> None:
        """Compile all usual calls; each is reported before."""
        self._compiler.report_to(report)
        before = self._compiler.seconds
        for network in self._networks:
            network.graphs.warm_up(network.bare)
        seconds = self._compiler.seconds - before
        log.info("%s is compiled: %.0f s; kernels stay for later starts", self._name, seconds)

    def prepare(self, report: Report) -> bool:
        """Compile one graph more than ``warm_up`` does; false where none is left."""
        self._compiler.report_to(report)
        return any(network.graphs.warm_up_next(network.bare) for network in self._networks)

    @property
    def _networks(self) -> list[CompiledUNet | CompiledDecoder]:
        found = (self.base, self.refiner, self.decoder)
        return [network for network in found if network is not None]

    def _sizes(self) -> list[tuple[int, int]]:
        """Return height and width in latents."""
        return [
            (height // self._factor, width // self._factor) for width, height in self._usual.sizes
        ]

    def _unet(self, unet: Any, what: str, pooled: int) -> CompiledUNet:
        texts = 2 if self._usual.guided else 1
        shapes = tuple(
            Shape(texts * batch, *size, TOKENS)
            for batch in self._usual.batches
            for size in self._sizes()
        )
        calls = predicting(unet, pooled)
        # With guidance and without: a recipe may have the one, the other, or one after the other.
        graphs = Graphs(self._compiler, calls, shapes, what, self._factor, batches=(1, 2))
        return CompiledUNet(unet, graphs)


class CompiledUNet:
    """Stands in for ``forward`` of a UNet.

    ``network`` is what is calculated with: the UNet itself, or another of the same build in its
    place, which goes past the graphs where ``eager`` says so.
    """

    def __init__(self, unet: Any, graphs: Graphs) -> None:
        self.bare = self.network = unet
        self.graphs = graphs
        self.eager = False
        unet.forward = self

    def __call__(
        self,
        sample: torch.Tensor,
        timestep: torch.Tensor | float,
        encoder_hidden_states: torch.Tensor,
        *,
        timestep_cond: torch.Tensor | None = None,
        added_cond_kwargs: Mapping[str, torch.Tensor] | None = None,
        **others: Any,
    ) -> Any:
        """Return what the UNet predicts, as its own ``forward`` does.

        Raises as ``Compiler.graph`` does.
        """
        whole = others.pop("return_dict", True)
        if not (self.eager or any(each is not None for each in others.values())):
            graph = self._graph(sample, encoder_hidden_states)
            if graph is not None:
                told = added_cond_kwargs or {}
                pooled, sizes = told.get("text_embeds"), told.get("time_ids")
                times = _times(timestep, sample)
                predicted = graph(
                    self.network,
                    (sample, times, encoder_hidden_states, timestep_cond, pooled, sizes),
                )
                return UNet2DConditionOutput(sample=predicted) if whole else (predicted,)
        return type(self.network).forward(
            self.network,
            sample,
            timestep,
            encoder_hidden_states,
            timestep_cond=timestep_cond,
            added_cond_kwargs=added_cond_kwargs,
            return_dict=whole,
            **others,
        )

    def _graph(self, sample: torch.Tensor, texts: torch.Tensor) -> Graph | None:
        height, width = sample.shape[-2:]
        return self.graphs.graph(Shape(len(sample), height, width, texts.shape[1]), self.network)


class CompiledDecoder:
    """Stands in for ``forward`` of a VAE's decoder."""

    def __init__(self, decoder: Any, graphs: Graphs) -> None:
        self.bare = decoder
        self.graphs = graphs
        decoder.forward = self

    def __call__(self, latents: torch.Tensor, latent_embeds: torch.Tensor | None = None) -> Any:
        """Return the picture of latents. Raises as ``Compiler.graph`` does."""
        graph = None
        if latent_embeds is None:
            graph = self.graphs.graph(Shape(len(latents), *latents.shape[-2:]), self.bare)
        if graph is None:
            return type(self.bare).forward(self.bare, latents, latent_embeds)
        return graph(self.bare, (latents,))


def _times(timestep: torch.Tensor | float, sample: torch.Tensor) -> torch.Tensor:
    """Return a time for each picture: samplers give many kinds, the UNet makes float32 of all."""
    times = torch.as_tensor(timestep, dtype=torch.float32, device=sample.device)
    return times.reshape(-1).expand(len(sample))
