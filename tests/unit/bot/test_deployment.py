"""What the README says of running the bot for good is true of this repository."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import typer
import yaml

from bot.cli.app import app
from bot.cli.running import LEAVE_SECONDS
from bot.config import load_config
from storage.backups import target_for
from storage.records import utc_now

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## Running it for good\n")[2].partition("\n## ")[0]


def blocks(language: str) -> list[str]:
    """The code of that language in the section."""
    return re.findall(rf"^```{language}\n(.*?)^```$", SECTION, re.MULTILINE | re.DOTALL)


def joined(text: str) -> list[str]:
    """The lines of a text, those that go on with the next one made one."""
    return text.replace("\\\n", " ").splitlines()


def units() -> list[configparser.ConfigParser]:
    found = []
    for text in blocks("ini"):
        unit = configparser.ConfigParser(strict=False, interpolation=None)
        unit.optionxform = str  # type: ignore[assignment,method-assign]
        unit.read_string(text)
        found.append(unit)
    return found


def service() -> configparser.ConfigParser:
    [unit] = [each for each in units() if each.get("Service", "Type", fallback="") == "exec"]
    return unit


def environment(text: str) -> dict[str, str]:
    pairs = re.findall(r"(?:^Environment=|-e )(\w+)=(\S+)", text, re.MULTILINE)
    return dict(pairs)


def check_command(words: list[str]) -> None:
    """Fail unless the words are a command of ours, with options that it has."""
    command: Any = typer.main.get_command(app)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    assert command.name != "reroll", f"there is no command {words[:1]}"
    known = {option for each in command.params for option in each.opts}
    assert {word for word in words if word.startswith("-")} <= known


def commands_of(text: str) -> list[list[str]]:
    """The calls of reroll in some lines, without what stands before each."""
    found = []
    for line in joined(text):
        words = shlex.split(line, comments=True)
        calls = [place for place, word in enumerate(words) if re.search(r"(^|/bin/)reroll$", word)]
        called = words[calls[-1] + 1 :] if calls else []
        # An image and a user have the same name, and mostly options behind it.
        if called and not called[0].startswith("-"):
            found.append(called)
    return found


def test_the_service_runs_a_command_that_there_is_and_keys_that_there_are(tmp_path: Path) -> None:
    unit = service()
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[0].endswith("/bin/reroll")
    check_command(words[1:])
    (tmp_path / "config.toml").touch()
    for text in (*blocks("ini"), *blocks("sh")):
        load_config(tmp_path / "config.toml", environment(text))


def test_the_service_may_write_where_the_data_is_and_nowhere_else() -> None:
    unit = service()["Service"]
    file = Path(shlex.split(unit["ExecStart"])[-1])
    defaults = load_config(ROOT / "config.toml", {})
    writable = Path(unit["ReadWritePaths"])
    assert writable == file.parent / defaults.data.relative_to(ROOT)
    for folder in (defaults.pictures, defaults.generation().loras):
        assert (file.parent / folder.relative_to(ROOT)).is_relative_to(writable)
    cache = environment(blocks("ini")[0])["HF_HOME"]
    assert Path(cache).is_relative_to(writable)
    assert unit["ProtectSystem"] == "strict"
    assert (unit["NoNewPrivileges"], unit["User"]) == ("yes", "reroll")


def test_the_service_leaves_the_bot_the_time_that_it_takes_to_leave() -> None:
    unit = service()["Service"]
    assert float(unit["TimeoutStopSec"]) > LEAVE_SECONDS + 5
    assert unit["KillMode"] == "mixed"
    assert unit["Restart"] == "on-failure"
    [stop] = re.findall(r"--stop-timeout (\d+)", SECTION)
    assert float(stop) > LEAVE_SECONDS + 5


def test_the_backups_go_where_they_are_cleared_away_again() -> None:
    [backup] = [each for each in units() if each.get("Service", "Type", fallback="") == "oneshot"]
    words = shlex.split(backup["Service"]["ExecStart"])
    check_command(words[1:])
    folder, named = re.findall(r'find (\S+) -name "(\S+)"', backup["Service"]["ExecStartPost"])[0]
    made = target_for(None, Path(words[-1]).parent / "data", utc_now())
    assert (Path(folder), named) == (made.parent, f"*{made.suffix}")
    assert made.is_relative_to(backup["Service"]["ReadWritePaths"])
    [timer] = [each for each in units() if "Timer" in each]
    assert f"/etc/systemd/system/{timer['Timer']['Unit']}" in SECTION


def test_every_command_of_the_section_is_one_of_ours() -> None:
    lines = [unit["Service"]["ExecStart"] for unit in units() if "Service" in unit]
    prose = re.sub(r"^```.*?^```$", "", SECTION, flags=re.MULTILINE | re.DOTALL)
    calls = commands_of("\n".join([*lines, *blocks("sh"), *re.findall(r"`([^`]+)`", prose)]))
    assert len(calls) >= 5
    for words in calls:
        check_command(words)


def test_the_image_is_built_of_what_is_there_and_of_all_that_the_package_needs() -> None:
    [dockerfile] = blocks("dockerfile")
    copied = [
        source
        for line in dockerfile.splitlines()
        if line.startswith("COPY ")
        for source in line.split()[1:-1]
    ]
    assert [source for source in copied if not (ROOT / source).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = {
        "pyproject.toml",
        "constraints.txt",
        project["project"]["readme"],
        *project["project"]["license-files"],
        *project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
    }
    assert set(copied) == needed


def test_the_image_runs_the_bot_as_nobody_special_and_asks_it_how_it_is() -> None:
    [dockerfile] = blocks("dockerfile")
    said = dict(line.split(" ", 1) for line in dockerfile.splitlines() if line.strip())
    assert said["USER"] not in ("root", "0")
    assert said["STOPSIGNAL"] == "SIGTERM"
    entry = json.loads(said["ENTRYPOINT"])
    assert entry == ["reroll"]
    check_command(json.loads(said["CMD"]))
    health = json.loads(said["HEALTHCHECK"].partition("CMD ")[2])
    assert health[0] == "reroll"
    check_command(health[1:])
    folder = Path(said["WORKDIR"])
    defaults = load_config(ROOT / "config.toml", {})
    assert Path(said["VOLUME"]) == folder / defaults.data.relative_to(ROOT)
    assert f":{folder}/config.toml:ro" in SECTION
    assert f":{said['VOLUME']} " in SECTION
    major, minor = re.findall(r"python:(\d+)\.(\d+)-slim", said["FROM"])[0]
    assert (3, 11) <= (int(major), int(minor)) <= (3, 13)


def test_prometheus_asks_at_the_port_that_the_bot_is_given() -> None:
    scrape, rules = map(yaml.safe_load, blocks("yml"))
    [target] = scrape["scrape_configs"][0]["static_configs"][0]["targets"]
    ports = {environment(text)["REROLL_METRICS__PORT"] for text in (SECTION, blocks("ini")[0])}
    assert ports == {target.rpartition(":")[2]}
    alerts = [rule for group in rules["groups"] for rule in group["rules"]]
    known = set(re.findall(r"^\| `(reroll_\w+)`", SECTION, re.MULTILINE))
    assert len(alerts) == 3
    for alert in alerts:
        assert set(re.findall(r"reroll_\w+", alert["expr"])) <= known, alert["alert"]


def test_a_line_of_the_log_has_the_fields_that_the_section_names() -> None:
    [line] = [text for text in blocks("text") if text.startswith("{")]
    for name in (*json.loads(line), "traceback"):
        assert f"`{name}`" in SECTION
