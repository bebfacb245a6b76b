"""The doctor's checks of models, LoRAs, upscalers and styles."""

from __future__ import annotations

from collections.abc import Iterator

from bot import texts
from bot.catalogues import catalogue, style_book
from bot.cli.finding import Finding
from bot.config import Config
from generation.classifier import check_classifier, classifier
from generation.errors import LibraryMissing, UserError
from generation.hub import cached_folder, is_cached, size_of
from generation.models import Model
from generation.upscalers import EXTRA, LIBRARY, Upscalers, library_version


def models(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the models."""
    for model in config.models():
        used = model.name == config.settings.generation.model
        try:
            yield _model(model, used=used)
        except UserError as error:
            yield Finding("fault" if used else "note", "model", texts.sentence(error))


def _model(model: Model, *, used: bool) -> Finding:
    if is_cached(model):
        return Finding("ok", "model", texts.doctor_model_here(model.name))
    if not used:
        return Finding("ok", "model", texts.doctor_model_unused(model.name))
    return Finding("note", "model", texts.doctor_model_download(model.name, size_of(model)))


def safety(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the filter."""
    settings = config.generation()
    if not settings.safety:
        yield Finding("ok", "safety", texts.doctor_no_safety())
        return
    model = classifier(settings.safety)
    folder = cached_folder(model, settings.cache)
    if folder is None:
        size = size_of(model, settings.cache)
        yield Finding("note", "safety", texts.doctor_safety_download(settings.safety, size))
        return
    check_classifier(folder, settings.safety_labels)
    section = config.settings.safety
    about = texts.doctor_safety(settings.safety, section.labels, section.threshold)
    yield Finding("ok", "safety", about)


def loras(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the owner's LoRAs."""
    loras = catalogue(config)
    loras.refresh()
    names = list(loras.names())
    faults = 0
    for name in names:
        try:
            loras.examine(name)
        except UserError as error:
            faults += 1
            yield Finding("fault", "lora", texts.sentence(error))
    folder = str(config.absolute(config.settings.generation.loras))
    yield Finding("ok", "loras", texts.doctor_loras(len(names) - faults, folder))


def upscalers(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the owner's upscalers."""
    catalogued = Upscalers(config.absolute(config.settings.generation.upscalers))
    infos, ready = catalogued.infos(), 0
    for info in infos:
        try:
            catalogued.examine(info.name)
            ready += 1
        except UserError as error:
            yield Finding("fault", "upscaler", texts.sentence(error))
    if infos and library_version() is None:
        yield Finding("fault", "upscalers", texts.sentence(LibraryMissing(LIBRARY, EXTRA)))
    folder = str(config.absolute(config.settings.generation.upscalers))
    yield Finding("ok", "upscalers", texts.doctor_upscalers(ready, folder))


def styles(config: Config) -> Iterator[Finding]:
    """Yield what there is to say of the owner's file of styles."""
    loras = catalogue(config)
    loras.refresh()
    book = style_book(config, loras)
    book.reader.read(book.file)
    book.refresh()
    wanted = config.settings.generation.model
    model = next(model for model in config.models() if model.name == wanted)
    usable = sum(style.fits(model) for style in book.all())
    yield Finding("ok", "styles", texts.doctor_styles(usable, wanted, str(book.file)))
