"""Errors in what people type and send."""

from __future__ import annotations

from typing import Final

from bot import errors as bot_errors
from bot.reply import Line, Span, code, line, user
from bot.texts.amounts import or_list
from generation import errors as gen_errors


def near(names: tuple[str, ...]) -> str:
    """Say what was probably meant."""
    return f"; the nearest is {or_list(names)}" if names else ""


def bad_value(error: gen_errors.BadValue) -> Line:
    """Word a value that its field does not allow."""
    return line(
        f"{error.field} cannot be ", user(error.value or "empty"), f": give {error.allowed}."
    )


def unknown_name(error: gen_errors.UnknownName) -> Line:
    """Word a name that nothing has."""
    lists = ("model", "lora", "style")
    ask = f"/{error.kind}s lists them" if error.kind in lists else ""
    hint = near(error.near) or (f"; {ask}" if ask else "")
    kind = "LoRA" if error.kind == "lora" else error.kind
    return line(f"There is no {kind} called ", user(error.name), f"{hint}.")


def bad_prompt(error: gen_errors.BadPrompt) -> Line:
    """Word a prompt that cannot be read, and show where."""
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
    "unclosed choice": "has a {{ that is never closed; write \\{{ for the sign itself",
    "braces too deep": "has more than {detail} braces inside one another; take some out",
    "weighs nothing": "has brackets with the weight 0 around {detail}; take those away",
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


def bad_recipe(error: gen_errors.BadRecipe) -> Line:
    """Word something that is no recipe."""
    detail = line(" (", user(error.detail), ")") if error.detail else ()
    reason = RECIPE_FAULTS.get(error.reason, error.reason)
    return (*line(f"That recipe cannot be read: {reason}"), *detail, Span("."))


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
    "empty mask": "has nothing white in it: make white what is to be painted",
    "all clear": "is transparent everywhere: send one to be seen, or leave it out",
    "no recipe": "carries no recipe: only pictures made by Reroll or A1111 do",
    "too much text": "carries too much text: send another one",
}


def bad_image(error: gen_errors.BadImage) -> Line:
    """Word an input picture that cannot be used."""
    reason = IMAGE_FAULTS.get(error.reason, f"cannot be used: {error.reason}")
    return line("The picture ", user(error.name), f" {reason.format(detail=error.detail)}.")


def unknown_flag(error: bot_errors.UnknownFlag) -> Line:
    """Word a flag that the command does not have."""
    hint = near(error.near) or f"; /help {error.command} lists the flags"
    return line(f"/{error.command} has no flag ", user(error.flag), f"{hint}.")
