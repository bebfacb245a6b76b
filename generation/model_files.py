"""Which files of a model decide its pixels: the weights that are read, and what describes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from generation.hashes import Stamp, is_as_stamped, stamp
from generation.hub.files import INDEX, Role, weights
from generation.models import Model

_TEXT: Final = ("text_encoder", "text_encoder_2")
_DESCRIBING: Final = frozenset({".json", ".txt"})


@dataclass(frozen=True, slots=True)
class PartFiles:
    """The files of one part of a model, as they were at one moment.

    ``configs`` say how networks are built, and hold the words and the noise schedule; of a single
    file they may be nowhere beside it.
    """

    weights: tuple[Stamp, ...]
    configs: tuple[Stamp, ...]
    paths: tuple[Path, ...]
    """Where they lie as far as the model is concerned: first the weights, then the configs."""

    @property
    def are_the_same(self) -> bool:
        """Whether no file has another content now; one that is gone counts as the same."""
        return all(map(is_as_stamped, self.paths, (*self.weights, *self.configs)))


def look_at(path: Path, role: Role, model: Model) -> PartFiles:
    """Look at the files of a part that lies in a folder or is one file. Raises ``OSError``."""
    read = tuple(sorted(_weights(path, role, model)))
    configs = _configs(path if path.is_dir() else path.with_suffix(""), role, model)
    describing = tuple(sorted(configs))
    return PartFiles(
        weights=tuple(map(stamp, read)),
        configs=tuple(map(stamp, describing)),
        paths=(*read, *describing),
    )


def variant_of(path: Path, wanted: str) -> str | None:
    """Return the variant to read: the wanted one where it lies, else whatever there is."""
    names = [file.name for file in path.rglob("*.safetensors")]
    if wanted and any(f".{wanted}." in name for name in names):
        return wanted
    if any(name.count(".") == 1 for name in names):
        return None
    return next((name.split(".")[-2] for name in sorted(names)), None)


def _networks(path: Path, role: Role, model: Model) -> tuple[Path, ...]:
    """Return the folders whose networks are read: a refiner shares all but its UNet."""
    if role == "vae":
        return (path,)
    names: tuple[str, ...] = ("unet",)
    if role == "base":
        names = (*names, *_TEXT) if model.vae else (*names, *_TEXT, "vae")
    return tuple(path / name for name in names)


def _weights(path: Path, role: Role, model: Model) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    variant = variant_of(path, model.variant) or ""
    for folder in _networks(path, role, model):
        names = sorted(file.name for file in folder.glob("*.safetensors"))
        for name in weights(names, variant) or names:
            yield folder / name


def _configs(path: Path, role: Role, model: Model) -> Iterator[Path]:
    networks = {folder / "config.json" for folder in _networks(path, role, model)}
    yield from (file for file in networks if file.is_file())
    if role == "vae":
        return
    named = ("scheduler", "tokenizer", "tokenizer_2") if role == "base" else ("scheduler",)
    for folder in (path / name for name in named):
        yield from (file for file in folder.glob("*") if file.suffix in _DESCRIBING)
    if (path / INDEX).is_file():
        yield path / INDEX


def lora_part(name: str) -> str:
    """Return the name of a LoRA among the weights that decided a picture."""
    return f"lora {name}"
