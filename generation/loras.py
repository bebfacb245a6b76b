"""The LoRAs that lie in the owner's folder: names, trigger words, what they were trained for.

Nothing here unpacks weights: the header of a safetensors file says which tensors it holds and how
long the file has to be.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from generation.bounds import BOUNDS
from generation.errors import BadWeights, LoraForOtherBase, UnknownName
from generation.models import MINI_FOLDER, Family, Model
from generation.nearest import nearest
from generation.samplers import SAMPLERS

Number = TypeVar("Number", bound=float | None)

HEADER_MOST: Final = 100_000_000
"""The longest header that the safetensors library reads, too."""

FAMILY_OF_WIDTH: Final[Mapping[int, Family]] = {768: "sd1", 1024: "sd2", 2048: "sdxl", 160: "mini"}
"""The width of the text embeddings that a UNet's cross-attention reads, by kind of model."""

BUILT_IN: Final = MINI_FOLDER / "loras"


@dataclass(frozen=True, slots=True)
class LoraInfo:
    """One LoRA; ``scale`` is its own default, ``base`` the kind of model it is for, if known.

    ``steps`` (0: any), ``guidance`` and ``sampler`` are what it was trained for, where it makes its
    model one of few steps: LCM, Lightning, Turbo.
    """

    name: str
    path: Path
    title: str = ""
    trigger: str = ""
    scale: float = 1.0
    base: str = ""
    steps: int = 0
    guidance: float | None = None
    sampler: str = ""


Header = Mapping[str, Any]


def read_header(path: Path) -> Header:
    """Return the header of a safetensors file: tensors by name, and ``__metadata__``.

    Raises ``BadWeights`` where the file is missing, shorter than its header says, or another kind.
    """
    if path.suffix != ".safetensors":
        raise BadWeights(str(path), "pickle")
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, HEADER_MOST):
                reason = "truncated" if 8 <= length <= HEADER_MOST else "not safetensors"
                raise BadWeights(str(path), reason)
            header = json.loads(file.read(length))
        ends = [_end(entry) for key, entry in header.items() if key != "__metadata__"]
    except FileNotFoundError:
        raise BadWeights(str(path), "missing") from None
    except OSError as error:
        raise BadWeights(str(path), "unreadable", error.strerror or "") from None
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError):
        raise BadWeights(str(path), "not safetensors") from None
    if 8 + length + max(ends, default=0) > size:
        raise BadWeights(str(path), "truncated")
    return header  # type: ignore[no-any-return]


def _end(tensor: Mapping[str, Any]) -> int:
    """Return where a tensor's bytes end. Raises what the wrong types of a header lead to."""
    end: Any = tensor["data_offsets"][1]
    if not all(isinstance(number, int) for number in (*tensor["shape"], end)):
        raise TypeError("whole numbers are missing")
    return int(end)


def family_of_header(header: Header) -> Family | None:
    """Return the kind of model that weights belong to, by the width of their cross-attention."""
    for key, entry in header.items():
        inner = key.replace(".", "_")
        if "attn2_to_k" not in inner or not isinstance(entry, dict):
            continue
        if inner.endswith(("lora_down_weight", "lora_A_weight")) or "lora" not in inner:
            return FAMILY_OF_WIDTH.get((0, *entry["shape"])[-1])
    return None


def family_of(model: Model) -> Family | None:
    """Return the kind of a model; none where its weights are not on this machine yet."""
    if model.family != "auto":
        return model.family
    path = Path(model.base)
    if path.suffix == ".safetensors" and path.is_file():
        return family_of_header(read_header(path))
    config = path / "unet" / "config.json"
    if config.is_file():
        width = json.loads(config.read_text(encoding="utf-8")).get("cross_attention_dim")
        return FAMILY_OF_WIDTH.get(width)
    return None


class LoraCatalogue:
    """The LoRAs of some folders and the built-in ones, answered from memory.

    ``refresh`` looks at the disk and may take long with thousands of files: call it in a thread.
    """

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = (BUILT_IN, *folders)
        self._found: Mapping[str, LoraInfo] = {}
        self._infos: tuple[LoraInfo, ...] = ()
        self._cards: dict[Path, tuple[tuple[int, int], LoraInfo]] = {}

    def refresh(self) -> None:
        """Look at the folders again; files that did not change are not read again."""
        found = {}
        for folder in self._folders:
            for path in sorted(_files(folder)):
                found[path.stem] = self._card(path)
        self._found = dict(sorted(found.items()))
        infos = tuple(self._found.values())
        if infos != self._infos:
            self._infos = infos

    def _card(self, path: Path) -> LoraInfo:
        notes = path.with_suffix(".toml")
        stamp = (_stamp(path), _stamp(notes))
        known = self._cards.get(path)
        if known is None or known[0] != stamp:
            known = self._cards[path] = (stamp, _read_card(path, notes))
        return known[1]

    def names(self) -> tuple[str, ...]:
        """Return all names, sorted."""
        return tuple(self._found)

    def infos(self) -> tuple[LoraInfo, ...]:
        """Return all LoRAs, sorted by name: the same object as long as nothing changes."""
        return self._infos

    def find(self, name: str) -> LoraInfo:
        """Return a LoRA by name, whatever its case. Raises ``UnknownName`` with the nearest."""
        info = self._found.get(name)
        if info is None:
            folded = name.casefold()
            info = next((i for n, i in self._found.items() if n.casefold() == folded), None)
        if info is None:
            raise UnknownName("lora", name[:60], nearest(name, self._found))
        return info

    def examine(self, name: str) -> LoraInfo:
        """Look into a LoRA's file. Raises ``BadWeights``, which ``find`` does not look for."""
        info = self.find(name)
        read_header(info.path)
        return info

    def check(self, name: str, model: Model) -> LoraInfo:
        """Check that a LoRA can be used with a model.

        Raises ``UnknownName``, ``BadWeights`` and ``LoraForOtherBase``.
        """
        info = self.examine(name)
        family = family_of(model)
        if info.base and family and info.base != family:
            raise LoraForOtherBase(info.name, info.base, model.name)
        return info


def _files(folder: Path) -> Iterator[Path]:
    try:
        yield from (path for path in folder.iterdir() if path.suffix == ".safetensors")
    except OSError:
        return


def _stamp(path: Path) -> int:
    try:
        status = path.stat()
    except OSError:
        return 0
    return hash((status.st_size, status.st_mtime_ns))


def _read_card(path: Path, notes: Path) -> LoraInfo:
    """Read what is known of a LoRA; what its notes say wins over what the header shows."""
    try:
        header = read_header(path)
    except BadWeights:
        # Listed all the same: whoever asks for it is told what is wrong with it.
        return LoraInfo(path.stem, path)
    card = _read_notes(notes)
    sampler = str(card.get("sampler", ""))
    return LoraInfo(
        name=path.stem,
        path=path,
        title=str(card.get("title", ""))[:100],
        trigger=str(card.get("trigger", ""))[:200],
        scale=_number(card, "scale", "lora scale", 1.0),
        base=str(card.get("base") or family_of_header(header) or ""),
        steps=int(_number(card, "steps", "steps", 0)),
        guidance=_number(card, "guidance", "guidance", None),
        sampler=sampler if sampler in SAMPLERS else "",
    )


def _number(card: Mapping[str, Any], key: str, bounds: str, otherwise: Number) -> float | Number:
    """Return a number of the notes; one that cannot be counts as none."""
    value = card.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or value not in BOUNDS[bounds]:
        return otherwise
    return float(value)


def _read_notes(path: Path) -> Mapping[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return {}
