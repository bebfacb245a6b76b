"""What is otherwise in a recipe than in the one that it was made from, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from bot import texts
from bot.areas import extend_text, region_text
from bot.reply import Line
from bot.service.showing.passages import changed_passages
from generation.recipe import InputImage, Recipe
from storage.records import JobRecord
from storage.store import Store

_SETTINGS: Final = ("steps", "guidance", "guidance_end", "sampler", "model")
_OF_ENLARGING: Final = ("size", "refiner", "image", "variations")
_OF_PAINTING: Final = ("settings", "loras", "style")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that differs: ``what`` is the field of the recipe, ``said`` tells it to people."""

    what: str
    said: Line

    @property
    def words(self) -> str:
        """What is told, as plain text."""
        return "".join(span.text for span in self.said)

    @property
    def is_of_seed(self) -> bool:
        """Whether it is only that chance starts elsewhere."""
        return self.what == "seed"


async def parent_recipe(store: Store, job: JobRecord) -> Recipe | None:
    """Return the recipe that a job's was made from, or none where that is gone or never was."""
    if job.parent is None:
        return None
    before = await store.jobs.get(job.parent)
    if before is None or before.deleted:
        return None
    if "." not in job.parent:
        return before.recipe
    picture = await store.pictures.get(job.parent)
    return picture.recipe if picture else None


def differences(before: Recipe, now: Recipe, *, of_itself: bool = False) -> tuple[Difference, ...]:
    """Return all that differs, the prompts last.

    ``of_itself`` is set where an input picture that was not there before is the one that
    ``before`` had made. Of a picture that was made larger, what that alone takes is left out, and
    where nothing was painted for it, all that decides painting.
    """
    enlarges = of_itself and is_enlarged_from(before, now)
    untold: tuple[str, ...] = _OF_ENLARGING if enlarges else ()
    if enlarges and not now.needs_model:
        untold += _OF_PAINTING
    return tuple(
        Difference(what, said)
        for what, found in (
            ("size", _sizes(before, now)),
            ("settings", _settings(before, now)),
            ("refiner", _refiner(before, now)),
            ("loras", _loras(before, now)),
            ("style", _style(before, now)),
            ("upscale", _upscale(before, now, enlarges=enlarges)),
            ("image", _image(before.image, now.image, of_itself=of_itself)),
            ("variations", _variations(before, now)),
            ("seed", _seed(before, now)),
            ("prompt", _words("prompt", before.prompt, now.prompt)),
            ("negative", _words("negative", before.negative, now.negative)),
        )
        if what not in untold
        for said in found
    )


def is_enlarged_from(before: Recipe, now: Recipe) -> bool:
    """Whether one picture is an enlargement, and starts from another picture than the one before.

    An enlargement with something changed in it starts from the same.
    """
    if now.upscale is None or now.image is None:
        return False
    return before.image is None or before.image.sha256 != now.image.sha256


def differences_of_all(
    before: Recipe, now: Collection[Recipe], *, of_itself: bool = False
) -> tuple[Difference, ...]:
    """Return what differs in every one of several recipes, in the same way."""
    each = [differences(before, recipe, of_itself=of_itself) for recipe in now]
    return tuple(found for found in each[0] if all(found in others for others in each[1:]))


def _sizes(before: Recipe, now: Recipe) -> Iterator[Line]:
    sizes = [f"{recipe.width}x{recipe.height}" for recipe in (before, now)]
    yield from _turned("size", *sizes)


def _settings(before: Recipe, now: Recipe) -> Iterator[Line]:
    for name in _SETTINGS:
        flag = name.replace("_", "-")
        yield from _turned(flag, *(_number(getattr(recipe, name)) for recipe in (before, now)))


def _refiner(before: Recipe, now: Recipe) -> Iterator[Line]:
    old, new = before.refiner, now.refiner
    switches = [f"{each.switch:g}" if each else "off" for each in (old, new)]
    if switches[0] != switches[1]:
        yield texts.differs("refiner", *switches)
    modes = [each.mode if each else "split" for each in (old, new)]
    if new and modes[0] != modes[1]:
        yield texts.differs("refiner-mode", *modes)


