"""What the doctor finds."""

from __future__ import annotations

from typing import Final

from bot.texts.amounts import count_text, or_list, size_text
from bot.texts.chat_errors import PORTALS, TOKEN_PLACES

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


def doctor_upscalers(number: int, folder: str) -> str:
    """Say how many upscalers there are."""
    return f"{count_text(number, 'upscaler', 'upscalers')} ready; more go into {folder}."


def doctor_styles(number: int, model: str, file: str) -> str:
    """Say how many styles there are for the default model."""
    return f"{count_text(number, 'style', 'styles')} for {model}; more go into {file}."
