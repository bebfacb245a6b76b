from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from generation.errors import BadImage, BadRecipe
from generation.metadata import (
    TEXT_MAX,
    parameters_text,
    parse_parameters,
    png_info,
    read_metadata,
    software,
)
from generation.recipe import InputImage, LoraUse, Recipe, Refiner, Upscale, Variation
from generation.recipe_parts import Region
from generation.samplers import SAMPLERS

RECIPE = Recipe(
    prompt="a red circle++, (blue background)1.3",
    negative="blurry, text",
    seed=4294967295,
    width=128,
    height=96,
    steps=20,
    guidance=5.5,
    model="mini",
    sampler="dpm++2m-karras",
    refiner=Refiner(0.8),
    loras=(LoraUse("inkstyle", 0.75), LoraUse("wrong", -1)),
)
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=80
)
recipes = st.builds(
    Recipe,
    prompt=texts.filter(str.strip),
    negative=texts,
    seed=st.integers(0, 2**32 - 1),
    width=st.sampled_from([64, 128, 1024]),
    height=st.sampled_from([64, 768]),
    steps=st.integers(1, 50),
    guidance=st.floats(0, 30),
    model=st.sampled_from(["mini", "sdxl, v1: the first"]),
    sampler=st.sampled_from(SAMPLERS),
    refiner=st.none() | st.builds(Refiner, st.floats(0.5, 0.99)),
    image=st.none() | st.builds(InputImage, st.just("ab" * 32), st.floats(0.05, 1)),
)


def png(info: PngInfo | None = None) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (2, 2)).save(file, "PNG", pnginfo=info)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack("!I4s", len(body), kind) + body + struct.pack("!I", zlib.crc32(kind + body))


def png_with(*chunks: bytes) -> bytes:
    whole = png()
    return whole[:33] + b"".join(chunks) + whole[33:]


@given(recipe=recipes)
def test_the_recipe_comes_back_exactly(recipe: Recipe) -> None:
    found = read_metadata(png(png_info(recipe, "k7f3q2.1")))
    assert found.recipe == recipe
    assert found.picture_id == "k7f3q2.1"
    assert found.software == software()


@given(recipe=recipes)
def test_other_programs_read_the_settings_from_the_parameters(recipe: Recipe) -> None:
    fields = read_metadata(png(png_info(recipe, "k7f3q2.1"))).parameters
    assert fields
    assert fields["Seed"] == str(recipe.seed)
    assert fields["Steps"] == str(recipe.steps)
    assert fields["Size"] == f"{recipe.width}x{recipe.height}"
    assert fields["Model"] == recipe.model


def test_the_parameters_are_written_as_a1111_writes_them() -> None:
    assert parameters_text(RECIPE) == (
        "a red circle++, (blue background)1.3 <lora:inkstyle:0.75> <lora:wrong:-1>\n"
        "Negative prompt: blurry, text\n"
        "Steps: 20, Sampler: DPM++ 2M Karras, CFG scale: 5.5, Seed: 4294967295, Size: 128x96, "
        f"Model: mini, Refiner: mini, Refiner switch at: 0.8, Version: {software()}"
    )


@pytest.mark.parametrize(
    ("sampler", "named"),
    [
        ("lcm", "Sampler: LCM, "),
        ("lightning", "Sampler: Euler, Schedule type: SGM Uniform, "),
        ("turbo", "Sampler: Euler a, Schedule type: SGM Uniform, "),
    ],
)
def test_what_takes_few_steps_is_told_to_other_programs_by_their_names(
    sampler: str, named: str
) -> None:
    text = parameters_text(RECIPE.changed(sampler=sampler, guidance_end=0.25))
    assert f"Steps: 20, {named}CFG scale: 5.5, Guidance end: 0.25, Seed" in text


def test_one_variation_is_told_to_other_programs_which_know_of_no_second() -> None:
    one = RECIPE.changed(variations=(Variation(12, 0.15),))
    assert ", Variation seed: 12, Variation seed strength: 0.15, " in parameters_text(one)
    two = RECIPE.changed(variations=(Variation(12, 0.15), Variation(13, 0.4)))
    assert "Variation" not in parameters_text(two)


def test_parameters_of_another_program_are_taken_apart() -> None:
    fields = parse_parameters(
        "a cat,\nsitting <lora:ink:0.8>\nNegative prompt: dog,\nbird\n"
        'Steps: 30, Sampler: Euler a, Lora hashes: "ink: 12, b: 3", Seed: 5, Size: 512x768'
    )
    assert fields == {
        "Prompt": "a cat,\nsitting",
        "Negative prompt": "dog,\nbird",
        "Loras": "ink:0.8",
        "Steps": "30",
        "Sampler": "Euler a",
        "Lora hashes": "ink: 12, b: 3",
        "Seed": "5",
        "Size": "512x768",
    }


def test_text_without_settings_is_the_prompt() -> None:
    assert parse_parameters("just a sentence: with a colon") == {
        "Prompt": "just a sentence: with a colon"
    }


