"""The main job, as a person does it: real processes, the real worker, the built-in model."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PIL import Image

from tests.shell import Shell

FEW = ("--steps", "4")


@pytest.fixture(scope="module")
def first(kept_shell: Shell) -> dict[str, object]:
    """A picture of a process of its own; what comes after it is made by another one."""
    job = kept_shell.job("imagine", "a red circle", "--seed", "7", *FEW)
    kept_shell.serve()
    return job


def sha256(job: dict[str, object], index: int = 0) -> object:
    pictures = job["pictures"]
    assert isinstance(pictures, list)
    return pictures[index]["pixels_sha256"]


def test_a_job_is_described_as_the_contract_says(first: dict[str, object]) -> None:
    assert set(first) == {"job", "status", "pictures", "recipe", "parent", "seconds"}
    assert first["status"] == "done"
    pictures = first["pictures"]
    assert isinstance(pictures, list)
    picture = pictures[0]
    assert picture["id"] == f"{first['job']}.1"
    with Image.open(picture["path"]) as image:
        assert image.size == (128, 128)
        assert hashlib.sha256(image.convert("RGB").tobytes()).hexdigest() == sha256(first)
        assert "reroll" in image.info
        assert "parameters" in image.info


def test_the_same_recipe_gives_the_same_pixels_in_another_process(
    kept_shell: Shell, first: dict[str, object]
) -> None:
    again = kept_shell.job("imagine", "a red circle --seed 7", *FEW)
    assert sha256(again) == sha256(first)
    assert again["recipe"] == first["recipe"]
    assert again["job"] != first["job"]


def test_a_picture_among_four_equals_the_same_recipe_alone(
    kept_shell: Shell, first: dict[str, object]
) -> None:
    four = kept_shell.job("imagine", "a red circle", "--seed", "5", "--count", "4", *FEW)
    assert sha256(four, 2) == sha256(first)
    assert len({str(sha256(four, index)) for index in range(4)}) == 4


def test_verify_agrees_in_another_process(kept_shell: Shell, first: dict[str, object]) -> None:
    done = kept_shell.run("verify", str(first["job"]))
    assert (done.returncode, done.stderr) == (0, "")
    assert "identical" in done.stdout


def test_verify_finds_a_picture_that_is_not_its_recipe(
    kept_shell: Shell, first: dict[str, object], tmp_path: Path
) -> None:
    import sqlite3

    job = kept_shell.job("imagine", "a blue circle", "--seed", "3", *FEW)
    with sqlite3.connect(kept_shell.folder / "data" / "reroll.db") as database:
        database.execute(
            "UPDATE pictures SET pixels_sha256 = ? WHERE job = ?", ("0" * 64, job["job"])
        )
    database.close()
    done = kept_shell.run("verify", str(job["job"]), "--json")
    assert done.returncode == 1
    assert not json.loads(done.stdout)["identical"]


def test_reroll_show_and_history_work_from_the_shell(
    kept_shell: Shell, first: dict[str, object]
) -> None:
    child = kept_shell.job("reroll", str(first["job"]), "--steps", "3")
    recipe = child["recipe"]
    assert isinstance(recipe, dict)
    assert (recipe["steps"], recipe["seed"], child["parent"]) == (3, 7, first["job"])
    shown = kept_shell.run("show", f"#{child['job']}.1", "--json")
    assert json.loads(shown.stdout)["job"] == child["job"]
    history = kept_shell.run("history", "red", "circle", "--json")
    jobs = [json.loads(line)["job"] for line in history.stdout.splitlines()]
    assert {child["job"], first["job"]} <= set(jobs)


def test_show_reads_the_recipe_back_from_a_file(
    kept_shell: Shell, first: dict[str, object], tmp_path: Path
) -> None:
    job = kept_shell.job("reroll", str(first["job"]), "--out", str(tmp_path / "out"))
    pictures = job["pictures"]
    assert isinstance(pictures, list)
    path = Path(pictures[0]["path"])
    assert path.parent == tmp_path / "out"
    shown = kept_shell.run("show", "--file", str(path), "--json")
    assert json.loads(shown.stdout)["recipe"] == job["recipe"]


def test_the_console_reads_commands_from_a_pipe(kept_shell: Shell) -> None:
    script = (
        "/imagine a green star --seed 2 --steps 2\n\n/history green\n/nonsense\n/quit\n/queue\n"
    )
    done = kept_shell.run("console", stdin=script)
    assert (done.returncode, done.stderr) == (0, "")
    assert "seed 2" in done.stdout
    assert "a green star" in done.stdout
    assert "no command called nonsense" in done.stdout
    assert "Nothing runs" not in done.stdout


def test_end_of_input_leaves_the_console(kept_shell: Shell) -> None:
    assert kept_shell.run("console", stdin="/queue\n").returncode == 0


def test_weights_in_the_prompt_change_the_picture_and_stay_in_the_recipe(
    kept_shell: Shell, first: dict[str, object]
) -> None:
    weighted = kept_shell.job("imagine", "a red++ circle", "--seed", "7", *FEW)
    recipe = weighted["recipe"]
    assert isinstance(recipe, dict)
    assert recipe["prompt"] == "a red++ circle"
    assert sha256(weighted) != sha256(first)


def test_a_picture_is_varied_and_enlarged_from_the_shell(
    kept_shell: Shell, first: dict[str, object], tmp_path: Path
) -> None:
    near = kept_shell.job("vary", str(first["job"]), "-n", "1")
    assert near["parent"] == f"{first['job']}.1"
    assert sha256(near) != sha256(first)
    out = tmp_path / "my pictures"
    large = kept_shell.job("upscale", f"{first['job']}.1", "--method", "plain", "--out", str(out))
    [picture] = large["pictures"]
    assert Path(picture["path"]).parent == out
    with Image.open(picture["path"]) as image:
        assert image.size == (256, 256)


def test_a_comparison_is_copied_with_its_sheet(
    kept_shell: Shell, first: dict[str, object], tmp_path: Path
) -> None:
    axes = ("--axis", "steps=1,2", "--axis", "seed=7,8")
    job = kept_shell.job("compare", "a red circle", *axes, "--out", str(tmp_path))
    assert [picture["seed"] for picture in job["pictures"]] == [7, 7, 8, 8]
    files = {Path(path) for path in (job["sheet"], *(each["path"] for each in job["pictures"]))}
    assert files == set(tmp_path.iterdir())
    refused = kept_shell.run("compare", "a red circle")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert len(refused.stderr.splitlines()) == 1
    assert "--axis" in refused.stderr


def test_a_style_is_kept_from_the_shell(kept_shell: Shell, first: dict[str, object]) -> None:
    saved = kept_shell.run("styles", "save", "mine", f"{first['job']}.1")
    assert (saved.returncode, saved.stderr) == (0, "")
    assert "mine" in saved.stdout
