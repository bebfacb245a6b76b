"""``show`` and ``reroll`` say when something has changed since a picture was made."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from pathlib import Path

from bot.reply import Reply
from generation.libraries import library_versions
from generation.loras import BUILT_IN
from generation.models import MINI_FOLDER
from tests.unit.bot.conftest import Talk

LORAS = [path.stem for path in BUILT_IN.glob("*.safetensors")]
TORCH = library_versions()["torch"]


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def changes(reply: Reply) -> list[str]:
    (entry,) = reply.data
    told: list[str] = entry["changes"]
    return told


async def made(talk: Talk, **environment: object) -> str:
    """Make a picture that says this of itself, and return its job."""
    talk.engine.environment = environment
    reply = await talk.say("imagine", prompt="a star --seed 3 --count 2")
    return str(reply.job)


def lora_in(talk: Talk, name: str, like: str) -> Path:
    file = talk.folder / "data" / "loras" / f"{name}.safetensors"
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(BUILT_IN / f"{like}.safetensors", file)
    talk.app.service.desk.loras.refresh()
    return file


async def test_show_warns_in_one_line_and_in_the_data(talk: Talk) -> None:
    job = await made(talk, versions={"torch": "0.1", "peft": library_versions()["peft"]})
    for identifier in (job, f"{job}.2"):
        shown = await talk.say("show", id=identifier)
        assert shown.text.splitlines()[-1] == f"Changed since: torch 0.1 → {TORCH}."
        assert changes(shown) == [f"torch 0.1 → {TORCH}"]
        assert shown.exit_code == 0


async def test_where_nothing_has_changed_nothing_is_said(talk: Talk) -> None:
    job = await made(talk, versions=dict(library_versions()), device="cpu", threads=2)
    talk.engine.machine = {"versions": dict(library_versions()), "device": "cpu", "threads": 2}
    for command in ("show", "reroll"):
        reply = await talk.say(command, id=job)
        assert "Changed" not in reply.text
        assert changes(reply) == []


async def test_where_nothing_is_known_nothing_is_said(talk: Talk) -> None:
    # By now no worker has said what this machine is like, and then the picture says nothing.
    job = await made(talk, device="NVIDIA H200", dtype="float16")
    assert changes(await talk.say("show", id=job)) == []
    assert changes(await talk.say("show", id=await made(talk))) == []


async def test_what_the_worker_tells_of_the_machine_is_compared(talk: Talk) -> None:
    job = await made(talk, device="NVIDIA H200", versions={"torch": "0.1"})
    talk.engine.machine = {"device": "cpu", "versions": {"torch": "0.2"}}
    assert changes(await talk.say("show", id=job)) == [
        "device NVIDIA H200 → cpu",
        "torch 0.1 → 0.2",
    ]


async def shown(talk: Talk, job: str, number: int) -> Reply:
    """Show a job until so many changes are told: what takes long to hash is told a little later."""
    async with asyncio.timeout(60):
        while len(changes(reply := await talk.say("show", id=job))) != number:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return reply


async def test_another_model_and_another_lora_are_told_by_their_names(talk: Talk) -> None:
    file = lora_in(talk, "ink", "inkstyle")
    unet = MINI_FOLDER / "refiner" / "unet" / "diffusion_pytorch_model.safetensors"
    talk.engine.environment = {
        "weights": {"base": "0" * 64, "lora ink": sha256(file), "refiner": sha256(unet)}
    }
    made = await talk.say("imagine", prompt="a star --lora ink --refiner 0.5")
    (base,) = changes(await shown(talk, str(made.job), 1))
    assert base.startswith("weights of the model: 00000000 → ")
    before = sha256(file)
    lora_in(talk, "ink", "wrong")
    ink = f"weights of the LoRA ink: {before[:8]} → {sha256(file)[:8]}"
    assert changes(await shown(talk, str(made.job), 2)) == [base, ink]
    file.unlink()
    gone = await shown(talk, str(made.job), 2)
    assert changes(gone) == [base, "the LoRA ink is not here any more"]
    assert "the LoRA ink is not here any more." in gone.text


async def test_a_reroll_says_what_is_otherwise_than_it_was(talk: Talk) -> None:
    job = await made(talk, versions={"torch": "0.1"}, threads=2)
    talk.engine.environment = {"versions": {"torch": TORCH}, "threads": 8}
    first, *_, last = await talk.states("reroll", id=f"{job}.2")
    # Beforehand what is known without a worker, and in the end what really was.
    assert changes(first) == [f"torch 0.1 → {TORCH}"]
    assert f"Changed since: torch 0.1 → {TORCH}." in first.text
    assert changes(last) == ["CPU threads 2 → 8", f"torch 0.1 → {TORCH}"]
    assert f"Changed since: CPU threads 2 → 8, torch 0.1 → {TORCH}." in last.text
    again = await talk.say("reroll", id=str(last.job))
    assert changes(again) == []


async def test_another_lora_of_the_persons_choice_is_no_warning(talk: Talk) -> None:
    talk.engine.environment = {"weights": {"base": "0" * 64, "lora inkstyle": "1" * 64}}
    first = await talk.say("imagine", prompt="a star --lora inkstyle")
    talk.engine.environment = {"weights": {"base": "0" * 64, "lora wrong": "2" * 64}}
    assert changes(await talk.say("reroll", id=str(first.job), lora="wrong")) == []
    talk.engine.environment = {"weights": {"base": "0" * 64, "lora inkstyle": "3" * 64}}
    kept = await talk.say("reroll", id=str(first.job), steps=9)
    assert changes(kept) == ["weights of the LoRA inkstyle: 11111111 → 33333333"]


async def test_another_model_of_the_persons_choice_is_no_warning(talk: Talk) -> None:
    job = await made(talk, weights={"base": "0" * 64}, vae_dtype="float16", threads=1)
    talk.engine.environment = {"weights": {"base": "2" * 64}, "vae_dtype": "float32", "threads": 2}
    first, *_, last = await talk.states("reroll", id=job, model="sdxl")
    assert changes(first) == []
    assert changes(last) == ["CPU threads 1 → 2"]
    assert len(changes(await talk.say("reroll", id=job))) == 3


async def test_a_picture_from_nothing_has_nothing_to_be_compared_with(talk: Talk) -> None:
    made = await talk.say("imagine", prompt="a star")
    assert "changes" not in made.data[0]
    await talk.app.store.jobs.delete(str(made.job))
    other = await talk.say("imagine", prompt="a heart")
    talk.engine.hold.clear()
    again = await talk.answer("reroll", id=str(other.job))
    await talk.app.store.jobs.delete(str(other.job))
    talk.engine.hold.set()
    *_, last = [state async for state in talk.app.console.follow(str(again.job))]
    assert changes(last) == []


async def test_an_environment_that_makes_no_sense_says_nothing(talk: Talk) -> None:
    job = await made(talk, versions={"torch": "0.1"})
    await talk.app.store._database.write(
        lambda connection: connection.exec_driver_sql("UPDATE environments SET json = '{'")
    )
    assert changes(await talk.say("show", id=job)) == []
