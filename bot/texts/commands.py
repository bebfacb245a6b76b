"""The help of commands and options, and what a form says of them."""

from __future__ import annotations

from typing import Final

from bot.reply import Line, faint, line, strong
from bot.texts.amounts import count_text

COMMAND_HELP: Final[dict[str, str]] = {
    "imagine": "Make a picture from words.",
    "reroll": "Make a picture again with a new seed, or with what you change.",
    "vary": "Make pictures that are near one that you like.",
    "compare": "Make one picture for each value of one or two things, side by side on a sheet.",
    "upscale": "Make a picture 2 or 4 times as large.",
    "history": "Find earlier pictures by the words of their prompt.",
    "show": "Show a job or picture with its recipe, or that of a PNG file.",
    "verify": "Make a picture again and say whether the pixels are the same.",
    "queue": "Show what runs and what waits.",
    "cancel": "Stop a job of yours.",
    "favorites": "Keep a picture among your favourites, or list them.",
    "loras": "List the LoRAs, with their trigger words.",
    "models": "List the models and their defaults.",
    "styles": "Show the styles with a sample of each, or keep one of your own.",
    "settings": "Show or set your own defaults, or those of this channel.",
    "forget": "Delete all that I know of you, at once and for good.",
    "help": "Say what the bot can do, or all about one command.",
}
OPTION_HELP: Final[dict[str, str]] = {
    "prompt": "What to paint, in words.",
    "new prompt": "Another prompt.",
    "prompt or id": "What to paint, or the id of a job or picture; left out: your last job here.",
    "axis": "What differs from left to right: guidance=5,7.5,13, steps=10..40/4, lora=none,NAME.",
    "axis2": "What differs from top to bottom, in the same form.",
    "negative": "What the picture should not show; weights work here too.",
    "seed": "Where chance starts: the same seed gives the same picture.",
    "new seed": "A whole number, or random. Left out, it changes only where nothing else does.",
    "count": "How many pictures; each has the next seed.",
    "aspect": "The format, like 3:2: the nearest size that the model was trained on.",
    "size": "Width x height in pixels, like 1024x768, in multiples of 8.",
    "steps": "How many denoising steps.",
    "guidance": "How closely to follow the prompt.",
    "guidance_end": "The share of the steps with guidance; the rest take half the time.",
    "sampler": "The method that removes the noise.",
    "lora": "Up to four LoRAs: name or name:scale, with commas between.",
    "refiner": "off, or the point from 0.5 to 0.99 where the refiner takes over.",
    "refiner_mode": "split: the refiner ends what the base began; img2img: it repaints.",
    "model": "Which model paints.",
    "style": "Words, LoRAs and settings under one name; none takes them away.",
    "image": "A picture to start from; in text, --image ID takes one that was made here.",
    "strength": "How much of the input picture to change.",
    "variation": "How near: subtle changes details, strong the composition too.",
    "by": "noise: nearby noise of the same recipe; image: the picture itself is painted over.",
    "variation seed": "Where chance goes: the same seed gives the same variation.",
    "variations": "How many to choose from; each goes towards the next seed.",
    "mask": "A picture that is white where the input is to be painted over.",
    "region": "The part to paint: left, top-right, center, ... or edges like 10%,20%,50%,80%.",
    "extend": "Beyond which edges to go on, and how far: left 25%, or all 64px.",
    "feather": "Over how many pixels the new fades into the old; 0 is a hard edge.",
    "scale": "How many times as wide and high: 2 or 4.",
    "method": "redraw adds detail; plain only enlarges; model takes an upscaler of the owner's.",
    "upscaler": "Which of the owner's upscalers.",
    "redrawn": "How much of the picture is redrawn; left out, little.",
    "private": "Only you see the answer, and it stays out of others' history.",
    "id": "A job or picture, like k7f3q2 or k7f3q2.1.",
    "action": "Show one in full, save one from a picture, or remove one of yours.",
    "name": "The name of the style.",
    "template": "The words around yours: {prompt} stands for these.",
    "words": "Words to look for.",
    "mine": "Only your own.",
    "page": "Which page of the list.",
    "before": "Go on from here, as the list before says.",
    "limit": "How many on a page.",
    "file": "A PNG file to read the recipe of.",
    "remove": "Take it out of the favourites.",
    "channel": "For this channel instead of for you.",
    "reset": "Back to the default: the name of a setting, or all.",
    "command": "The command.",
}
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
    "region": "left, or 10%,20%,50%,80%",
    "extend": "left 25%",
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


SUGGESTED_DEFAULT: Final = "the default"
SUGGESTED_SEED: Final = "a new one"
SUGGESTED_ALL: Final = "every setting"
HELP_TITLE: Final = "Type a command; flags like --seed 42 go anywhere in the text."
HELP_WEIGHTS: Final = (
    "Weights: word++ and word-- , (a phrase)1.3 , (a phrase:1.3) ; --no says what to leave out."
)
HELP_CHOICES: Final = "Alternatives: a {red|green} fox makes a picture of each."
HELP_MORE: Final = "/help imagine lists the options of a command."


def help_row(name: str, text: str) -> Line:
    """One command of the list."""
    return line(strong(f"/{name}"), f" {text}")


def option_row(flag: str, text: str, allowed: str) -> Line:
    """One option of a command."""
    return line(strong(flag), f" {text}", faint(f" {allowed}" if allowed else ""))