def _loras(before: Recipe, now: Recipe) -> Iterator[Line]:
    old, new = ({lora.name: lora.scale for lora in each.loras} for each in (before, now))
    for name, scale in new.items():
        if name not in old:
            yield texts.came("LoRA", name, f" at {scale:g}")
        elif old[name] != scale:
            yield texts.differs(f"LoRA {name}", f"{old[name]:g}", f"{scale:g}")
    why = texts.REFINER_ALONE if now.upscale and now.refiner else ""
    yield from (texts.went("LoRA", name, why) for name in old if name not in new)
    if list(old) != list(new) and set(old) == set(new):
        yield texts.LORA_ORDER


def _style(before: Recipe, now: Recipe) -> Iterator[Line]:
    old, new = before.style, now.style
    if old == new:
        return
    if old is None or new is None:
        yield texts.came("style", new.name) if new else texts.went("style", old.name if old else "")
    elif old.name != new.name:
        yield texts.differs("style", old.name, new.name)
    else:
        yield texts.STYLE_WORDS


def _upscale(before: Recipe, now: Recipe, *, enlarges: bool) -> Iterator[Line]:
    old, new = before.upscale, now.upscale
    if new is None:
        yield from (texts.went("enlargement"),) if old else ()
    elif enlarges or old != new:
        strength = now.image.strength if now.image and new.method == "redraw" else None
        yield texts.enlarged(new.scale, new.upscaler or new.method, strength)


def _image(before: InputImage | None, now: InputImage | None, *, of_itself: bool) -> Iterator[Line]:
    if now is None:
        yield from (texts.went(texts.INPUT),) if before else ()
        return
    is_other = before is None or before.sha256 != now.sha256
    if is_other and (of_itself or before is None):
        what = texts.ITSELF if of_itself else f"an {texts.INPUT}"
        yield texts.starts_from(what, now.strength)
    elif is_other:
        yield texts.other(texts.INPUT)
    if before is not None and not (is_other and of_itself) and before.strength != now.strength:
        yield texts.differs("strength", f"{before.strength:g}", f"{now.strength:g}")
    yield from _where(before, now)


def _where(before: InputImage | None, now: InputImage) -> Iterator[Line]:
    """Yield what is otherwise in the part of a picture that is painted."""
    old_mask, new_mask = before.mask if before else None, now.mask
    if old_mask != new_mask:
        both = old_mask is not None and new_mask is not None
        yield texts.other("mask") if both else (texts.came if new_mask else texts.went)("mask")
    yield from _turned("region", _region(before), _region(now))
    yield from _turned("extend", _extend(before), _extend(now))
    old_feather = before.feather if before else 0
    if old_feather != now.feather and now.is_partly_kept:
        yield texts.differs("feather", str(old_feather), str(now.feather))


def _region(image: InputImage | None) -> str:
    return region_text(image.region) if image and image.region else ""


def _extend(image: InputImage | None) -> str:
    return extend_text(image.extend) if image and image.extend else ""


def _turned(name: str, before: str, now: str) -> Iterator[Line]:
    if before == now:
        return
    if before and now:
        yield texts.differs(name, before, now)
    else:
        yield texts.came(name, now) if now else texts.went(name, before)


def _variations(before: Recipe, now: Recipe) -> Iterator[Line]:
    old, new = before.variations, now.variations
    if old == new:
        return
    if new[: len(old)] == old:
        yield from (texts.varied_by(each.amount) for each in new[len(old) :])
    elif not new:
        yield texts.went("variation")
    elif not _is_reseeded(before, now):
        yield texts.other("variation")


def _seed(before: Recipe, now: Recipe) -> Iterator[Line]:
    if before.seed != now.seed:
        yield texts.differs("seed", str(before.seed), str(now.seed))
    if _is_reseeded(before, now):
        seeds = [str(recipe.variations[-1].seed) for recipe in (before, now)]
        yield texts.differs("variation seed", *seeds)


def _is_reseeded(before: Recipe, now: Recipe) -> bool:
    """Whether the last variation goes towards another seed, and all else of them is the same."""
    old, new = before.variations, now.variations
    if not old or not new or old[:-1] != new[:-1]:
        return False
    return old[-1].amount == new[-1].amount and old[-1].seed != new[-1].seed


def _number(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(name: str, before: str, now: str) -> Iterator[Line]:
    if before == now:
        return
    passages = changed_passages(before, now)
    if passages is None:
        yield texts.rewritten(name)
    elif not passages:
        yield texts.spaced(name)
    else:
        yield from (texts.passage(name, gone, new) for gone, new in passages)


def without_seeds(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Leave out what tells where chance starts."""
    return tuple(each for each in found if not each.is_of_seed)
