"""What a PNG file says about how it was made: our recipe, and A1111's ``parameters`` text.

Reading trusts nothing: no pixel is decoded, and only the text chunks are read, from at most
``FILE_MAX`` bytes and ``CHUNKS_MAX`` chunks, each inflated to no more than ``TEXT_MAX`` bytes.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from PIL.PngImagePlugin import PngInfo

from generation.errors import BadImage, UserError
from generation.recipe import Recipe
from generation.recipe_reading import read_recipe
from generation.samplers import A1111_NAMES, A1111_SCHEDULES

RECIPE_KEY: Final = "reroll"
PICTURE_KEY: Final = "reroll:job"
SOFTWARE_KEY: Final = "Software"
PARAMETERS_KEY: Final = "parameters"

FILE_MAX: Final = 100 * 2**20
"""Bytes of a file that may be read."""
CHUNKS_MAX: Final = 10_000
TEXT_MAX: Final = 2**20
"""Bytes of one text; those of Reroll and A1111 are a few thousand."""

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_READ: Final = frozenset({RECIPE_KEY, PICTURE_KEY, SOFTWARE_KEY, PARAMETERS_KEY})
_FIELD: Final = re.compile(r'\s*([\w ./()-]{1,60}):\s*("(?:\\.|[^"\\])*"|[^,]*)(?:,|$)')
_LORA: Final = re.compile(r"<lora:([^:<>]{1,200}):(-?\d{1,3}(?:\.\d{1,6})?)>")


@dataclass(frozen=True, slots=True)
class PictureMetadata:
    """What a PNG file says of itself; ``parameters`` are the fields of A1111's text.

    Their names are A1111's, and besides: ``Prompt``, ``Negative prompt``, and ``Loras``, which
    lists ``name:scale`` separated by commas. ``recipe_error`` is set where the file holds a recipe
    that cannot be read, of a newer Reroll for instance.
    """

    recipe: Recipe | None = None
    parameters: dict[str, str] | None = None
    picture_id: str | None = None
    software: str | None = None
    recipe_error: UserError | None = field(default=None, compare=False)


# Writing ------------------------------------------------------------------------------------------


def png_info(recipe: Recipe, picture_id: str) -> PngInfo:
    """Return the text chunks for a picture of this recipe, iTXt where Latin-1 is too narrow."""
    info = PngInfo()
    texts = {
        RECIPE_KEY: recipe.to_json(),
        PICTURE_KEY: picture_id,
        SOFTWARE_KEY: software(),
        PARAMETERS_KEY: parameters_text(recipe),
    }
    for key, text in texts.items():
        info.add_text(key, text)  # which takes an iTXt chunk where Latin-1 does not do
    return info


def software() -> str:
    """Return the name and version that are written into files."""
    try:
        return f"Reroll {version('reroll')}"
    except PackageNotFoundError:
        return "Reroll"


def parameters_text(recipe: Recipe) -> str:
    """Return the recipe as the A1111 web interface would write it.

    The text is for other programs; the recipe beside it is exact.
    """
    loras = "".join(f" <lora:{lora.name}:{lora.scale:g}>" for lora in recipe.loras)
    prompt, negative = recipe.words
    lines = [prompt + loras]
    if negative:
        lines.append(f"Negative prompt: {negative}")
    lines.append(", ".join(f"{name}: {_quoted(text)}" for name, text in _fields(recipe)))
    return "\n".join(lines)


def _fields(recipe: Recipe) -> Iterator[tuple[str, str]]:
    yield "Steps", str(recipe.steps)
    yield "Sampler", A1111_NAMES[recipe.sampler]
    if recipe.sampler in A1111_SCHEDULES:
        yield "Schedule type", A1111_SCHEDULES[recipe.sampler]
    yield "CFG scale", f"{recipe.guidance:g}"
    if recipe.guidance_end != 1:
        yield "Guidance end", f"{recipe.guidance_end:g}"
    yield "Seed", str(recipe.seed)
    # Of what is enlarged it is the size before, there.
    less = recipe.upscale.scale if recipe.upscale else 1
    yield "Size", f"{recipe.width // less}x{recipe.height // less}"
    yield "Model", recipe.model
    if len(recipe.variations) == 1:  # That web interface knows of no second one.
        yield "Variation seed", str(recipe.variations[0].seed)
        yield "Variation seed strength", f"{recipe.variations[0].amount:g}"
    if recipe.upscale:
        yield "Hires upscale", str(recipe.upscale.scale)
        yield "Hires upscaler", recipe.upscale.upscaler or "Lanczos"
    if recipe.image and recipe.needs_model:
        yield "Denoising strength", f"{recipe.image.strength:g}"
        if recipe.image.is_partly_kept:
            yield "Mask blur", str(recipe.image.feather)
    if recipe.refiner:
        yield "Refiner", recipe.model
        yield "Refiner switch at", f"{recipe.refiner.switch:g}"
    yield "Version", software()


def _quoted(text: str) -> str:
    """Quote what would end a field early, as A1111 does (with JSON's escapes)."""
    if not any(character in text for character in ',:\n"\\'):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


# Reading ------------------------------------------------------------------------------------------


def read_metadata(source: Path | bytes, name: str = "") -> PictureMetadata:
    """Read what a PNG file, or its bytes, say of themselves.

    Raises ``BadImage``: ``format``, ``truncated``, ``too many bytes``, ``too much text`` or
    ``unreadable``; ``name`` is what the error calls the file.
    """
    name = name or (source.name if isinstance(source, Path) else "")
    texts = _texts(_bytes(source, name), name)
    recipe, error = _recipe(texts.get(RECIPE_KEY))
    parameters = texts.get(PARAMETERS_KEY)
    return PictureMetadata(
        recipe=recipe,
        parameters=None if parameters is None else parse_parameters(parameters),
        picture_id=texts.get(PICTURE_KEY),
        software=texts.get(SOFTWARE_KEY),
        recipe_error=error,
    )


def _recipe(text: str | None) -> tuple[Recipe | None, UserError | None]:
    if text is None:
        return None, None
    try:
        return read_recipe(text), None
    except UserError as error:
        return None, error


def _bytes(source: Path | bytes, name: str) -> bytes:
    if isinstance(source, bytes):
        data = source
    else:
        try:
            with source.open("rb") as file:
                data = file.read(FILE_MAX + 1)
        except OSError as error:
            raise BadImage("unreadable", name, error.strerror or str(error)) from None
    if len(data) > FILE_MAX:
        raise BadImage("too many bytes", name, f"{FILE_MAX // 2**20} MB")
    return data


def _texts(data: bytes, name: str) -> dict[str, str]:
    """Return the texts we know by their keys; of several with one key the first counts."""
    texts: dict[str, str] = {}
    for kind, body in _chunks(data, name):
        if kind in _DECODERS:
            key, _, rest = body.partition(b"\0")
            known = key.decode("latin-1")
            if known in _READ and known not in texts:
                texts[known] = _decoded(kind, rest, name)
    return texts


def _chunks(data: bytes, name: str) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise BadImage("format", name)
    position = len(_SIGNATURE)
    for _ in range(CHUNKS_MAX):
        if position + 8 > len(data):
            raise BadImage("truncated", name)
        length, kind = struct.unpack_from("!I4s", data, position)
        start, position = position + 8, position + 12 + length
        if position > len(data):
            raise BadImage("truncated", name)
        if kind == b"IEND":
            return
        yield kind, data[start : start + length] if kind in _DECODERS else b""
    raise BadImage("too many bytes", name, f"{CHUNKS_MAX} chunks")


def _decoded(kind: bytes, rest: bytes, name: str) -> str:
    try:
        raw, encoding = _DECODERS[kind](rest)
    except (zlib.error, IndexError, ValueError) as error:
        raise BadImage("unreadable", name, str(error)[:100]) from None
    if len(raw) > TEXT_MAX:
        raise BadImage("too much text", name, f"{TEXT_MAX // 2**20} MB")
    return raw.decode(encoding, errors="replace")


def _plain(rest: bytes) -> tuple[bytes, str]:
    return rest, "latin-1"


def _compressed(rest: bytes) -> tuple[bytes, str]:
    return _inflated(rest[1:]), "latin-1"


def _international(rest: bytes) -> tuple[bytes, str]:
    compressed = rest[0] == 1
    text = rest[2:].split(b"\0", 2)[2]
    return _inflated(text) if compressed else text, "utf-8"


def _inflated(data: bytes) -> bytes:
    """Inflate, but one byte more than is allowed at most: a bomb never gets its size."""
    inflater = zlib.decompressobj()
    text = inflater.decompress(data, TEXT_MAX + 1)
    if len(text) <= TEXT_MAX and not inflater.eof:
        raise ValueError("compressed text ends early")
    return text


_DECODERS: Final = {b"tEXt": _plain, b"zTXt": _compressed, b"iTXt": _international}


def parse_parameters(text: str) -> dict[str, str]:
    """Take A1111's ``parameters`` text apart.

    The last line holds ``Name: value`` pairs if it names the steps; before it stand the prompt
    and, from a line that begins with ``Negative prompt:``, the negative. Text in any other form
    is taken whole as the prompt.
    """
    body, _, last = text.rstrip().rpartition("\n")
    if not last.lstrip().startswith("Steps:"):
        body, last = text.rstrip(), ""
    prompt, negative = _split_negative(body)
    loras = [f"{name}:{scale}" for name, scale in _LORA.findall(prompt)]
    fields = {"Prompt": _LORA.sub("", prompt).strip()}
    if negative:
        fields["Negative prompt"] = negative
    if loras:
        fields["Loras"] = ", ".join(loras)
    for match in _FIELD.finditer(last):
        fields.setdefault(match[1].strip(), _unquoted(match[2].strip()))
    return fields


def _split_negative(body: str) -> tuple[str, str]:
    marker = "Negative prompt:"
    if body.startswith(marker):
        return "", body[len(marker) :].strip()
    prompt, _, negative = body.partition("\n" + marker)
    return prompt.strip(), negative.strip()


def _unquoted(text: str) -> str:
    if len(text) < 2 or not text.startswith('"'):
        return text
    return re.sub(r"\\(.)", lambda match: "\n" if match[1] == "n" else match[1], text[1:-1])
