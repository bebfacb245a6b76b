"""Pictures as input: what is said of one that was sent, and the form that starts from one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from bot import texts
from bot.errors import NotFound
from bot.invocation import Click
from bot.reading import Options, read_options
from bot.reply import Field, Form, Reply
from bot.service.answers.making import imagine_from
from bot.service.desk import Request
from bot.service.recipes.inputs import attached, keep_inputs, keep_made, keep_sent
from generation.errors import BadImage
from generation.recipe_parts import STRENGTH
from storage.records import PictureRecord, StoredInput

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")
_USUAL: Final = f"{STRENGTH:g}"


async def keep_picture(request: Request) -> Reply:
    """Store the picture that came as ``file``; the answer is seen by its sender alone."""
    attachment = attached(request, "file")
    if attachment is None:
        raise BadImage("missing", "")
    stored = await keep_sent(request.desk, attachment)
    return Reply(
        lines=(texts.picture_kept(attachment.name, stored.width, stored.height),),
        buttons=(request.desk.views.button("use", stored.sha256),),
        private=True,
        data=({"sha256": stored.sha256, "width": stored.width, "height": stored.height},),
    )


async def use(request: Request, click: Click) -> Reply:
    """Ask in a form what to make of a picture, and accept the job when the form is sent.

    The target is the id of a picture or job, or the SHA-256 of a picture that somebody sent.
    """
    picture = await _picture(request, click.target)
    if not click.form:
        return Reply(form=_form(click.target if picture is None else picture.id))
    options = _options(request, click.form)
    asked = Request(request.desk, request.invocation, options, request.admin)
    private = options.flag("private")
    if picture is None:
        inputs = await keep_inputs(asked, await _sent(request, click.target))
        return await imagine_from(asked, inputs, private=private)
    request.refuse_absent(picture)
    job = await request.job(picture.job)
    inputs = await keep_inputs(asked, await keep_made(request.desk, picture))
    return await imagine_from(asked, inputs, private=private or job.private, parent=picture.id)


async def _picture(request: Request, target: str) -> PictureRecord | None:
    """Return the picture that was made here, or none where the target is one that was sent."""
    if not _DIGEST.fullmatch(target):
        return await request.picture(await request.checked(target))
    await _sent(request, target)
    return None


async def _sent(request: Request, target: str) -> StoredInput:
    stored = await request.desk.store.inputs.get(target)
    if stored is None:
        raise NotFound(target[:12])
    return stored


def _options(request: Request, form: Mapping[str, str]) -> Options:
    """Read a form; the fields win over the flags in the settings, as typed options do."""
    command = request.desk.commands["imagine"]
    fields = {name: form.get(name, "").strip() for name in ("prompt", "strength", "settings")}
    flags: dict[str, object] = {}
    if fields["settings"]:
        # Words without a flag have no place among the settings.
        bare = replace(command, takes="", then_takes="")
        flags = dict(read_options(bare, {"": fields["settings"]}).values)
    given = {name: text for name, text in fields.items() if text and name != "settings"}
    if given.get("strength") == _USUAL:
        # As the form came: what part is painted may want another one.
        del given["strength"]
    return Options({**flags, **read_options(command, given).values})  # type: ignore[dict-item]


def _form(target: str) -> Form:
    labels = texts.FORM_LABELS
    return Form(
        action="use",
        target=target,
        title=texts.USE_TITLE,
        fields=(
            Field("prompt", labels["prompt"], long=True, required=True),
            Field("strength", labels["strength"], _USUAL),
            Field("settings", labels["settings"]),
        ),
    )
