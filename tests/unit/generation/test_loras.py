from __future__ import annotations

import json
from pathlib import Path

import pytest

from generation.errors import BadWeights, LoraForOtherBase, UnknownName
from generation.loras import LoraCatalogue, family_of, family_of_header, read_header
from generation.models import MINI, SDXL, Model

UNET = "unet.down_blocks.1.attentions.0.transformer_blocks.0.attn2.to_k"
KOHYA = "lora_unet_down_blocks_1_attentions_0_transformer_blocks_0_attn2_to_k"


def weights(shapes: dict[str, tuple[int, ...]]) -> bytes:
    """Return a safetensors file of zeros."""
    header, end = {}, 0
    for name, shape in shapes.items():
        size = 4
        for side in shape:
            size *= side
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw + bytes(end)


def headed(header: dict[str, object]) -> bytes:
    """Return a file that is nothing but a header."""
    raw = json.dumps(header).encode()
    return len(raw).to_bytes(8, "little") + raw


def lora(folder: Path, name: str, width: int = 2048, key: str = f"{UNET}.lora_A.weight") -> Path:
    path = folder / f"{name}.safetensors"
    path.write_bytes(
        weights({key: (4, width), key.replace("_A", "_B").replace("down.w", "up.w"): (8, 4)})
    )
    return path


def catalogue(folder: Path) -> LoraCatalogue:
    found = LoraCatalogue((folder,))
    found.refresh()
    return found


def test_notes_beside_a_file_are_read(tmp_path: Path) -> None:
    lora(tmp_path, "ink")
    (tmp_path / "ink.toml").write_text(
        'title = "Ink drawings"\ntrigger = "inked"\nscale = 0.7\nbase = "sdxl"\n'
    )
    info = catalogue(tmp_path).find("INK")
    assert (info.title, info.trigger, info.scale, info.base) == (
        "Ink drawings",
        "inked",
        0.7,
        "sdxl",
    )


def test_notes_say_what_a_lora_of_few_steps_was_trained_for(tmp_path: Path) -> None:
    lora(tmp_path, "fast")
    notes = tmp_path / "fast.toml"
    notes.write_text('steps = 4\nguidance = 0\nsampler = "lightning"\n')
    info = catalogue(tmp_path).find("fast")
    assert (info.steps, info.guidance, info.sampler) == (4, 0.0, "lightning")
    notes.write_text('steps = "4"\nguidance = 31\nsampler = "flash"\n')
    info = catalogue(tmp_path).find("fast")
    assert (info.steps, info.guidance, info.sampler) == (0, None, "")


def test_broken_notes_do_not_hide_a_lora(tmp_path: Path) -> None:
    lora(tmp_path, "ink")
    (tmp_path / "ink.toml").write_bytes(b"\xff = [")
    info = catalogue(tmp_path).find("ink")
    assert (info.scale, info.base) == (1.0, "sdxl")


@pytest.mark.parametrize("key", [f"{UNET}.lora_A.weight", f"{KOHYA}.lora_down.weight"])
@pytest.mark.parametrize(
    ("width", "family"), [(768, "sd1"), (1024, "sd2"), (2048, "sdxl"), (160, "mini"), (99, None)]
)
def test_the_base_is_read_off_the_weights(
    tmp_path: Path, key: str, width: int, family: str | None
) -> None:
    assert family_of_header(read_header(lora(tmp_path, "a", width, key))) == family


def test_a_lora_for_another_base_is_refused(tmp_path: Path) -> None:
    lora(tmp_path, "xl")
    found = catalogue(tmp_path)
    assert found.check("xl", SDXL).name == "xl"
    with pytest.raises(LoraForOtherBase) as caught:
        found.check("xl", MINI)
    assert (caught.value.base, caught.value.model) == ("sdxl", "mini")


def test_unknown_names_get_the_nearest(tmp_path: Path) -> None:
    lora(tmp_path, "watercolour")
    with pytest.raises(UnknownName) as caught:
        catalogue(tmp_path).check("watercolor", SDXL)
    assert caught.value.near == ("watercolour",)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "sub/ink", "..", "", "ink\0"])
def test_a_name_is_no_path(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "loras"
    (folder / "sub").mkdir(parents=True)
    lora(tmp_path, "secret")
    lora(folder / "sub", "ink")
    with pytest.raises(UnknownName):
        catalogue(folder).find(name)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (weights({"a": (9, 9)})[:-1], "truncated"),
        (weights({"a": (9, 9)})[:20], "truncated"),
        (b"", "not safetensors"),
        (b"PK\x03\x04 is a zip, as pickles are", "not safetensors"),
        ((8).to_bytes(8, "little") + b"[1,2,3] ", "not safetensors"),
        (headed({f"{UNET}.lora_A.weight": {"data_offsets": [0, 0]}}), "not safetensors"),
        (
            headed({f"{UNET}.lora_A.weight": {"data_offsets": [0, 0], "shape": [[]]}}),
            "not safetensors",
        ),
        (headed({"a": {"data_offsets": [0, "9"], "shape": []}}), "not safetensors"),
    ],
)
def test_a_broken_file_is_listed_and_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    (tmp_path / "broken.safetensors").write_bytes(data)
    found = catalogue(tmp_path)
    assert "broken" in found.names()
    with pytest.raises(BadWeights) as caught:
        found.check("broken", SDXL)
    assert caught.value.reason == reason


def test_a_tensor_without_sides_is_of_no_family() -> None:
    assert family_of_header({f"{UNET}.lora_A.weight": {"shape": []}}) is None


def test_the_list_stays_the_same_object_until_something_changes(tmp_path: Path) -> None:
    lora(tmp_path, "ink")
    found = catalogue(tmp_path)
    before = found.infos()
    assert "ink" in [info.name for info in before]
    found.refresh()
    assert found.infos() is before
    lora(tmp_path, "wash")
    found.refresh()
    assert [info.name for info in found.infos()] == list(found.names())


def test_a_changed_file_is_read_again_and_a_deleted_one_goes(tmp_path: Path) -> None:
    path = lora(tmp_path, "ink", 2048)
    found = catalogue(tmp_path)
    lora(tmp_path, "ink", 768)
    found.refresh()
    assert found.find("ink").base == "sd1"
    path.unlink()
    found.refresh()
    assert "ink" not in found.names()


def test_thousands_are_answered_from_memory(tmp_path: Path) -> None:
    one = lora(tmp_path, "lora0")
    for number in range(1, 5000):
        (tmp_path / f"lora{number}.safetensors").hardlink_to(one)
    found = catalogue(tmp_path)
    one.unlink()  # a look at the disk would find it missing
    assert len([name for name in found.names() if name.startswith("lora")]) == 5000
    for number in range(0, 5000, 50):
        assert found.find(f"LORA{number}").base == "sdxl"


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    built_in = catalogue(tmp_path).names()
    assert catalogue(tmp_path / "gone").names() == built_in


def test_the_family_of_a_model_is_read_off_its_weights(tmp_path: Path) -> None:
    assert family_of(Model("a", MINI.base)) == "mini"
    file = tmp_path / "checkpoint.safetensors"
    key = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
    file.write_bytes(weights({key: (8, 2048)}))
    assert family_of(Model("b", str(file))) == "sdxl"
    assert family_of(Model("c", "owner/not-here")) is None
