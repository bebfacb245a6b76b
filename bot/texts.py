"""Every sentence that a person can see. A translation is another file like this one.

Errors come in as ``UserError``s, whose fields ``words_of`` puts into one sentence that says what is
wrong and what to do. What a person wrote goes into ``user`` spans, which adapters make harmless.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from bot import errors as bot_errors
from bot.reply import Line, Span, code, faint, line, strong, user
from bot.secrecy import without_secrets
from generation import errors as gen_errors
from generation.classifier import NAME as CLASSIFIER
from generation.errors import UserError

PRODUCT: Final = "Reroll"

# Commands and options -----------------------------------------------------------------------------

COMMAND_HELP: Final[dict[str, str]] = {
    "imagine": "Make a picture from words.",
    "reroll": "Make a picture again with a new seed, or with what you change.",
    "history": "Find earlier pictures by the words of their prompt.",
    "show": "Show a job or picture with its recipe, or that of a PNG file.",
    "verify": "Make a picture again and say whether the pixels are the same.",
    "queue": "Show what runs and what waits.",
    "cancel": "Stop a job of yours.",
    "favorites": "Keep a picture among your favourites, or list them.",
    "loras": "List the LoRAs, with their trigger words.",
    "models": "List the models and their defaults.",
    "settings": "Show or set your own defaults, or those of this channel.",
    "forget": "Delete all that I know of you, at once and for good.",
    "help": "Say what the bot can do, or all about one command.",
}

OPTION_HELP: Final[dict[str, str]] = {
    "prompt": "What to paint, in words.",
    "new prompt": "Another prompt.",
    "negative": "What the picture should not show; weights work here too.",
    "seed": "Where chance starts: the same seed gives the same picture.",
    "new seed": "A whole number, or random. Left out, it changes only where nothing else does.",
    "count": "How many pictures; each has the next seed.",
    "aspect": "The format, like 3:2: the nearest size that the model was trained on.",
    "size": "Width x height in pixels, like 1024x768, in multiples of 8.",
    "steps": "How many denoising steps.",
    "guidance": "How closely to follow the prompt.",
    "sampler": "The method that removes the noise.",
    "lora": "Up to four LoRAs: name or name:scale, with commas between.",
    "refiner": "off, or the point from 0.5 to 0.99 where the refiner takes over.",
    "refiner_mode": "split: the refiner ends what the base began; img2img: it repaints.",
    "model": "Which model paints.",
    "image": "A picture to start from.",
    "strength": "How much of the input picture to change.",
    "mask": "A picture that is white where the input is to be painted over.",
    "private": "Only you see the answer, and it stays out of others' history.",
    "id": "A job or picture, like k7f3q2 or k7f3q2.1.",
    "words": "Words to look for.",
    "mine": "Only your own.",
    "page": "Where to go on, as the page before says.",
    "limit": "How many on a page.",
    "file": "A PNG file to read the recipe of.",
    "remove": "Take it out of the favourites.",
    "channel": "For this channel instead of for you.",
    "reset": "Back to the default: the name of a setting, or all.",
    "command": "The command.",
}


def or_list(names: tuple[str, ...]) -> str:
    """Join names with commas and a last ``or``."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} or {names[-1]}"


def and_list(names: tuple[str, ...]) -> str:
    """Join names with commas and a last ``and``."""
    return " and ".join(filter(None, (", ".join(names[:-1]), "".join(names[-1:]))))


# Inputs of a command ------------------------------------------------------------------------------

OPTION_LABELS: Final[dict[str, str]] = {
    "id": "Job or picture",
    "lora": "LoRAs",
    "lora_scale": "LoRA scales",
    "where": "Where to answer",
}
"""What an input is called where its option's name, made readable, would not do."""

OPTION_EXAMPLES: Final[dict[str, str]] = {
    "prompt": "a fox in the snow++, (oil on canvas)1.3",
    "id": "k7f3q2",
    "lora_scale": "0.8, 0.5",
}
OPTION_EMPTY: Final = "the default"
"""What stands in an empty input where that can mean more than one thing."""
LORA_SCALES: Final = "Their scales in the same order, with commas between; empty: their own."
WHERE: Final = "The channel that gets the picture; empty: our direct messages."
SEND: Final = "Send"
SUBMIT: Final = {"imagine": "Imagine", "settings": "Save", "edit": "Reroll", "use": "Imagine"}
"""On the button that sends the modal of a command or a form."""
CLOSE: Final = "Close"


def option_label(name: str) -> str:
    """Name an option above its input."""
    return OPTION_LABELS.get(name) or name.replace("_", " ").capitalize()


def loras_selected(most: int) -> str:
    """Say how many LoRAs can be selected."""
    return f"Up to {most} LoRAs; their scales go below."


def scales_allowed(loras: int) -> str:
    """Say how many scales there may be."""
    return f"{count_text(loras, 'number', 'numbers')}, one for each LoRA" if loras else "none"


def option_hint(help_: str, allowed: str) -> str:
    """Say below an input what goes in."""
    return f"{help_} ({allowed})" if allowed else help_


# Errors -------------------------------------------------------------------------------------------

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


# Amounts ------------------------------------------------------------------------------------------


