"""Errors of models, LoRAs and the device that they run on."""

from __future__ import annotations

from typing import Final

from bot.reply import Line, code, line, user
from bot.texts.amounts import or_list, size_text
from generation import errors as gen_errors
from generation.classifier import NAME as CLASSIFIER


def lora_base(error: gen_errors.LoraForOtherBase) -> Line:
    """Word a LoRA for another kind of model."""
    return line(
        "The LoRA ",
        user(error.name),
        f" was trained for {error.base} and cannot be used with the model {error.model}: "
        "choose another LoRA or another model.",
    )


WEIGHTS_FAULTS: Final[dict[str, str]] = {
    "lora keys": "does not fit the model: get a LoRA for this kind of model",
    "lora kind": "is a kind of LoRA that is not supported: get a plain LoRA",
    "no upscaler": "holds no upscaler of pictures: choose another file",
    "no numbers": "gives empty pictures: choose another file",
    "no lora": "holds no LoRA: choose another file",
    "other kind": "is another kind of weights than was expected: check [models] in config.toml",
    "no index": "lacks model_index.json: name the whole folder of the model",
    "unreadable": "cannot be read: check that Reroll may open it",
    "cannot be loaded": "cannot be loaded: get it again, or name another",
    "pickle": "is not safetensors, and nothing else is read: get it as .safetensors",
    "truncated": "is not whole: download it again",
    "not safetensors": "is not a safetensors file: get another one",
    "missing": "is not there",
}


def library_missing(error: gen_errors.LibraryMissing) -> Line:
    """Word a library of an extra that is not installed."""
    return line(
        f"An upscaler needs the library {error.library}, which is not installed: take the method "
        "redraw or plain, or have the owner run ",
        code(f"pip install 'reroll[{error.extra}]'"),
        ".",
    )


def bad_weights(error: gen_errors.BadWeights) -> Line:
    """Word a file of weights that cannot be used."""
    reason = WEIGHTS_FAULTS.get(error.reason, f"cannot be used: {error.reason}")
    detail = f" ({error.detail})" if error.detail else ""
    return line(f"The weights file {error.path} {reason}{detail}.")


MODEL_FAULTS: Final[dict[str, str]] = {
    "hub error": "the hub answered with an error; try again",
    "offline": "it is not on this machine and HF_HUB_OFFLINE forbids the hub; unset that",
    "checksum": "a file came damaged; try again",
    "no safetensors": "it has no safetensors files, and nothing else is read; name another",
    "not diffusers": "it is not in the layout of diffusers; name another",
    "no configuration": "a single file needs its configuration; `reroll models fetch` that "
    "repository, or put a folder of the same name beside the file",
    "cut short": "the download broke off again and again; try again later",
    "no network": "the hub cannot be reached; check the network and try again",
    "not found": "it is not there; check {key} in config.toml",
    "not found or private": "there is none, or it is private; check the name, or set HF_TOKEN",
    "gated": "the hub wants a login; accept its terms there and set HF_TOKEN",
    "unauthorized": "the hub refuses; set HF_TOKEN to a token that may read it",
    "no folder": "no such folder or file; check {key} in config.toml",
}


def model_missing(error: gen_errors.ModelMissing) -> Line:
    """Word weights that are not there."""
    detail = f" ({error.detail})" if error.detail else ""
    is_filter = error.model == CLASSIFIER
    key = "[generation] safety" if is_filter else "[models]"
    what = f"The {CLASSIFIER}" if is_filter else f"The model {error.model}"
    reason = MODEL_FAULTS.get(error.reason, error.reason).replace("{key}", key)
    return line(f"{what} cannot be had from {error.where}: {reason}{detail}.")


CLASSIFIER_FAULTS: Final[dict[str, str]] = {
    "incomplete": "lacks {detail}: name the whole folder of an image classifier",
    "no safetensors": "has no safetensors files, and nothing else is read: name another",
    "no labels": "names no labels: name an image classifier",
    "cannot be loaded": "cannot be loaded ({detail}): get it again, or name another",
    "weights": "lacks weights ({detail}): get it again, or name another",
    "no number": "came to no number for a picture: name another",
}


def bad_classifier(error: gen_errors.BadClassifier) -> Line:
    """Word a safety filter that cannot look at pictures."""
    if error.reason == "labels":
        problem = f"has no label {error.detail}" if error.detail else "needs a label to look for"
        known = or_list(error.labels)
        return line(f"The safety filter {error.where} {problem}: set [safety] labels to {known}.")
    reason = CLASSIFIER_FAULTS.get(error.reason, f"cannot be used: {error.reason}")
    said = reason.format(detail=error.detail)
    return line(f"The safety filter {error.where} {said}, in [generation] safety.")


def download_too_large(error: gen_errors.DownloadTooLarge) -> Line:
    """Word a download that the disk has no room for."""
    return line(
        f"The model {error.model} needs {size_text(error.needed)} and {error.folder} has "
        f"{size_text(error.free)} free: make room, or set HF_HOME to another disk."
    )


def out_of_memory(error: gen_errors.OutOfMemory) -> Line:
    """Word a device without memory left."""
    return line(
        f"The {error.device} device ran out of memory at {error.width}x{error.height}: "
        "ask for a smaller size, or set [generation] memory to a thriftier way."
    )


def not_a_number(error: gen_errors.NotANumber) -> Line:
    """Word a picture that came out empty."""
    if error.part == "vae":
        return line(
            f"The picture came out empty, since the model's VAE cannot bear {error.dtype}: "
            'set [generation] vae_dtype to "float32" or "bfloat16", or give the model a fixed VAE.'
        )
    return line(
        f"The picture came out empty, since the model cannot bear {error.dtype}: "
        'set [generation] dtype to "float32" or "bfloat16", or give the model a fixed VAE.'
    )
