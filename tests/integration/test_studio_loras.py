"""LoRA files of every make, on the mini model: what loads, what is refused, what stays behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from generation.errors import BadWeights
from generation.recipe import LoraUse
from generation.worker.studio import Studio
from tests.studio_bench import difference, new_studio, paint, sha256

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

RANK = 2
Pairs = dict[str, tuple[torch.Tensor, torch.Tensor]]


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    studio = new_studio(loras=tmp_path)
    studio.load("mini")
    return studio


def pairs(network: torch.nn.Module, ends: tuple[str, ...], seed: int = 1) -> Pairs:
    """Return made-up matrices for the linear layers of a network whose names end so."""
    random = torch.Generator().manual_seed(seed)
    found = {}
    for name, module in network.named_modules():
        if isinstance(module, torch.nn.Linear) and name.endswith(ends):
            down = torch.randn(RANK, module.in_features, generator=random) * 0.2
            up = torch.randn(module.out_features, RANK, generator=random) * 0.2
            found[name] = (down, up)
    return found


def unet_pairs(studio: Studio, seed: int = 1) -> Pairs:
    ends = ("attn1.to_q", "attn2.to_k", "attn2.to_v")
    return pairs(studio.easel("mini").loaded.base.text.unet, ends, seed)


def as_peft(part: str, found: Pairs) -> dict[str, torch.Tensor]:
    return {
        f"{part}.{name}.lora_{half}.weight": tensor
        for name, both in found.items()
        for half, tensor in zip("AB", both, strict=True)
    }


def as_diffusers(part: str, found: Pairs) -> dict[str, torch.Tensor]:
    return {
        f"{part}.{name}.lora.{half}.weight": tensor
        for name, both in found.items()
        for half, tensor in zip(("down", "up"), both, strict=True)
    }


def as_kohya(part: str, found: Pairs, alpha: float = RANK) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = {}
    for name, both in found.items():
        stem = f"lora_{part}_{name.replace('.', '_')}"
        weights |= {f"{stem}.alpha": torch.tensor(alpha)}
        for half, tensor in zip(("down", "up"), both, strict=True):
            weights[f"{stem}.lora_{half}.weight"] = tensor
    return weights


def keep(folder: Path, name: str, weights: dict[str, torch.Tensor]) -> tuple[LoraUse, ...]:
    save_file(
        {key: tensor.contiguous() for key, tensor in weights.items()},
        folder / f"{name}.safetensors",
    )
    return (LoraUse(name),)


def test_files_of_every_make_mean_the_same(studio: Studio, tmp_path: Path) -> None:
    found = unet_pairs(studio)
    peft = keep(tmp_path, "peft", as_peft("unet", found))
    makes = [
        keep(tmp_path, "diffusers", as_diffusers("unet", found)),
        keep(tmp_path, "kohya", as_kohya("unet", found)),
    ]
    plain = paint(studio)
    expected = paint(studio, loras=peft)
    assert difference(plain, expected) > 0.5
    assert [sha256(paint(studio, loras=make)) for make in makes] == [sha256(expected)] * 2


def test_alpha_scales_a_kohya_file(studio: Studio, tmp_path: Path) -> None:
    found = unet_pairs(studio)
    whole = keep(tmp_path, "whole", as_kohya("unet", found))
    keep(tmp_path, "half", as_kohya("unet", found, alpha=RANK / 2))
    assert sha256(paint(studio, loras=(LoraUse("half", 1.0),))) == sha256(
        paint(studio, loras=(LoraUse("whole", 0.5),))
    )
    assert sha256(paint(studio, loras=whole)) != sha256(paint(studio))


def test_text_encoders_take_their_part(studio: Studio, tmp_path: Path) -> None:
    pipeline = studio.easel("mini").loaded.base.text
    linear = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
    weights: dict[str, torch.Tensor] = {}
    for number, encoder in ((1, pipeline.text_encoder), (2, pipeline.text_encoder_2)):
        found = {
            name if name.startswith("text_model.") else f"text_model.{name}": both
            for name, both in pairs(encoder, linear).items()
        }
        weights |= as_kohya(f"te{number}", found)
    plain = sha256(paint(studio))
    text_only = keep(tmp_path, "words", weights)
    assert sha256(paint(studio, loras=text_only)) != plain
    assert sha256(paint(studio)) == plain
    both = keep(tmp_path, "both", weights | as_kohya("unet", unet_pairs(studio)))
    assert sha256(paint(studio, loras=both)) not in (plain, sha256(paint(studio, loras=text_only)))
    assert sha256(paint(studio)) == plain


def test_several_act_together_and_the_order_of_jobs_does_not_matter(
    studio: Studio, tmp_path: Path
) -> None:
    keep(tmp_path, "one", as_peft("unet", unet_pairs(studio, 1)))
    keep(tmp_path, "two", as_peft("unet", unet_pairs(studio, 2)))
    one, two = LoraUse("one", 0.8), LoraUse("two", -0.5)
    together = sha256(paint(studio, loras=(one, two)))
    alone = sha256(paint(studio, loras=(one,)))
    assert len({together, alone, sha256(paint(studio, loras=(two,)))}) == 3
    assert sha256(paint(studio, loras=(one,))) == alone
    assert sha256(paint(studio, loras=(one, two))) == together


def test_layers_that_no_lora_acts_in_leave_the_pixels_alone(studio: Studio, tmp_path: Path) -> None:
    plain = sha256(paint(studio))
    use = keep(tmp_path, "one", as_peft("unet", unet_pairs(studio)))
    paint(studio, loras=use)
    assert studio.easel("mini").adapters._layers()
    assert sha256(paint(studio)) == plain
    assert sha256(paint(studio, loras=(LoraUse("one", 0.0),))) == plain


def refused(studio: Studio, uses: tuple[LoraUse, ...], reason: str) -> None:
    plain = sha256(paint(studio))
    with pytest.raises(BadWeights) as caught:
        paint(studio, loras=uses)
    assert caught.value.reason == reason
    assert sha256(paint(studio)) == plain
    with pytest.raises(BadWeights):
        paint(studio, loras=uses)


def test_a_file_that_fits_in_part_is_undone(studio: Studio, tmp_path: Path) -> None:
    """The text encoder's part cannot be loaded, and fails after the UNet's is in."""
    found = pairs(studio.easel("mini").loaded.base.text.text_encoder, ("q_proj",))
    found = {f"text_model.{name.removeprefix('text_model.')}": both for name, both in found.items()}
    broken = {name: (down[:, :-1], up) for name, (down, up) in found.items()}
    weights = as_kohya("unet", unet_pairs(studio)) | as_kohya("te1", broken)
    refused(studio, keep(tmp_path, "half", weights), "lora keys")


def test_a_file_whose_keys_would_be_left_out_is_refused(studio: Studio, tmp_path: Path) -> None:
    found = unet_pairs(studio)
    names = list(found)
    mixed = as_peft("unet", {name: found[name] for name in names[::2]})
    mixed |= as_diffusers("unet", {name: found[name] for name in names[1::2]})
    refused(studio, keep(tmp_path, "mixed", mixed), "lora keys")


def test_a_file_for_another_model_is_refused(studio: Studio, tmp_path: Path) -> None:
    wide = {name: (down.repeat(1, 2), up) for name, (down, up) in unet_pairs(studio).items()}
    refused(studio, keep(tmp_path, "wide", as_peft("unet", wide)), "lora keys")
    nowhere = {"down_blocks.9.attentions.0.to_q": (torch.ones(2, 8), torch.ones(8, 2))}
    refused(studio, keep(tmp_path, "nowhere", as_peft("unet", nowhere)), "lora keys")


def test_other_kinds_of_adapters_are_named(studio: Studio, tmp_path: Path) -> None:
    loha = {"lora_unet_x.hada_w1_a": torch.ones(2, 2), "lora_unet_x.hada_w1_b": torch.ones(2, 2)}
    refused(studio, keep(tmp_path, "loha", loha), "lora kind")
    refused(studio, keep(tmp_path, "none", {"unet.conv_in.weight": torch.ones(2, 2)}), "no lora")


def test_a_truncated_file_is_refused(studio: Studio, tmp_path: Path) -> None:
    use = keep(tmp_path, "cut", as_peft("unet", unet_pairs(studio)))
    path = tmp_path / "cut.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    refused(studio, use, "truncated")


def test_a_file_that_changed_is_loaded_again(studio: Studio, tmp_path: Path) -> None:
    first, second = unet_pairs(studio, 1), unet_pairs(studio, 2)
    use = keep(tmp_path, "one", as_peft("unet", first))
    before = paint(studio, loras=use)
    weights = before.environment["weights"]
    keep(tmp_path, "one", as_peft("unet", second))
    after = paint(studio, loras=use)
    assert sha256(after) != sha256(before)
    assert after.environment["weights"]["lora one"] != weights["lora one"]


def test_the_loras_used_longest_ago_leave_when_there_is_no_room_for_all(tmp_path: Path) -> None:
    source = new_studio()
    source.load("mini")
    found = unet_pairs(source)
    uses = [keep(tmp_path, f"lora{n}", as_peft("unet", found)) for n in range(4)]
    size = sum(half.nbytes for both in found.values() for half in both)
    studio = new_studio(loras=tmp_path, keep_bytes=2 * size + 1)
    plain = sha256(paint(studio, steps=1))
    bare = studio.easel("mini").size
    first = sha256(paint(studio, steps=1, loras=uses[0]))
    for use in uses[1:]:
        assert sha256(paint(studio, steps=1, loras=use)) == first
    adapters = studio.easel("mini").adapters
    assert [Path(path).stem for path in adapters._kept] == ["lora2", "lora3"]
    assert {len(layer.r) for layer in adapters._layers()} == {2}
    assert studio.easel("mini").size == bare + 2 * size
    assert sha256(paint(studio, steps=1, loras=uses[0])) == first
    several = tuple(LoraUse(use[0].name, 0.2) for use in uses)
    paint(studio, steps=1, loras=several)
    assert len(adapters._kept) == len(uses)
    assert sha256(paint(studio, steps=1)) == plain