def test_text_beyond_latin_1_goes_into_an_international_chunk() -> None:
    whole = png(png_info(RECIPE.changed(prompt="赤い円 🙂"), "k7f3q2.1"))
    assert b"iTXtparameters" in whole
    assert read_metadata(whole).recipe == RECIPE.changed(prompt="赤い円 🙂")


def test_a_recipe_of_a_newer_version_is_told_apart_from_none() -> None:
    info = PngInfo()
    info.add_text("reroll", '{"schema": 99}')
    found = read_metadata(png(info))
    assert found.recipe is None
    assert isinstance(found.recipe_error, BadRecipe)
    assert read_metadata(png()).recipe_error is None


def test_a_compressed_text_is_read() -> None:
    info = PngInfo()
    info.add_text("parameters", "a cat\nSteps: 3", zip=True)
    assert read_metadata(png(info)).parameters == {"Prompt": "a cat", "Steps": "3"}


@pytest.mark.parametrize(
    ("kind", "head"), [(b"zTXt", b"parameters\0\0"), (b"iTXt", b"parameters\0\1\0\0\0")]
)
def test_a_bomb_is_refused_before_it_is_inflated(kind: bytes, head: bytes) -> None:
    bomb = zlib.compress(b"a" * (TEXT_MAX * 50), 9)
    assert len(bomb) < TEXT_MAX // 10
    whole = png_with(chunk(kind, head + bomb))
    tracemalloc.start()
    with pytest.raises(BadImage) as caught:
        read_metadata(whole, "bomb.png")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10 * TEXT_MAX
    assert (caught.value.reason, caught.value.name) == ("too much text", "bomb.png")


def test_a_text_of_a_hundred_megabytes_is_refused() -> None:
    long = chunk(b"tEXt", b"parameters\0" + b"a" * (90 * 2**20))
    with pytest.raises(BadImage) as caught:
        read_metadata(png_with(long))
    assert caught.value.reason == "too much text"
    with pytest.raises(BadImage) as caught:
        read_metadata(png_with(long, long))
    assert caught.value.reason == "too many bytes"


def test_a_million_chunks_are_not_all_looked_at() -> None:
    with pytest.raises(BadImage) as caught:
        read_metadata(png_with(chunk(b"tEXt", b"a\0b") * 100_000))
    assert caught.value.reason == "too many bytes"


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
@pytest.mark.parametrize(
    "body", [b"parameters\0\1\0", b"parameters\0\1\0\0\0no zlib", b"parameters\0"]
)
def test_a_broken_text_is_told(kind: bytes, body: bytes) -> None:
    with pytest.raises(BadImage) as caught:
        read_metadata(png_with(chunk(kind, body)))
    assert caught.value.reason == "unreadable"


@given(data=st.binary(max_size=200))
def test_whatever_follows_the_signature_ends_in_an_answer(data: bytes) -> None:
    with pytest.raises(BadImage):
        read_metadata(b"\x89PNG\r\n\x1a\n" + data)


def test_files_that_are_no_png_are_refused(tmp_path: Path) -> None:
    for name, content in {"a.txt": b"hello", "b.svg": b"<svg/>", "c.png": b""}.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadImage) as caught:
            read_metadata(tmp_path / name)
        assert (caught.value.reason, caught.value.name) == ("format", name)
    with pytest.raises(BadImage) as caught:
        read_metadata(tmp_path / "missing.png")
    assert caught.value.reason == "unreadable"


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (Upscale(2), ("Lanczos", "0.2")),
        (Upscale(2, "plain"), ("Lanczos", None)),
        (Upscale(2, "model", "Sharp"), ("Sharp", None)),
    ],
)
def test_what_enlarged_a_picture_is_told_to_other_programs(
    how: Upscale, said: tuple[str, str | None]
) -> None:
    recipe = RECIPE.changed(width=2048, height=1024, image=InputImage("ab" * 32, 0.2), upscale=how)
    fields = parse_parameters(parameters_text(recipe))
    assert (fields["Size"], fields["Hires upscale"]) == ("1024x512", "2")
    assert (fields["Hires upscaler"], fields.get("Denoising strength")) == said


def test_a_truncated_file_is_told() -> None:
    whole = png(png_info(RECIPE, "k7f3q2.1"))
    with pytest.raises(BadImage) as caught:
        read_metadata(whole[: len(whole) // 2])
    assert caught.value.reason == "truncated"


def test_how_a_part_of_an_input_fades_into_the_rest_is_told_to_other_programs() -> None:
    image = InputImage("ab" * 32, 0.85, region=Region(0, 0, 0.5, 1), feather=8)
    fields = parse_parameters(parameters_text(RECIPE.changed(image=image)))
    assert (fields["Denoising strength"], fields["Mask blur"]) == ("0.85", "8")
    whole = parameters_text(RECIPE.changed(image=InputImage("ab" * 32)))
    assert "Mask blur" not in parse_parameters(whole)
