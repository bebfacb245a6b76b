"""Errors: each in one sentence that says what is wrong and what to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot import errors as bot_errors
from bot.reply import Line, Span, code, line, user
from bot.secrecy import without_secrets
from bot.texts.amounts import count_text, or_list, size_text, wait_text
from generation import errors as gen_errors
from generation.classifier import NAME as CLASSIFIER
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


def _near(names: tuple[str, ...]) -> str:
    return f"; the nearest is {or_list(names)}" if names else ""


def _bad_value(error: gen_errors.BadValue) -> Line:
    return line(
        f"{error.field} cannot be ", user(error.value or "empty"), f": give {error.allowed}."
    )


def _unknown_name(error: gen_errors.UnknownName) -> Line:
    ask = {"model": "/models lists them", "lora": "/loras lists them"}.get(error.kind)
    hint = _near(error.near) or (f"; {ask}" if ask else "")
    kind = "LoRA" if error.kind == "lora" else error.kind
    return line(f"There is no {kind} called ", user(error.name), f"{hint}.")


def _bad_prompt(error: gen_errors.BadPrompt) -> Line:
    sentence = PROMPT_FAULTS.get(error.reason, "cannot be read")
    field = "negative prompt" if error.field == "negative" else error.field
    place = f" at character {error.position + 1}"
    around = error.text[max(0, error.position - 20) : error.position + 20]
    start = f"The {field} {sentence.format(detail=error.detail[:40])}"
    if error.reason == "empty":
        return line(f"The {field} is empty: say what to paint, like ", code("a red fox"), ".")
    if not around.strip():
        return line(f"{start} ({place.strip()}).")
    return line(f"{start} ({place.strip()}, in ", user(around.strip()), ").")


PROMPT_FAULTS: Final[dict[str, str]] = {
    "control character": "has the control character {detail}; take it out",
    "unclosed bracket": "has a {detail} that is never closed; write \\{detail} for the sign itself",
    "stray bracket": "has a {detail} that was never opened; write \\{detail} for the sign itself",
    "mismatched brackets": "closes a {detail} with the wrong bracket",
    "empty brackets": "has brackets with nothing in them ({detail}); take them out",
    "weight": "has the weight {detail}; weights go from 0 to 5",
    "too deep": "has more than {detail} brackets inside one another; take some out",
    "prompt editing": "uses A1111's prompt editing ({detail}), unknown here; take it out",
    "unsupported": "uses {detail}, which Reroll does not know; take it out",
    "tokenizer word": "has {detail}, which would end the text for the model; take it out",
    "text around": "has text around {detail}, which must be all there is; put it into the parts",
    "quotes missing": "needs each part of {detail} in quotes",
    "unclosed quote": "has a quote in {detail} that is never closed",
    "empty part": "has an empty part in {detail}; fill it or take it out",
    "too many parts": "joins more than {detail} prompts; join fewer",
    "weights count": "gives other than one weight for each part ({detail}: weights, parts)",
    "joined weight": "has the weight {detail}; give 0 to 5 for and, or -5 to 5 for blend",
    "weights zero": "has weights in {detail} that cancel out; change one of them",
    "too many weakened": "weakens too many passages ({detail}: found, allowed); weaken fewer",
}
RECIPE_FAULTS: Final[dict[str, str]] = {
    "not json": "it is not JSON",
    "not a recipe": "it is no recipe",
    "no schema": "it does not say its schema",
    "newer schema": "it comes from a newer Reroll; update this one",
    "unknown fields": "it has unknown fields",
    "missing field": "a field is missing",
    "wrong type": "a field has the wrong type",
}


def _bad_recipe(error: gen_errors.BadRecipe) -> Line:
    detail = line(" (", user(error.detail), ")") if error.detail else ()
    reason = RECIPE_FAULTS.get(error.reason, error.reason)
    return (*line(f"That recipe cannot be read: {reason}"), *detail, Span("."))


def _lora_base(error: gen_errors.LoraForOtherBase) -> Line:
    return line(
        "The LoRA ",
        user(error.name),
        f" was trained for {error.base} and cannot be used with the model {error.model}: "
        "choose another LoRA or another model.",
    )


WEIGHTS_FAULTS: Final[dict[str, str]] = {
    "lora keys": "does not fit the model: get a LoRA for this kind of model",
    "lora kind": "is a kind of LoRA that is not supported: get a plain LoRA",
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


def _bad_weights(error: gen_errors.BadWeights) -> Line:
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


def _model_missing(error: gen_errors.ModelMissing) -> Line:
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


def _bad_classifier(error: gen_errors.BadClassifier) -> Line:
    if error.reason == "labels":
        problem = f"has no label {error.detail}" if error.detail else "needs a label to look for"
        known = or_list(error.labels)
        return line(f"The safety filter {error.where} {problem}: set [safety] labels to {known}.")
    reason = CLASSIFIER_FAULTS.get(error.reason, f"cannot be used: {error.reason}")
    said = reason.format(detail=error.detail)
    return line(f"The safety filter {error.where} {said}, in [generation] safety.")


def _download_too_large(error: gen_errors.DownloadTooLarge) -> Line:
    return line(
        f"The model {error.model} needs {size_text(error.needed)} and {error.folder} has "
        f"{size_text(error.free)} free: make room, or set HF_HOME to another disk."
    )


IMAGE_FAULTS: Final[dict[str, str]] = {
    "too many bytes": "is larger than {detail}: send a smaller file",
    "too many pixels": "has {detail} pixels, too many: make it smaller",
    "format": "is no PNG, JPEG or WebP picture: send one of these",
    "truncated": "is not whole: send it again",
    "missing": "is not there: check the path",
    "path": "is only a name: send the picture itself along with the command",
    "unreadable": "cannot be read: check that it is a file you may open",
    "other host": "does not lie on the chat service's own servers: send the picture itself",
    "not fetched": "could not be fetched: send it again",
    "not shared": "is not there for you and me to see: send it here, then ask again",
    "no recipe": "carries no recipe: only pictures made by Reroll or A1111 do",
    "too much text": "carries too much text: send another one",
}


def _bad_image(error: gen_errors.BadImage) -> Line:
    reason = IMAGE_FAULTS.get(error.reason, f"cannot be used: {error.reason}")
    return line("The picture ", user(error.name), f" {reason.format(detail=error.detail)}.")


def _out_of_memory(error: gen_errors.OutOfMemory) -> Line:
    return line(
        f"The {error.device} device ran out of memory at {error.width}x{error.height}: "
        "ask for a smaller size, or set [generation] memory to a thriftier way."
    )


def _not_a_number(error: gen_errors.NotANumber) -> Line:
    return line(
        f"The picture came out empty, since the model cannot bear {error.dtype}: "
        'set [generation] dtype to "float32" or "bfloat16", or a fixed VAE.'
    )


def _unknown_flag(error: bot_errors.UnknownFlag) -> Line:
    hint = _near(error.near) or f"; /help {error.command} lists the flags"
    return line(f"/{error.command} has no flag ", user(error.flag), f"{hint}.")


def _not_our_message(error: bot_errors.NotOurMessage) -> Line:
    if error.action == "reroll":
        return line("That message shows no picture of mine: /reroll takes an id, too.")
    return line("That message has no picture: choose one that has, or send me a file.")


def _not_yours(error: bot_errors.NotYours) -> Line:
    verb = {"cancel": "cancel", "delete": "delete", "favorite": "keep"}.get(
        error.action, error.action
    )
    return line(f"Only the one who asked for #{error.id}, or an admin, can {verb} it.")


ABSENT_FAULTS: Final[dict[str, str]] = {
    "withheld": "is withheld by the owner's filter: choose another picture",
    "expired": "has no file any more, its time was over: make it again first",
}


def _picture_absent(error: bot_errors.PictureAbsent) -> Line:
    return line(f"{error.id} {ABSENT_FAULTS.get(error.reason, error.reason)}.")


def _already_over(error: bot_errors.AlreadyOver) -> Line:
    how = {"failed": "has failed", "cancelled": "was cancelled already"}.get(
        error.status, "is done already"
    )
    return line(f"#{error.id} {how}, so there is nothing to stop.")


ACCESS_FAULTS: Final[dict[str, str]] = {
    "guild": "Reroll is not open to this server: use it on one where it is, or ask its owner.",
    "direct": "Reroll does not answer direct messages here: use it in a channel where it is open.",
    "channel": "Reroll is not open in this channel: use it in one that its owner chose for it.",
    "role": "Reroll is open to certain roles only: ask an admin of this server for one of them.",
}


def _not_allowed(error: bot_errors.NotAllowed) -> Line:
    default = "Reroll is not open to you here: ask its owner."
    return line(ACCESS_FAULTS.get(error.reason, default))


PERIODS: Final[dict[str, str]] = {"commands": "a minute", "jobs": "an hour"}


def _too_often(error: bot_errors.TooOften) -> Line:
    had = count_text(error.limit, error.what.removesuffix("s"), error.what)
    period = PERIODS.get(error.what, "a while")
    wait = wait_text(error.seconds)
    return line(f"You have had {had} within {period}, which is the most: try again in {wait}.")


SERVICES: Final[dict[str, str]] = {"discord": "Discord", "slack": "Slack"}
PORTALS: Final[dict[str, str]] = {
    "discord": "discord.com/developers/applications (your application, Bot)",
    "slack": "api.slack.com/apps",
}
ACCOUNT_HAS_PLACE: Final = frozenset({"slack"})
"""Where a bot belongs to one workspace, which the name of its account ends with."""
TOKEN_PLACES: Final[dict[str, str]] = {
    "SLACK_BOT_TOKEN": "api.slack.com/apps (your app, OAuth & Permissions)",
    "SLACK_APP_TOKEN": "api.slack.com/apps (your app, Basic Information, App-Level Tokens)",
    "SLACK_SIGNING_SECRET": "api.slack.com/apps (your app, Basic Information, App Credentials)",
}
"""Where each secret is to be had, if not simply at the portal of its service."""


def _token_place(service: str, variable: str) -> str:
    return TOKEN_PLACES.get(variable) or PORTALS.get(service, "its developer pages")


def _wrong_token(error: bot_errors.WrongToken) -> Line:
    place = _token_place(error.service, error.variable)
    needs = f"it needs the one that begins with {error.begins}, from {place}."
    if error.belongs:
        return line(f"{error.variable} holds a token for {error.belongs}: {needs}")
    return line(f"{error.variable} does not hold the right kind of token: {needs}")


def _scopes_missing(error: bot_errors.ScopesMissing) -> Line:
    service, names = SERVICES.get(error.service, error.service), ", ".join(error.scopes)
    if error.variable == "SLACK_APP_TOKEN":
        place = _token_place(error.service, error.variable)
        fix = f"make a new one with that scope at {place}"
    else:
        fix = (
            f"add these scopes (`reroll manifest {error.service}` prints a manifest with all of "
            "them) and install the app again"
        )
    return line(f"{service}: the token in {error.variable} lacks {names}: {fix}.")


BACKUP_FAULTS: Final[dict[str, str]] = {
    "unreadable": "cannot be read{detail}: check the path",
    "not whole": "is no whole backup{detail}: take another one",
    "foreign": "holds something that no backup has{detail}: take another one",
    "changed": "was changed since it was made{detail}: take another one",
    "newer form": "was made by a newer Reroll: update this one",
    "database": "holds no database of Reroll{detail}: take another one",
}


def _bad_backup(error: gen_errors.BadBackup) -> Line:
    reason = BACKUP_FAULTS.get(error.reason, error.reason)
    detail = f" ({error.detail})" if error.detail else ""
    return line(f"{error.path} {reason.format(detail=detail)}. Nothing was restored.")


NOT_DELIVERED: Final[dict[str, str]] = {
    "closed": "neither the channel nor its direct messages let the bot write",
    "refused": "it takes no message with it",
    "down": "it could not be reached for hours",
}
"""Why a chat service does not have a result."""


def _not_delivered(error: bot_errors.NotDelivered) -> Line:
    service, why = SERVICES.get(error.service, error.service), NOT_DELIVERED.get(error.reason, "")
    return line(
        f"The result could not be brought to {service}{': ' * bool(why)}{why}; ",
        code("/show"),
        " brings it wherever you ask for it.",
    )


NO_FOLDER: Final = "no such folder"


def _cannot_write(error: gen_errors.CannotWrite) -> Line:
    if error.detail == NO_FOLDER:
        return line(f"{error.path} cannot be written: make that folder first, or name another.")
    detail = f" ({error.detail})" if error.detail else ""
    return line(f"{error.path} cannot be written{detail}: give Reroll the right to.")


_STATIC: Final[Mapping[type[UserError], str]] = {
    gen_errors.DiskFull: "The disk of {folder} is full: make room there and ask again.",
    gen_errors.WorkerDied: "The job ended its worker {attempts} times ({reason}) and was given up: "
    "try a smaller size, fewer LoRAs or another model.",
    gen_errors.WorkerHung: "The worker gave no sign of life for {seconds} s, {attempts} times, so "
    "the job was given up: ask again, and if it stays so, tell the owner.",
    gen_errors.WorkerWillNotStart: "The worker cannot start: {reason} (the log is {log}); "
    "reroll doctor may know the fix.",
    gen_errors.DeviceMissing: 'There is no device "{device}" here: set [generation] device to '
    '"auto" or {present}.',
    gen_errors.InternalFault: "Something went wrong inside Reroll; the log has it as {reference}.",
    bot_errors.FlagNeedsValue: "{flag} needs a value ({expects}) behind it.",
    bot_errors.PromptTooLong: "The {field} has {length} characters and may have {most}: "
    "shorten it.",
    bot_errors.PictureTooLarge: "{width}x{height} is more than the {megapixels:g} megapixels that "
    "are allowed: ask for a smaller size.",
    bot_errors.InputGone: "The picture to start from ({id}…) was deleted meanwhile: send it again.",
    bot_errors.NeedsImage: "{field} needs an input picture: give one with image.",
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
    bot_errors.NotAdmin: "Only an admin can {action}.",
    bot_errors.ConfigMissing: "The configuration {path} cannot be read{detail_in}: check the path.",
    bot_errors.NoTokens: "No chat service is set up: set {variables}, or try `reroll console`.",
    bot_errors.TokenRefused: "{service} does not take the token in {variable}: copy a new one "
    "from {portal}.",
    bot_errors.TokenMissing: "{service} needs {variable} too: copy it from {portal}, or take out "
    "its other variables to run without {service}.",
    bot_errors.SocketModeOff: "{service} has Socket Mode switched off for the app: switch it on at "
    "{portal} (your app, Socket Mode), or set [{service_key}] mode.",
    bot_errors.CannotListen: "{address} cannot be listened on{detail_in}: set {key} to an address "
    "and port of this machine that are free.",
    bot_errors.IntentsRefused: "{service} does not let the bot listen to what it asked for: allow "
    "its intents at {portal}.",
    bot_errors.NotInstalled: "The bot may not bring its commands to the server {place}: open "
    "{invite} to add it there, or take the server out of [{service_key}] guilds.",
    bot_errors.NoSuchApi: "{url} is not the API of {service}: check {key} in config.toml.",
    bot_errors.Unreachable: "{service} cannot be reached at {url}{detail_in}: check the network, "
    "then start again.",
    bot_errors.ServiceDown: "{service} has a fault of its own (status {status}{detail_after}): try "
    "again in a few minutes.",
    bot_errors.ServiceRefuses: "{service} refuses the bot (status {status}{detail_after}): try "
    "again later, and if it stays so, see {portal}.",
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
        values["portal"] = _token_place(str(service), str(values.get("variable", "")))
    return line(_STATIC[type(error)].format(**values))


_ERRORS: Final[dict[type[UserError], _Words]] = {
    **dict.fromkeys(_STATIC, _static),
    gen_errors.CannotWrite: _cannot_write,
    gen_errors.BadValue: _bad_value,
    gen_errors.UnknownName: _unknown_name,
    gen_errors.BadPrompt: _bad_prompt,
    bot_errors.NotDelivered: _not_delivered,
    gen_errors.BadRecipe: _bad_recipe,
    gen_errors.LoraForOtherBase: _lora_base,
    gen_errors.BadWeights: _bad_weights,
    gen_errors.ModelMissing: _model_missing,
    gen_errors.BadClassifier: _bad_classifier,
    gen_errors.DownloadTooLarge: _download_too_large,
    gen_errors.BadImage: _bad_image,
    gen_errors.BadBackup: _bad_backup,
    gen_errors.OutOfMemory: _out_of_memory,
    gen_errors.NotANumber: _not_a_number,
    bot_errors.UnknownFlag: _unknown_flag,
    bot_errors.WrongToken: _wrong_token,
    bot_errors.ScopesMissing: _scopes_missing,
    bot_errors.NotOurMessage: _not_our_message,
    bot_errors.NotYours: _not_yours,
    bot_errors.AlreadyOver: _already_over,
    bot_errors.PictureAbsent: _picture_absent,
    bot_errors.NotAllowed: _not_allowed,
    bot_errors.TooOften: _too_often,
    bot_errors.UnexpectedWords: lambda e: line(
        f"/{e.command} takes no words like ",
        user(e.words),
        f"; /help {e.command} says what it does.",
    ),
    bot_errors.NotFound: lambda e: line(
        "There is no job or picture ", user(e.id), "; /history lists what there is."
    ),
    bot_errors.BlockedWord: lambda e: line(
        "Your prompt has ", user(e.word), ", which is not welcome here: say it in other words."
    ),
    bot_errors.BadConfig: lambda e: line(
        f"In {e.where}, {e.key} {e.problem}" if e.key else f"{e.where} {e.problem}",
        "" if e.problem.endswith("?") else ".",
    ),
}


def fault(reference: str) -> Line:
    """Say that something went wrong that nobody foresaw."""
    return words_of(gen_errors.InternalFault(reference))
