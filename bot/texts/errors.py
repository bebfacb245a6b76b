"""Errors: each in one sentence that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot import chat_errors
from bot import errors as bot_errors
from bot.reply import Line, line, user
from bot.secrecy import without_secrets
from bot.texts.amounts import or_list
from bot.texts.chat_errors import (
    SERVICES,
    not_delivered,
    scopes_missing,
    token_place,
    wrong_token,
)
from bot.texts.comparisons import bad_axes, too_many_pictures, word_not_in_prompt
from bot.texts.model_errors import (
    bad_classifier,
    bad_weights,
    download_too_large,
    library_missing,
    lora_base,
    model_missing,
    not_a_number,
    out_of_memory,
)
from bot.texts.refusals import (
    already_over,
    not_allowed,
    not_our_message,
    not_yours,
    picture_absent,
    too_often,
)
from bot.texts.storage_errors import bad_backup, cannot_write
from bot.texts.styles import bad_style, blocked_word, style_base
from bot.texts.typed_errors import (
    bad_image,
    bad_prompt,
    bad_recipe,
    bad_value,
    unknown_flag,
    unknown_name,
)
from bot.texts.upscaling import enlarged_too_large, enlargement_stays, no_upscaler
from generation import errors as gen_errors
from generation.errors import UserError

_Words = Callable[[Any], Line]


def words_of(error: UserError) -> Line:
    """Put an error into one sentence, without any secret that a library put into it."""
    words = _ERRORS.get(type(error))
    said = words(error) if words else line(f"{type(error).__name__}: {error}.")
    return tuple(replace(span, text=without_secrets(span.text)) for span in said)


def sentence(error: UserError) -> str:
    """Put an error into one sentence of plain text."""
    return "".join(span.text for span in words_of(error))


def has_words(kind: type[UserError]) -> bool:
    """Whether an error has its sentence."""
    return kind in _ERRORS


_STATIC: Final[Mapping[type[UserError], str]] = {
    gen_errors.DiskFull: "The disk of {folder} is full: make room there and ask again.",
    gen_errors.WorkerDied: "The job ended its worker {attempts} times ({reason}) and was given up: "
    "try a smaller size, fewer LoRAs or another model.",
    gen_errors.WorkerHung: "The worker gave no sign of life for {seconds} s, {attempts} times, so "
    "the job was given up: ask again, and if it stays so, tell the owner.",
    gen_errors.WorkerWillNotStart: "The worker cannot start: {reason} (the log is {log}); "
    "reroll doctor may know the fix.",
    gen_errors.NotMeasured: "Nothing could be measured: {reason}.",
    gen_errors.DeviceMissing: 'There is no device "{device}" here: set [generation] device to '
    '"auto" or {present}.',
    gen_errors.PrecisionMissing: "Weights in {precision} do not work on the device {device}: set "
    '[generation] precision to "full".',
    gen_errors.CompilerMissing: "Networks cannot be compiled here ({reason}): install a compiler "
    'for C++ and, on CUDA, Triton, or set [generation] compile to "auto" or "off".',
    gen_errors.CompileFailed: "Compiling {what} failed ({reason}): try another size, and have the "
    'owner set [generation] compile to "off" if that fails too.',
    gen_errors.InternalFault: "Something went wrong inside Reroll; the log has it as {reference}.",
    bot_errors.FlagNeedsValue: "{flag} needs a value ({expects}) behind it.",
    bot_errors.PromptTooLong: "The {field} has {length} characters and may have {most}: "
    "shorten it.",
    bot_errors.PictureTooLarge: "{width}x{height} is more than the {megapixels:g} megapixels that "
    "are allowed: ask for a smaller size.",
    bot_errors.InputGone: "The picture to start from ({id}…) was deleted meanwhile: send it again.",
    bot_errors.OriginGone: "What {id} was enlarged from is not here any more: vary another "
    "picture, or start from this one with image.",
    bot_errors.NeedsImage: "{field} needs an input picture: give one with image.",
    bot_errors.NeedsPart: "{field} needs a part to paint: give a mask, a region or extend with it.",
    bot_errors.NotTogether: "{field} and {other} do not go together: give one of them.",
    bot_errors.NothingYet: "You have no picture here yet: make one with /imagine, or give an id.",
    bot_errors.NoPictures: "#{id} has no picture: wait until it is done, or choose another.",
    gen_errors.QueueFull: "The queue is full with {limit} jobs: try again in a few minutes.",
    gen_errors.TooManyJobs: "You have {limit} unfinished jobs, which is the most: wait for one.",
    gen_errors.DatabaseBroken: "The database {path} cannot be read{detail_in}: put back one "
    "of the backups beside it, or name another in [storage] database.",
    gen_errors.DatabaseNewer: "The database {path} was written by a newer Reroll ({found}, this "
    "one knows {known}): update Reroll, or name another in [storage] database.",
    gen_errors.DatabaseBusy: "The database {path} is held by another program: close that, then "
    "try again.",
    gen_errors.AlreadyRunning: "Reroll runs already on {folder}, as process {pid}: use that one, "
    "or stop it first.",
    gen_errors.BackupThere: "{path} is there already: name another file.",
    bot_errors.TooManyStyles: "You have {most} styles of your own, which is the most: remove one "
    "first, with /styles remove.",
    bot_errors.NotAdmin: "Only an admin can {action}.",
    bot_errors.ConfigMissing: "The configuration {path} cannot be read{detail_in}: check the path.",
    chat_errors.NoTokens: "No chat service is set up: set {variables}, or try `reroll console`.",
    chat_errors.TokenRefused: "{service} does not take the token in {variable}: copy a new one "
    "from {portal}.",
    chat_errors.TokenMissing: "{service} needs {variable} too: copy it from {portal}, or take out "
    "its other variables to run without {service}.",
    chat_errors.SocketModeOff: "{service} has Socket Mode switched off for the app: switch it on "
    "at {portal} (your app, Socket Mode), or set [{service_key}] mode.",
    chat_errors.CannotListen: "{address} cannot be listened on{detail_in}: set {key} to an "
    "address and port of this machine that are free.",
    chat_errors.IntentsRefused: "{service} does not let the bot listen to what it asked for: "
    "allow its intents at {portal}.",
    chat_errors.NotInstalled: "The bot may not bring its commands to the server {place}: open "
    "{invite} to add it there, or take the server out of [{service_key}] guilds.",
    chat_errors.NoSuchApi: "{url} is not the API of {service}: check {key} in config.toml.",
    chat_errors.Unreachable: "{service} cannot be reached at {url}{detail_in}: check the network, "
    "then start again.",
    chat_errors.ServiceDown: "{service} has a fault of its own (status {status}{detail_after}): "
    "try again in a few minutes.",
    chat_errors.ServiceRefuses: "{service} refuses the bot (status {status}{detail_after}): "
    "try again later, and if it stays so, see {portal}.",
    bot_errors.OwnerLeft: "The Reroll that ran this (process {pid}) has ended: run the "
    "command again.",
}


def _static(error: UserError) -> Line:
    values = {
        name: or_list(value) if isinstance(value, tuple) else value
        for name, value in error.values().items()
    }
    detail = values.get("detail")
    values["detail_in"] = f" ({detail})" if detail else ""
    values["detail_after"] = f", {detail}" if detail else ""
    if service := values.get("service"):
        values["service_key"] = service
        values["service"] = SERVICES.get(str(service), service)
        values["portal"] = token_place(str(service), str(values.get("variable", "")))
    return line(_STATIC[type(error)].format(**values))


_ERRORS: Final[dict[type[UserError], _Words]] = {
    **dict.fromkeys(_STATIC, _static),
    gen_errors.CannotWrite: cannot_write,
    gen_errors.BadValue: bad_value,
    gen_errors.UnknownName: unknown_name,
    gen_errors.BadPrompt: bad_prompt,
    gen_errors.WordNotInPrompt: word_not_in_prompt,
    bot_errors.TooManyPictures: too_many_pictures,
    bot_errors.BadAxes: bad_axes,
    chat_errors.NotDelivered: not_delivered,
    gen_errors.BadRecipe: bad_recipe,
    gen_errors.LoraForOtherBase: lora_base,
    gen_errors.BadWeights: bad_weights,
    gen_errors.LibraryMissing: library_missing,
    bot_errors.EnlargedTooLarge: enlarged_too_large,
    bot_errors.EnlargementStays: enlargement_stays,
    bot_errors.NoUpscaler: no_upscaler,
    gen_errors.ModelMissing: model_missing,
    gen_errors.BadClassifier: bad_classifier,
    gen_errors.DownloadTooLarge: download_too_large,
    gen_errors.BadImage: bad_image,
    gen_errors.BadBackup: bad_backup,
    gen_errors.OutOfMemory: out_of_memory,
    gen_errors.NotANumber: not_a_number,
    bot_errors.UnknownFlag: unknown_flag,
    chat_errors.WrongToken: wrong_token,
    chat_errors.ScopesMissing: scopes_missing,
    bot_errors.NotOurMessage: not_our_message,
    bot_errors.NotYours: not_yours,
    bot_errors.AlreadyOver: already_over,
    bot_errors.PictureAbsent: picture_absent,
    bot_errors.NotAllowed: not_allowed,
    bot_errors.TooOften: too_often,
    bot_errors.BadStyle: bad_style,
    bot_errors.StyleForOtherBase: style_base,
    bot_errors.UnexpectedWords: lambda e: line(
        f"/{e.command} takes no words like ",
        user(e.words),
        f"; /help {e.command} says what it does.",
    ),
    bot_errors.NotFound: lambda e: line(
        "There is no job or picture ", user(e.id), "; /history lists what there is."
    ),
    bot_errors.BlockedWord: blocked_word,
    bot_errors.BadConfig: lambda e: line(
        f"In {e.where}, {e.key} {e.problem}" if e.key else f"{e.where} {e.problem}",
        "" if e.problem.endswith("?") else ".",
    ),
}


def fault(reference: str) -> Line:
    """Say that something went wrong that nobody foresaw."""
    return words_of(gen_errors.InternalFault(reference))
