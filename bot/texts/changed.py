"""What has changed since a picture was made."""

from __future__ import annotations

from typing import Final

from bot.reply import Line, faint, line, user
from bot.texts.amounts import count_text

CHANGES_SHOWN: Final = 6
_PARTS: Final = {"base": "model", "refiner": "refiner", "vae": "VAE"}
_CHANGING: Final[dict[str, str]] = {
    "painting": "Reroll's way of painting",
    "dtype": "precision",
    "vae_dtype": "precision of the VAE",
    "vae_tiles": "tiles of the VAE",
    "threads": "CPU threads",
    "compile": "compiled kernels",
    "compile_sizes": "sizes with kernels of their own",
    "compile_first": "size that kernels of other sizes are made by",
    "compile_batches": "pictures a pass with kernels of their own",
    "attention": "kernel of attention",
    "batching": "way of painting several pictures",
    "batch": "pictures painted at a time",
    "memory_format": "layout of tensors",
    "precision": "precision of the weights",
    "cpu": "CPU",
    "cuda cuda": "CUDA",
    "cuda cudnn": "cuDNN",
    "cuda tf32": "TF32",
    "cuda matmul": "precision of matrix products",
    "cuda cublas_workspace": "workspace of cuBLAS",
    "deterministic algorithms": "deterministic algorithms",
    "deterministic cudnn": "deterministic cuDNN",
    "deterministic benchmark": "choice of cuDNN's algorithms by speed",
}


def _part(part: str) -> str:
    """Name a part of a model, or a LoRA."""
    lora = part.removeprefix("lora ")
    return _PARTS.get(part, part) if lora == part else f"LoRA {lora}"


def change(what: tuple[str, ...], before: str, now: str) -> str:
    """Say of one thing that decides pixels what it was and what it is, or that it is gone."""
    group, part = what[0], what[-1]
    if group in ("weights", "configs"):
        if not now:
            return f"the {_part(part)} is not here any more"
        name = f"{'weights' if group == 'weights' else 'settings'} of the {_part(part)}"
        # A hash is as telling by its beginning.
        return f"{name}: {before[:8]} → {now[:8]}"
    name = part if group == "versions" else " ".join(what)
    return f"{_CHANGING.get(name, name)} {before} → {now}"


def changed(changes: tuple[str, ...]) -> Line:
    """Warn that the same recipe may give other pixels now. LoRAs are named by whoever put them."""
    more = len(changes) - CHANGES_SHOWN
    rest = f", and {count_text(more, 'thing', 'things')} more" if more > 0 else ""
    said = ", ".join(changes[:CHANGES_SHOWN])
    return line(faint("Changed since: "), user(said), faint(f"{rest}."))
