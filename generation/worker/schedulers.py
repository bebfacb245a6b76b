"""The samplers of the recipe as diffusers' schedulers, built from the model's own configuration."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, Final

import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    EulerAncestralDiscreteScheduler,
    EulerDiscreteScheduler,
    HeunDiscreteScheduler,
    LCMScheduler,
    LMSDiscreteScheduler,
    PNDMScheduler,
    UniPCMultistepScheduler,
)

from generation.errors import UnknownName
from generation.nearest import nearest


class _LateLMS(LMSDiscreteScheduler):  # type: ignore[misc]
    """LMS that can begin in the middle of the schedule.

    The library takes its order from the place in the schedule, where it has to be the number of
    derivatives that it has seen: begun in the middle it would weigh derivatives that are not there.
    """

    def step(
        self,
        model_output: torch.Tensor,
        timestep: float | torch.Tensor,
        sample: torch.Tensor,
        order: int = 4,
        return_dict: bool = True,
    ) -> Any:
        seen = min(len(self.derivatives) + 1, order)
        return super().step(model_output, timestep, sample, seen, return_dict)


class _LatePNDM(PNDMScheduler):  # type: ignore[misc]
    """PNDM that can begin in the middle of the schedule.

    Its second call repeats the first step, for which the schedule holds the second timestep twice.
    Begun after those there is no double one, and every later call would be one step behind.
    """

    counter: int
    _begun_late = False

    def set_begin_index(self, begin_index: int = 0) -> None:
        """Note where the steps begin, as the pipelines tell it."""
        self._begun_late = begin_index > 1

    def step_plms(self, *args: Any, **options: Any) -> Any:
        if self._begun_late and self.counter == 1:
            self.counter = 2
        return super().step_plms(*args, **options)


_TRAILING: Final = {"timestep_spacing": "trailing"}
"""The first timestep is the noisiest of all (arXiv 2305.08891, table 2)."""

_KINDS: Final[dict[str, tuple[type[Any], dict[str, Any]]]] = {
    "euler": (EulerDiscreteScheduler, {}),
    "euler-a": (EulerAncestralDiscreteScheduler, {}),
    "ddim": (DDIMScheduler, {}),
    "pndm": (_LatePNDM, {"skip_prk_steps": True}),
    "lms": (_LateLMS, {}),
    "dpm++2m": (DPMSolverMultistepScheduler, {"algorithm_type": "dpmsolver++"}),
    "dpm++2m-karras": (
        DPMSolverMultistepScheduler,
        {"algorithm_type": "dpmsolver++", "use_karras_sigmas": True},
    ),
    "unipc": (UniPCMultistepScheduler, {}),
    "heun": (HeunDiscreteScheduler, {}),
    "lcm": (LCMScheduler, {}),
    "lightning": (EulerDiscreteScheduler, _TRAILING),
    "turbo": (EulerAncestralDiscreteScheduler, _TRAILING),
}


def build_scheduler(sampler: str, config: Mapping[str, Any]) -> Any:
    """Return a new scheduler for one stage of one picture; it holds state and is never shared.

    ``config`` is that of the model's own scheduler: betas, prediction type, spacing, offset. It
    never clips the predicted sample: the latents of these models go beyond ±1, and the key is
    missing from files whose scheduler did not know it. Raises ``UnknownName``.
    """
    if sampler not in _KINDS:
        raise UnknownName("sampler", sampler, nearest(sampler, _KINDS))
    kind, options = _KINDS[sampler]
    fixed = {"clip_sample": False, "use_karras_sigmas": False, **options}
    known = inspect.signature(kind.__init__).parameters
    given = {**_plain(config), **fixed}
    return kind.from_config({key: value for key, value in given.items() if key in known})


def _plain(config: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what belongs to the class that the configuration was written by."""
    left_out = {"_class_name", "_use_default_values", "solver_order", "algorithm_type"}
    return {key: value for key, value in config.items() if key not in left_out}
