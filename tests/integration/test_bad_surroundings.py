"""Broken files, full disks, wrong configurations: one sentence, and nothing half-written."""

from __future__ import annotations

import resource
import sqlite3
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from tests.shell import Shell


def refused(done: subprocess.CompletedProcess[str], words: str, code: int) -> None:
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    lines = done.stderr.strip().splitlines()
    assert len(lines) == 1, done.stderr
    assert words in lines[0]
    assert lines[0].endswith((".", "?"))


def huge_png(side: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 10_000_000, 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("huge.png", huge_png(50_000), "pixels"),
        ("half.png", huge_png(64)[:60], "not whole"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        ("a.txt", b"hello", "no PNG, JPEG or WebP"),
        ("empty.png", b"", "no PNG, JPEG or WebP"),
        ("big.png", b"\x89PNG" + b"\0" * 21_000_000, "larger than 20 MB"),
    ],
)
def test_a_bad_input_picture_is_refused(
    kept_shell: Shell, name: str, content: bytes, words: str
) -> None:
    (kept_shell.folder / name).write_bytes(content)
    refused(kept_shell.run("imagine", "a star", "--image", name), words, 2)
    assert not list((kept_shell.folder / "data" / "pictures").rglob("*.png"))


def test_a_truncated_lora_is_refused_before_the_job(kept_shell: Shell) -> None:
    folder = kept_shell.folder / "data" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    whole = Path(__file__).parents[2] / "generation" / "mini" / "loras" / "inkstyle.safetensors"
    (folder / "half.safetensors").write_bytes(whole.read_bytes()[:20_000])
    refused(kept_shell.run("imagine", "a star", "--lora", "half"), "not whole", 1)


def test_a_lora_for_another_base_is_refused_before_the_job(kept_shell: Shell) -> None:
    folder = kept_shell.folder / "data" / "loras"
    folder.mkdir(parents=True, exist_ok=True)
    whole = Path(__file__).parents[2] / "generation" / "mini" / "loras" / "inkstyle.safetensors"
    (folder / "big.safetensors").write_bytes(whole.read_bytes())
    (folder / "big.toml").write_text('base = "sdxl"\n')
    refused(kept_shell.run("imagine", "a star", "--lora", "big"), "trained for sdxl", 2)


def test_a_database_from_a_newer_version_is_refused_and_left_alone(shell: Shell) -> None:
    assert shell.run("history").returncode == 0
    path = shell.folder / "data" / "reroll.db"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    before = path.read_bytes()
    refused(shell.run("history"), "newer Reroll", 1)
    assert path.read_bytes() == before


def test_what_is_no_database_is_refused_and_left_alone(shell: Shell) -> None:
    (shell.folder / "data").mkdir()
    path = shell.folder / "data" / "reroll.db"
    path.write_bytes(b"this is a text" * 1000)
    refused(shell.run("history"), "cannot be read", 1)
    assert path.read_bytes() == b"this is a text" * 1000


def test_a_full_disk_fails_the_job_with_a_sentence_and_the_next_one_works(shell: Shell) -> None:
    assert shell.run("history").returncode == 0

    def small_files() -> None:
        # The database's log is longer than a picture's few kilobytes allow.
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))

    done = subprocess.run(
        [sys.executable, "-m", "bot", "imagine", "a star", "--steps", "2", "--size", "256x256"],
        cwd=shell.folder,
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=small_files,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert shell.run("imagine", "a star", "--steps", "2").returncode == 0
    assert not list((shell.folder / "data" / "pictures" / ".incoming").iterdir())


@pytest.mark.parametrize("place", ["/sys/reroll", "a file/data"])
def test_a_folder_that_may_not_be_written_is_named(shell: Shell, place: str) -> None:
    (shell.folder / "a file").write_text("in the way")
    shell.env = {
        "REROLL_STORAGE__DATABASE": f"sqlite:///{place}/reroll.db",
        "REROLL_STORAGE__PICTURES": f"{place}/pictures",
    }
    refused(shell.run("imagine", "a star"), "cannot be written", 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("imagine",), "empty"),
        (("imagine", "x", "--sead", "4"), "--seed"),
        (("imagine", "x", "--seed", "-1"), "4294967295"),
        (("imagin", "x"), "imagine"),
        (("show", "nothing"), "id"),
        (("run",), "DISCORD_BOT_TOKEN"),
        (("imagine", "x", "--model", "sdlx"), "sdxl"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(
    kept_shell: Shell, words: tuple[str, ...], told: str
) -> None:
    refused(kept_shell.run(*words), told, 2)


def test_a_wrong_configuration_names_key_and_section(shell: Shell) -> None:
    (shell.folder / "config.toml").write_text("[generation]\nmodle = 'mini'\n")
    refused(shell.run("imagine", "x"), "[generation] modle", 2)


def test_an_id_that_nothing_has_is_exit_code_1(kept_shell: Shell) -> None:
    refused(kept_shell.run("show", "zzzzzz"), "no job or picture", 1)