def size_text(number: float) -> str:
    """Write an amount of bytes."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if number < 1000 or unit == "GB":
            return f"{number:.0f} {unit}" if unit == "bytes" else f"{number:.3g} {unit}"
        number /= 1000
    return ""


def seconds_text(seconds: float) -> str:
    """Write a time: tenths below ten seconds, then seconds, then minutes."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 90:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"


def wait_text(seconds: float) -> str:
    """Write an estimate, which is never better than to the second: ``3 s``, ``5 min``, ``2 h``."""
    whole = max(1, math.ceil(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = math.ceil(seconds / 60)
    return f"{minutes} min" if minutes < 90 else seconds_text(minutes * 60)


def time_left(seconds: float) -> str:
    """Write how long something will still take."""
    return f"{wait_text(seconds)} left"


def count_text(number: int, one: str, many: str) -> str:
    """Write a number with the right form of its noun."""
    return f"{number} {one if number == 1 else many}"


# Jobs ---------------------------------------------------------------------------------------------

PHASES: Final[dict[str, str]] = {
    "starting": "starting the worker",
    "downloading": "downloading {what}",
    "loading": "loading {what}",
    "compiling": "compiling {what}",
    "encoding": "reading the prompt",
}
STAGES: Final[dict[str, str]] = {"base": "painting", "refiner": "refining", "decode": "developing"}
STATUS: Final[dict[str, str]] = {
    "queued": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}
BUTTONS: Final[dict[str, str]] = {
    "reroll": "Reroll",
    "edit": "Edit",
    "recipe": "Recipe",
    "favorite": "Favorite",
    "delete": "Delete",
    "cancel": "Cancel",
    "use": "Imagine with it",
    "show": "Show",
    "reveal": "Show it to me",
}

MENUS: Final[dict[str, str]] = {
    "recipe": "Recipe",
    "reroll": "Reroll",
    "use": "Use as input",
}
"""Entries of the menu that every message has, by their action."""
MENU_HELP: Final[dict[str, str]] = {
    "recipe": "Everything that decides the pixels, for your eyes only.",
    "reroll": "The same recipe with a new seed.",
    "use": "Start from a picture in this message.",
}

INTERRUPTED: Final = "I was restarted before I could take this in: please send it again."


def not_taken(job: str) -> Line:
    """Say that the service refuses a message for what is in it."""
    return line(
        strong(f"#{job}"),
        " is done, but the chat takes no message with it: try ",
        code(f"/show {job}"),
    )


def not_shown() -> Line:
    """Say that the service does not take an answer."""
    return line("The chat does not take that answer: ask for less at once, or try again later.")


def command_gone() -> Line:
    """Say that a command is one of an earlier version."""
    return line("That command has changed since: type it again, and pick it from the list.")


def form_too_long(most: int) -> Line:
    """Say that a text is too long for a form."""
    return line(f"Its text has over {most} characters, too many for a form: use /reroll instead.")


def form_too_late() -> Line:
    """Say that a form cannot be opened any more for this press."""
    return line("That took too long to open a form: please press again.")


def slack_private(job: str) -> Line:
    """Say where a private job goes on."""
    return line(strong(f"#{job}"), " is private: it goes on in our direct messages.")


def slack_not_here(job: str, bot: str) -> Line:
    """Say why a job does not go on in its channel, and what helps; ``bot`` is the bot's handle."""
    return line(
        strong(f"#{job}"),
        " goes on in our direct messages, as I am not in this channel: type ",
        code(f"/invite @{bot}"),
        " to have me here.",
    )


def slack_shut(job: str) -> Line:
    """Say that a job cannot go on where it was asked for."""
    return line(
        strong(f"#{job}"), " goes on in our direct messages, as I may not write where you asked."
    )


def guest_note() -> Line:
    """Say what comes of it where the bot has no right to the channel."""
    return line(
        "I am no member here, or may not see this channel: what takes over 15 minutes "
        "comes as a direct message."
    )


FORM_TITLE: Final = "Edit #{job}"
FORM_LABELS: Final[dict[str, str]] = {
    "prompt": "Prompt",
    "negative": "What it should not show",
    "seed": "Seed (or random)",
    "settings": "Settings",
    "strength": "How much of the picture to change",
}
USE_TITLE: Final = "Imagine with a picture"


def picture_kept(name: str, width: int, height: int) -> Line:
    """Say that a picture that somebody sent can be used."""
    return line("The picture ", user(name), f" ({width}x{height}) is here.")


def prompt_line(prompt: str) -> Line:
    """Say what was asked for."""
    return (Span(prompt, "user"),)


def queued(job: str, ahead: int, wait: float | None) -> Line:
    """Say that a job waits."""
    if ahead == 0:
        return line(strong(f"#{job}"), " is next.")
    estimate = f", about {wait_text(wait)}" if wait else ""
    return line(strong(f"#{job}"), f" waits behind {count_text(ahead, 'job', 'jobs')}{estimate}.")


def running(job: str) -> Line:
    """Say that a job runs."""
    return line(strong(f"#{job}"), " is being made.")


def phase_label(phase: str, what: str, done: int, total: int) -> str:
    """Say what has to be done before the first step."""
    label = PHASES[phase].format(what=what or "the model").strip()
    return f"{label} ({size_text(done)} of {size_text(total)})" if total else label


def step_label(index: int, count: int, stage: str) -> str:
    """Say what is being done."""
    return STAGES[stage] if count == 1 else f"{STAGES[stage]} {index} of {count}"


def done(job: str, seeds: tuple[int, ...], seconds: float | None, count: int) -> Line:
    """Say that a job is done."""
    seed = f" · seed{'s' if len(seeds) > 1 else ''} {', '.join(map(str, seeds))}" if seeds else ""
    time = f" · {seconds_text(seconds)}" if seconds is not None else ""
    all_of_them = count_text(count, "picture", "pictures")
    short = f" · {len(seeds)} of {all_of_them}" if len(seeds) != count else ""
    return line(strong(f"#{job}"), f"{seed}{time}{short}")


def not_brought(error: bot_errors.NotDelivered) -> Line:
    """Say why a result that is shown now did not come when it was done."""
    service, why = SERVICES.get(error.service, error.service), NOT_DELIVERED.get(error.reason, "")
    return line(f"It could not be brought to {service} when it was done{': ' * bool(why)}{why}.")


def cancelled(job: str) -> Line:
    """Say that a job was stopped."""
    return line(strong(f"#{job}"), " was cancelled.")


def failed(job: str, error: UserError | None) -> Line:
    """Say that a job came to nothing, and why."""
    if error is None:
        return line(strong(f"#{job}"), " failed.")
    return line(strong(f"#{job}"), " failed: ", *words_of(error))


def deleted(job: str) -> Line:
    """Say that a job and its pictures are gone."""
    return line(strong(f"#{job}"), " was deleted, with its pictures.")


def asked_by(name: str) -> Line:
    """Say who asked, where nobody saw it."""
    return line(faint("for "), user(name))


def parent_line(parent: str) -> Line:
    """Say where a job came from."""
    return line(faint(f"from #{parent}"))


def different(settings: Mapping[str, str]) -> Line:
    """List the settings that are not the defaults; the values may be a person's words."""
    parts: list[Span] = []
    for name, value in settings.items():
        parts += [Span(" · " if parts else "", "faint"), Span(f"{name} ", "faint"), user(value)]
    return tuple(part for part in parts if part.text)


def warning(text: str) -> Line:
    """Word a warning: a key and a detail, with a tab between."""
    key, _, detail = text.partition("\t")
    return line(faint(WARNINGS.get(key, key + " {detail}").format(detail=detail).strip()))


WARNINGS: Final[dict[str, str]] = {
    "no-refiner": "This model has no refiner: the base painted alone.",
    "base-no-step": "The switch point left the base no step: it painted alone.",
    "refiner-no-step": "The switch point left the refiner no step: the base painted alone.",
}


def cancelling(job: str) -> Line:
    """Say that a job is being stopped."""
    return line(strong(f"#{job}"), " is being stopped.")


# Lists --------------------------------------------------------------------------------------------


def nothing_found(words: str) -> Line:
    """Say that a search found nothing."""
    if not words:
        return line("There are no pictures yet: /imagine makes the first.")
    return line("Nothing found for ", user(words), ".")


def history_row(job: str, prompt: str, when: str, status: str) -> Line:
    """One job of a list; without a time where the list is not by time."""
    state = "" if status == "done" else f" · {STATUS[status]}"
    time = f" · {when}" if when else ""
    return line(strong(f"#{job}"), " ", user(prompt), *(faint(s) for s in (time + state,) if s))


def next_page(command: str, cursor: str) -> Line:
    """Say how to go on in a list."""
    return line(faint("More: "), code(f"{command} --page {cursor}"))


def queue_empty() -> Line:
    """Say that nothing waits."""
    return line("Nothing runs and nothing waits.")


def queue_row(place: int, job: str, prompt: str, yours: bool, wait: float | None) -> Line:
    """One job of the queue; place 0 runs."""
    state = "running" if place == 0 else f"{place}."
    mine = " · yours" if yours else ""
    estimate = f" · about {wait_text(wait)}" if wait else ""
    return line(f"{state} ", strong(f"#{job}"), " ", user(prompt), faint(f"{mine}{estimate}"))


PRIVATE_PROMPT: Final = "(private)"


def favorite_added(picture: str) -> Line:
    """Say that a picture is a favourite."""
    return line(strong(picture), " is among your favourites.")


def favorite_removed(picture: str) -> Line:
    """Say that a picture is no favourite any more."""
    return line(strong(picture), " is no longer among your favourites.")


def no_favorites() -> Line:
    """Say how to get a favourite."""
    return line("You have no favourites yet: /favorites k7f3q2.1 keeps a picture.")


def lora_row(name: str, title: str, trigger: str, scale: float, base: str) -> Line:
    """One LoRA of the list."""
    words = [title if title != name else "", f"trigger: {trigger}" if trigger else ""]
    words += [f"scale {scale:g}" if scale != 1 else "", f"for {base}" if base else ""]
    rest = " · ".join(word for word in words if word)
    return line(strong(name), faint(f" · {rest}" if rest else ""))


def lora_about(name: str, title: str, trigger: str) -> str:
    """Say in a list of completions what a LoRA is."""
    words = [title if title != name else "", f"trigger: {trigger}" if trigger else ""]
    return " · ".join(word for word in words if word)


def no_loras(words: str, folder: str) -> Line:
    """Say where LoRAs go."""
    if words:
        return line("No LoRA has ", user(words), " in its name.")
    return line(f"There are no LoRAs yet: put .safetensors files into {folder}.")


def model_row(name: str, about: str, default: bool) -> Line:
    """One model of the list."""
    mark = " · the default" if default else ""
    return line(strong(name), faint(f" · {about}{mark}"))


def settings_title(channel: bool) -> Line:
    """Head the list of settings."""
    return line("Defaults of this channel:" if channel else "Your defaults:")


def setting_row(name: str, value: str) -> Line:
    """One setting."""
    return line(f"{name} ", user(value))


def no_settings(channel: bool) -> Line:
    """Say that there are no settings."""
    whose = "This channel has" if channel else "You have"
    return line(f"{whose} no defaults of its own: the bot's are used." if channel else
                f"{whose} no defaults of your own: the bot's are used.")  # fmt: skip


def forgotten(jobs: int, pictures: int, favorites: int, settings: int) -> Line:
    """Say how much of a person is gone."""
    counts = (
        (jobs, "job", "jobs"),
        (pictures, "picture", "pictures"),
        (favorites, "favourite", "favourites"),
        (settings, "setting", "settings"),
    )
    there = tuple(count_text(*count) for count in counts if count[0])
    if not there:
        return line("There was nothing of yours, and now there is not even your name.")
    return line(f"All that I knew of you is gone: {and_list(there)}.")


FORGOTTEN_MESSAGES: Final = line(
    "The messages that show your jobs are being taken down; those that only you see stay until "
    "you dismiss them."
)


def forgotten_but_kept(copies: int) -> Line:
    """Say that there are backups which the owner made before."""
    which = "One backup" if copies == 1 else f"{copies} backups"
    return line(f"{which} of the bot's owner may hold it still: ask them.")


def recipe_title(identifier: str) -> Line:
    """Head a recipe."""
    return line(strong(f"#{identifier}"))


def file_without_recipe(name: str) -> Line:
    """Say that a PNG file carries A1111's text only."""
    return line("The file ", user(name), " was made by another program; its parameters are:")


def verified(picture: str) -> Line:
    """Say that the pixels are the same."""
    return line(strong(picture), " came out identical, pixel for pixel.")


def verify_differs(picture: str, greatest: int, mean: float, psnr: float, factor: int) -> Line:
    """Say how much the pixels differ, in steps of 255, and how much stronger that is shown."""
    strength = f"; shown {factor} times as strong" if factor > 1 else ""
    return line(
        strong(picture),
        f" came out different: by {greatest} of 255 at most, {mean:.3g} on average, "
        f"PSNR {psnr:.1f} dB{strength}.",
    )


def verify_no_file(picture: str) -> Line:
    """Say that the pixels differ from a picture that cannot be looked at, by its hash alone."""
    return line(
        strong(picture), " came out different; by how much cannot be said without its file."
    )


def verify_shown() -> Line:
    """Say what the picture of a difference shows."""
    return line(faint("From left to right: as stored, as made again, and where they differ."))


def verify_gone(checked: str) -> Line:
    """Say that what was to be compared was deleted meanwhile."""
    return line(strong(f"#{checked}"), " has no pictures any more.")


def difference_alt(picture: str, factor: int) -> str:
    """Describe the picture of a difference."""
    strength = f", {factor} times as strong" if factor > 1 else ""
    return f"{picture} as it was stored, as it came out now, and where the two differ{strength}."


# What has changed since a picture was made --------------------------------------------------------

CHANGES_SHOWN: Final = 6
_PARTS: Final = {"base": "model", "refiner": "refiner", "vae": "VAE"}
_CHANGING: Final[dict[str, str]] = {
    "painting": "Reroll's way of painting",
    "dtype": "precision",
    "vae_dtype": "precision of the VAE",
    "vae_tiles": "tiles of the VAE",
    "threads": "CPU threads",
    "cpu": "CPU",
    "cuda cuda": "CUDA",
    "cuda cudnn": "cuDNN",
    "cuda tf32": "TF32",
    "cuda matmul": "precision of matrix products",
    "cuda cublas_workspace": "workspace of cuBLAS",
    "deterministic algorithms": "deterministic algorithms",
    "deterministic cudnn": "deterministic cuDNN",
    "deterministic benchmark": "choice of cuDNN's algorithms by speed",
}


def _part(part: str) -> str:
    """Name a part of a model, or a LoRA."""
    lora = part.removeprefix("lora ")
    return _PARTS.get(part, part) if lora == part else f"LoRA {lora}"


def change(what: tuple[str, ...], before: str, now: str) -> str:
    """Say of one thing that decides pixels what it was and what it is, or that it is gone."""
    group, part = what[0], what[-1]
    if group in ("weights", "configs"):
        if not now:
            return f"the {_part(part)} is not here any more"
        name = f"{'weights' if group == 'weights' else 'settings'} of the {_part(part)}"
        # A hash is as telling by its beginning.
        return f"{name}: {before[:8]} → {now[:8]}"
    name = part if group == "versions" else " ".join(what)
    return f"{_CHANGING.get(name, name)} {before} → {now}"


def changed(changes: tuple[str, ...]) -> Line:
    """Warn that the same recipe may give other pixels now. LoRAs are named by whoever put them."""
    more = len(changes) - CHANGES_SHOWN
    rest = f", and {count_text(more, 'thing', 'things')} more" if more > 0 else ""
    said = ", ".join(changes[:CHANGES_SHOWN])
    return line(faint("Changed since: "), user(said), faint(f"{rest}."))


# The app's home -----------------------------------------------------------------------------------

HOME_OPENS: Final[dict[str, str]] = {
    "imagine": "Imagine",
    "settings": "Change settings",
    "home": "Refresh",
}
"""Buttons of the home, by what they open."""
HOME_PICTURES: Final = "Your newest pictures"
HOME_FAVORITES: Final = "Your favourites"
HOME_SETTINGS: Final = "Your settings"
HOME_QUEUE: Final = "The queue"
HOME_NO_PICTURES: Final = "You have no pictures yet: press Imagine to make the first."
HOME_NO_FAVORITES: Final = "You have no favourites yet: press Favorite below a picture to keep it."
HOME_NO_SETTINGS: Final = (
    "You have no defaults of your own, so the bot's are used: press Change settings to have some."
)
HOME_NO_JOBS: Final = "Nothing runs and nothing waits: press Imagine to start something."


def cancel_button(job: str) -> str:
    """Name the button that stops one of several jobs."""
    return f"{BUTTONS['cancel']} #{job}"


def more_jobs(number: int) -> Line:
    """Say how many jobs of the queue a list leaves out."""
    return line(faint(f"{count_text(number, 'more job is', 'more jobs are')} in the queue."))


# Messages of limited size ------------------------------------------------------------------------

PREVIEW_ALT: Final = "A first glimpse of the picture."
PICTURE_ALT: Final = "A picture."


def picture_title(picture: str, seed: int) -> str:
    """Head one of several pictures."""
    return f"{picture} · seed {seed}"


def left_out(lines: int) -> Line:
    """Say that a message has no room for the rest."""
    return line(faint(f"{count_text(lines, 'more line does', 'more lines do')} not fit in here."))


def sheet_alt(pictures: int, prompt: str) -> str:
    """Describe a sheet of pictures by the words of the first."""
    return f"{count_text(pictures, 'picture', 'pictures')} on one sheet: {prompt}"


def pictures_reduced(ids: tuple[str, ...], size: int) -> Line:
    """Say that pictures are shown as copies; ``size`` is that of their PNG files in bytes."""
    one = len(ids) == 1
    what = f"{ids[0]} is too large" if one else f"{', '.join(ids[:-1])} and {ids[-1]} are too large"
    kept = "The original PNG" if one else "The original PNGs"
    return line(
        faint(f"{what} for one message here, so what you see is compressed. {kept}, "),
        faint(
            f"{size_text(size)}, stay{'s' if one else ''} on the bot's machine: its owner finds "
        ),
        faint("it with " if one else "them with "),
        code(f"reroll show {ids[0]}"),
        faint("."),
    )


def picture_too_large(picture: str) -> Line:
    """Say that a picture cannot be made small enough; its file is kept."""
    return line(
        faint(f"{picture} is too large for one message here. It stays on the bot's machine: "),
        faint("its owner finds it with "),
        code(f"reroll show {picture}"),
        faint("."),
    )


def picture_not_brought(picture: str) -> Line:
    """Say that the chat service did not take a picture."""
    return line(
        faint(f"{picture} could not be brought to the chat: "),
        code(f"/show {picture}"),
        faint(" tries again."),
    )


def picture_gone(picture: str, seed: int) -> Line:
    """Say that a picture cannot be shown since its file is gone or damaged."""
    return line(
        faint(f"The file of {picture} is gone or damaged: "),
        code(f"/reroll {picture} --seed {seed}"),
        faint(" makes it again."),
    )


def pictures_withheld(ids: tuple[str, ...]) -> Line:
    """Say which pictures are not to be seen here."""
    verb = "is" if len(ids) == 1 else "are"
    return line(f"{and_list(ids)} {verb} withheld by the owner's filter.")


def pictures_flagged(ids: tuple[str, ...]) -> Line:
    """Say which pictures the filter has flagged, where they are shown all the same."""
    verb = "was" if len(ids) == 1 else "were"
    return line(faint(f"{and_list(ids)} {verb} flagged by your filter."))


def picture_hidden(picture: str) -> Line:
    """Say that a picture is shown only to those who ask for it."""
    return line(faint(f"{picture} may not be for everybody's eyes."))


def picture_expired(picture: str, seed: int, keep_days: int) -> Line:
    """Say that a picture's file was deleted when its time was over; 0 days: another one now."""
    time = count_text(keep_days, "day", "days") if keep_days else "its time here"
    return line(
        faint(f"The file of {picture} was deleted after {time}: "),
        code(f"/reroll {picture} --seed {seed}"),
        faint(" makes it again."),
    )


def pictures_without_room(number: int) -> Line:
    """Say that some pictures are not attached."""
    return line(
        faint(f"{count_text(number, 'more picture has', 'more pictures have')} no room here: "),
        code("/show"),
        faint(" and an id shows one."),
    )


SUGGESTED_DEFAULT: Final = "the default"
SUGGESTED_SEED: Final = "a new one"
SUGGESTED_ALL: Final = "every setting"


# Help ---------------------------------------------------------------------------------------------

HELP_TITLE: Final = "Type a command; flags like --seed 42 go anywhere in the text."
HELP_WEIGHTS: Final = (
    "Weights: word++ and word-- , (a phrase)1.3 , (a phrase:1.3) ; --no says what to leave out."
)
HELP_MORE: Final = "/help imagine lists the options of a command."


def help_row(name: str, text: str) -> Line:
    """One command of the list."""
    return line(strong(f"/{name}"), f" {text}")


def option_row(flag: str, text: str, allowed: str) -> Line:
    """One option of a command."""
    return line(strong(flag), f" {text}", faint(f" {allowed}" if allowed else ""))


# Faults -------------------------------------------------------------------------------------------


def fault(reference: str) -> Line:
    """Say that something went wrong that nobody foresaw."""
    return words_of(gen_errors.InternalFault(reference))


# The shell ----------------------------------------------------------------------------------------

CLI_HELP: Final = "Pictures from words on your own GPU, in Discord, in Slack and right here."
CLI_CONFIG: Final = "The configuration file; otherwise REROLL_CONFIG or ./config.toml."
CLI_JSON: Final = "Print one JSON object per line."
CLI_DEBUG: Final = "Show the traceback of an error."
CLI_OUT: Final = "A folder to copy the pictures to."
CLI_RUN: Final = "Start the bot with every chat service whose tokens are set."
CLI_CONSOLE: Final = "Chat with the bot in this terminal, or pipe commands into it."
CLI_DEMO: Final = "Make, remake and check a picture with the built-in model."
CLI_STATUS: Final = "Show how the running bot is."
CLI_STATUS_CHECK: Final = "End with 1 unless a bot runs and answers, for health checks."
CLI_DOCTOR: Final = "Check the set-up and name the fix for each fault."
CLI_AUDIT: Final = "Show who asked for what, and what was refused."
CLI_AUDIT_ACTOR: Final = "Only what this person did, or what was done to their jobs."
CLI_AUDIT_LIMIT: Final = "How many lines."
CLI_BENCH: Final = "Measure the speed of this machine beside plain diffusers."
CLI_BENCH_STEPS: Final = "Denoising steps of each picture; 0: as the model has them."
CLI_BENCH_REPEATS: Final = "Pictures of each kind; the median counts."
CLI_BENCH_PICTURES: Final = "Jobs of the queue that is measured."
CLI_BENCH_HISTORY: Final = "Measure the history's speed with many rows."
CLI_BENCH_ROWS: Final = "How many jobs to make up."
CLI_FETCH: Final = "Download a model's weights before they are needed."
CLI_BACKUP: Final = "Put database and pictures into one file; a bot may run."
CLI_BACKUP_FILE: Final = "The file, or a folder for it; left out: in the data folder."
CLI_RESTORE: Final = "Put a backup in place; what is there is kept beside it."
CLI_RESTORE_FILE: Final = "The backup."
CLI_STOPPED: Final = "Stopped."
CLI_FAULT: Final = "Something went wrong inside Reroll ({fault}); --debug shows where."
CLI_USAGE: Final = "{problem}: reroll --help lists what there is."
CONSOLE_WELCOME: Final = (
    "Type /imagine and what to paint, /help for more, /quit to leave; Tab completes."
)
CONSOLE_CTRL_C: Final = "Ctrl-C stops a job; /quit leaves."


def status(worker: str, queue: int, adapters: Mapping[str, str], runs: bool) -> str:
    """Say how the bot is."""
    waiting = count_text(queue, "job waits", "jobs wait")
    if not runs:
        return f"Reroll does not run here; {waiting}."
    services = (f"; {SERVICES.get(name, name)} {state}" for name, state in adapters.items())
    return f"The worker is {worker}; {waiting}{''.join(services)}."


def backup_made(path: str, size: int, files: int, left_out: int) -> str:
    """Say where a backup is, and what is in it."""
    gone = ""
    if left_out:
        gone = f"; {count_text(left_out, 'file was', 'files were')} deleted meanwhile, or missing"
    what = count_text(files, "file", "files")
    return f"{path} has the database and {what} of pictures, {size_text(size)}{gone}."


def restored(path: str, files: int, before: tuple[str, ...]) -> str:
    """Say that a backup is in its place, and where that is which was there."""
    what = f"{path} is in place, with {count_text(files, 'file', 'files')} of pictures."
    if not before:
        return what
    return f"{what} What was there is kept as {and_list(before)}: delete it when all is well."


RUN_LEAVING: Final = "Leaving: what is not done yet goes on at the next start."


def run_adapter(service: str, account: str, places: int) -> str:
    """Say as whom the bot is connected to a chat service."""
    if service in ACCOUNT_HAS_PLACE:
        return f"{SERVICES.get(service, service)}: logged in as {account}."
    where = count_text(places, "server", "servers")
    if not places:
        where = f"no server yet (`reroll manifest {service}` prints the link that adds it to one)"
    return f"{SERVICES.get(service, service)}: logged in as {account}, in {where}."


AUDIT_EMPTY: Final = "Nothing has been noted."


def audit_nothing_of(actor: str) -> str:
    """Say that nobody with that key did anything, and how keys look."""
    known = "people are named like discord:1234 or slack:T0123:U0123"
    return f"Nothing has been noted of {actor}; {known}."


AUDIT_ACTIONS: Final[dict[str, str]] = {
    "asked": "asked for #{subject} with /{detail}",
    "refused": "was refused: {detail}",
    "cancelled": "cancelled #{subject} of {detail}",
    "deleted": "deleted #{subject} of {detail}",
    "settings": "set defaults of the channel: {detail}",
    "withheld": "was not given {subject}: the filter says {detail}",
    "forgot": "somebody on {detail} was forgotten",
}


def audit_what(action: str, subject: str, detail: str) -> str:
    """Say what somebody did."""
    words = AUDIT_ACTIONS.get(action)
    if words is None:
        return " ".join(filter(None, (action, subject, detail)))
    return words.format(subject=subject, detail=detail)


def audit_actor(actor: str, name: str) -> str:
    """Say who it was, by the name that people see and by the key."""
    return f"{name} ({actor})" if name else actor


def audit_more(cursor: int) -> str:
    """Say how to go on."""
    return f"There is more: --page {cursor} goes on."


def run_metrics(address: str) -> str:
    """Say where Prometheus finds the numbers."""
    return f"Metrics: {address}"


def run_ready(model: str, folder: str) -> str:
    """Say that jobs are taken, and what with."""
    return f"Jobs are taken, with the model {model}; all data is in {folder}. Ctrl-C stops."


def run_download(model: str, done: int, total: int) -> str:
    """Say how far the first download is."""
    amount = f" ({size_text(done)} of {size_text(total)})" if total else ""
    return f"The model {model} is being downloaded{amount}; jobs for it wait meanwhile."


DEMO_IMAGINE: Final = (
    "1. A picture from a sentence: ++ gives a word weight, the seed makes it repeatable."
)
DEMO_HISTORY: Final = "2. It is in the history."
DEMO_REROLL: Final = "3. The same recipe with a new seed."
DEMO_CHANGE: Final = "4. The same recipe and seed with other words."
DEMO_VERIFY: Final = "5. The first recipe again: the same pixels."


def demo_files(folder: str) -> str:
    """Say where the pictures are and what comes next."""
    return (
        f"\nThe pictures are in {folder}, each with its recipe inside.\n"
        "Next: `reroll console` to type for yourself, and README.md for a real model."
    )


# The doctor ---------------------------------------------------------------------------------------

_MARKS: Final = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}


def doctor_line(state: str, subject: str, sentence: str) -> str:
    """One finding."""
    return f"{_MARKS[state]} {subject:<10} {sentence}"


def doctor_config(path: str) -> str:
    """Say which configuration is used."""
    return f"{path} is right." if path else "There is no config.toml: the defaults are used."


def doctor_tokens(present: tuple[str, ...]) -> str:
    """Say which chat services are set up."""
    if present:
        return f"{', '.join(present)} set."
    return "No chat token is set: only the console and the shell will work."


def doctor_no_discord() -> str:
    """Say how to get a token for Discord."""
    return (
        "DISCORD_BOT_TOKEN is not set: make an application at discord.com/developers/applications, "
        "and copy the token of its Bot page."
    )


def doctor_discord(account: str, application: int, places: int) -> str:
    """Say as whom the bot stands with Discord."""
    where = count_text(places, "server", "servers")
    return f"The token is that of {account} (application {application}), in {where}."


def doctor_discord_alone(invite: str) -> str:
    """Say how to add the bot to a server."""
    return f"The bot is in no server yet: open {invite} to add it to one."


def doctor_discord_endpoint(url: str) -> str:
    """Say that commands go elsewhere."""
    return (
        f"Discord sends all commands to {url}: take that Interactions Endpoint URL out at "
        f"{PORTALS['discord']}."
    )


def doctor_no_slack(variables: tuple[str, ...]) -> str:
    """Say how to get the tokens for Slack."""
    places = " and ".join(f"{name} from {TOKEN_PLACES[name]}" for name in variables)
    return (
        "No token for Slack is set: make an app at api.slack.com/apps from what `reroll manifest "
        f"slack` prints, install it, and set {places}."
    )


def doctor_slack(account: str, team: str) -> str:
    """Say as whom the bot stands with Slack."""
    return f"The token is that of {account} (workspace {team})."


def doctor_slack_socket() -> str:
    """Say that commands have a way in."""
    return "Slack opens connections for SLACK_APP_TOKEN."


def doctor_slack_listens(address: str) -> str:
    """Say what Slack has to be told where it is to call."""
    return (
        f"[slack] mode is http: the app's request URLs have to lead to http://{address}"
        "/slack/events."
    )


def doctor_not_writable(folder: str) -> str:
    """Say that a folder cannot be written."""
    return f"{folder} cannot be written: give this user the right to, or name another folder."


def doctor_disk(folder: str, free: int) -> str:
    """Say how much room there is."""
    return f"{size_text(free)} free for {folder}."


def doctor_disk_full(folder: str, free: int) -> str:
    """Say that there is too little room for any job."""
    return f"Only {size_text(free)} free for {folder}: make room, until then no job is taken."


def doctor_running(pid: int) -> str:
    """Say that the bot runs."""
    return f"Reroll is running as process {pid}."


def doctor_new_database(path: str) -> str:
    """Say that there is no database yet."""
    return f"{path} will be made at the first start."


def doctor_database(path: str) -> str:
    """Say that the database is right."""
    return f"{path} can be read."


def doctor_no_torch(reason: str) -> str:
    """Say that the machine learning libraries do not load."""
    return (
        f"The machine learning libraries do not load ({reason}): run `make demo` to install them."
    )


def doctor_device_missing(device: str, cuda_build: str | None) -> str:
    """Say that the wanted device is missing."""
    if device == "cuda" and not cuda_build:
        return "torch was installed without CUDA: install a CUDA build of torch into .venv."
    return f'There is no {device} device: check the driver, or set [generation] device to "auto".'


def doctor_cpu(cores: int, model: str) -> str:
    """Say that pictures are made on the CPU."""
    what = f"Pictures are made on the CPU with {count_text(cores, 'core', 'cores')}"
    slow = "" if model == "mini" else f', which takes minutes each with {model}: try model = "mini"'
    return f"{what}{slow}."


def doctor_gpu(name: str, memory: int) -> str:
    """Name a GPU."""
    return f"{name} with {size_text(memory)}." if memory else f"{name}."


def doctor_model_here(name: str) -> str:
    """Say that a model's weights are on this machine."""
    return f"{name} is here."


def doctor_model_unused(name: str) -> str:
    """Say that a model's weights are not here, and not needed as long as nobody asks."""
    return f"{name} is not here and not the default: `reroll models fetch {name}` downloads it."


def doctor_model_download(name: str, size: int) -> str:
    """Say that a model will be downloaded."""
    return (
        f"{name} is not here yet: the first job downloads {size_text(size)}, or "
        f"`reroll models fetch {name}` does it beforehand."
    )


def doctor_no_safety() -> str:
    """Say that nothing looks at pictures."""
    return "No filter looks at the pictures: [generation] safety would name one."


def doctor_safety_download(source: str, size: int) -> str:
    """Say that what is to look at pictures will be downloaded."""
    return f"{source} is not here yet: the first job downloads {size_text(size)}."


def doctor_safety(source: str, labels: tuple[str, ...], threshold: float) -> str:
    """Say what looks at pictures, and for what."""
    return f"{source} looks at every picture: flagged is {or_list(labels)} from {threshold:g} on."


def doctor_loras(number: int, folder: str) -> str:
    """Say how many LoRAs there are."""
    return f"{count_text(number, 'LoRA', 'LoRAs')} ready; more go into {folder}."


# Manifests ----------------------------------------------------------------------------------------

CLI_MANIFEST: Final = "Print what Slack and Discord have to be told of the bot."
CLI_MANIFEST_SLACK: Final = "Print the Slack app manifest (YAML)."
CLI_MANIFEST_DISCORD: Final = "Print the Discord invite link and the commands."
MANIFEST_APPLICATION: Final = (
    "Put the application's id, from discord.com/developers/applications, in place of "
    "APPLICATION_ID."
)
MANIFEST_SERVER: Final = "To add the bot to a server:"
MANIFEST_ACCOUNT: Final = "To add its commands to your own account, where the bot is not:"


def manifest_permissions(names: tuple[str, ...], number: int) -> str:
    """Say what the link to a server asks for."""
    return f"Permissions ({number}): {', '.join(names)}. Privileged intents: none."


def manifest_command(name: str, help_: str) -> str:
    """One command."""
    return f"{name}  {help_}".rstrip()


def manifest_option(name: str, help_: str) -> str:
    """One option of a command."""
    return f"    {name}  {help_}"


SLACK_ABOUT: Final = "Pictures from words, on your own GPU; each can be made again."
SLACK_ART: Final = "Every command of Reroll: /art help lists them."
SLACK_ART_HINT: Final = "history red circle"
SLACK_IMAGINE: Final = "Imagine"
"""The entry of the menu that Slack has beside every message's input."""
MANIFEST_URL_ALLOWED: Final = "one like https://bot.example.org/slack/events"
CLI_MANIFEST_URL: Final = "The bot's address for signed HTTP instead of Socket Mode."


def fetched(name: str) -> str:
    """Say that a model has come."""
    return f"{name} is here now."


# The bench ----------------------------------------------------------------------------------------

BENCH_HEADS: Final = ("", "Reroll", "plain diffusers", "ratio")
BENCH_PICTURE: Final = "seconds a picture"


def bench_queue(pictures: int) -> str:
    """Name the measure of a queue."""
    return f"pictures a minute, {pictures} queued"


def bench_idle(milliseconds: float) -> str:
    """Say how long the worker draws nothing between two jobs."""
    return f"Between two queued jobs, nothing is drawn for {milliseconds:.1f} ms (median)."


def bench_title(model: str, device: str, steps: int, repeats: int) -> str:
    """Head the table of speeds."""
    return f"{model} on {device}, {steps} steps, median of {repeats}"


def bench_history_title(rows: int) -> str:
    """Head the table of the history's speeds."""
    return f"{rows:,} jobs, milliseconds, 99th percentile"
