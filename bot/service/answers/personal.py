"""The commands that keep things for a person or a channel: favorites and settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot import texts
from bot.command import Command
from bot.errors import NotAdmin
from bot.recipe_options import SETTABLE
from bot.reply import Line, Reply
from bot.service.answers import browsing
from bot.service.desk import Request
from bot.service.recipes.styling import styled
from bot.values import as_text
from generation.errors import UnknownName
from generation.nearest import nearest


async def favorites(request: Request) -> Reply:
    """Keep or drop a picture, or list those kept."""
    desk, actor = request.desk, request.invocation.actor
    identifier = request.options.text("id")
    if not identifier:
        return await browsing.favorites(request)
    picture = await request.picture(identifier)
    if request.options.flag("remove"):
        await desk.store.favorites.remove(actor, picture.id)
        return Reply(
            lines=(texts.favorite_removed(picture.id),),
            private=True,
            data=({"id": picture.id, "favorite": False},),
        )
    await desk.store.favorites.add(actor, picture.id)
    return Reply(
        lines=(texts.favorite_added(picture.id),),
        private=True,
        data=({"id": picture.id, "favorite": True},),
    )


async def settings(request: Request) -> Reply:
    """Show, set or take back defaults of a person or of a channel."""
    options, invocation = request.options, request.invocation
    channel = options.flag("channel")
    if channel and not request.admin:
        raise NotAdmin("settings")
    scope = invocation.reply_to.place if channel else invocation.actor
    store = request.desk.store.settings
    given = {name: options.values[name] for name in SETTABLE if name in options}
    # What is asked for is tried on a recipe first, so that no default can be one that never works.
    request.desk.maker.try_defaults(await styled(request, options.values, {}))
    if reset := options.text("reset").lstrip("-").lower():
        await _reset(request, scope, reset)
    for name, value in given.items():
        await store.set(scope, name, as_text(value))
    if channel and (given or reset):
        names = ", ".join([*given, f"{reset} reset"] if reset else given)
        await request.desk.store.audit.add(request.noted("settings", detail=names))
    kept = await store.get(scope)
    if not kept:
        return Reply(lines=(texts.no_settings(channel),), private=True, data=({},))
    rows = setting_rows(request, kept)
    return Reply(lines=(texts.settings_title(channel), *rows), private=True, data=(dict(kept),))


def setting_rows(request: Request, kept: Mapping[str, Any]) -> tuple[Line, ...]:
    """Write settings, each by the flag that sets it."""
    command = request.desk.commands["settings"]
    return tuple(texts.setting_row(_flag(command, name), str(kept[name])) for name in kept)


async def _reset(request: Request, scope: str, name: str) -> None:
    store = request.desk.store.settings
    if name == "all":
        await store.unset(scope)
        return
    option = request.desk.commands["settings"].by_flag(name)
    if option is None or option.name not in SETTABLE:
        known = ["all", *(_flag(request.desk.commands["settings"], name) for name in SETTABLE)]
        raise UnknownName("setting", name[:60], nearest(name, known))
    await store.unset(scope, option.name)


def _flag(command: Command, name: str) -> str:
    option = command.option(name)
    return option.flags[0] if option else name
