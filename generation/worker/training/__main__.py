"""Train and export the mini model: `python -m generation.worker.training --work .training all`.

Every part can be run alone; a part that was interrupted goes on from its last checkpoint, and a
part that is finished is loaded instead of trained again.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace
from functools import cached_property
from pathlib import Path

import torch
from torch import nn

from generation.worker.training import base, evaluation, loras, refiner, vae
from generation.worker.training.export import export_base, export_lora, export_refiner
from generation.worker.training.gallery import hang
from generation.worker.training.starting import Model, new_model
from generation.worker.training.trainer import Plan

SHIPPED = Path("generation/mini")
PARTS = ("vae", "base", "refiner", "loras")
PICTURES, PICTURES_PER_BUCKET, LESSON_PICTURES = 24000, 1500, 1600


class Workshop:
    """One training of the whole model, in a folder that keeps checkpoints and finished parts."""

    def __init__(self, work: Path, earlier: Path | None, share: float) -> None:
        self.work, self.earlier, self.share = work, earlier, share
        work.mkdir(parents=True, exist_ok=True)

    @cached_property
    def model(self) -> Model:
        """The model as far as it is finished."""
        model = new_model(self.work, self.earlier)
        for part in ("vae", "base", "refiner"):
            for name, network in _networks(model, part).items():
                path = self.work / f"{name}.finished"
                if path.exists():
                    network.load_state_dict(torch.load(path))
        return model

    def vae(self) -> None:
        """Train the VAE; what the others learn are its latents."""
        vae.train(self.model.vae, self.work, self.plan(vae.PLAN))
        self.finish("vae")

    def base(self) -> None:
        """Train the base and the text encoders on soft pictures."""
        walls = hang(self.model.vae, self.work, "soft", PICTURES, PICTURES_PER_BUCKET)
        base.train(self.model.base, self.model.reader, walls, self.plan(base.PLAN), self.work)
        loras.mark_triggers(self.model.reader)
        self.finish("base")

    def refiner(self) -> None:
        """Train the refiner on crisp and on blurred pictures."""
        walls = [
            hang(self.model.vae, self.work, painter, LESSON_PICTURES)[0]
            for painter in ("crisp", "blurred")
        ]
        lessons, plan = refiner.Lessons(*walls), self.plan(refiner.PLAN)
        refiner.train(self.model.refiner, self.model.reader, lessons, plan, self.work)
        self.finish("refiner")

    def loras(self) -> None:
        """Train each LoRA on the finished base."""
        for lesson in loras.LESSONS:
            if (self.work / f"{lesson.name}.finished").exists():
                continue
            walls = (
                hang(self.model.vae, self.work, lesson.painter, LESSON_PICTURES // 2)[0],
                hang(self.model.vae, self.work, lesson.without, LESSON_PICTURES)[0],
            )
            # Each LoRA gets a model of its own: no adapter can be taken out without trace.
            fresh = Workshop(self.work, self.earlier, self.share).model
            lesson = replace(lesson, plan=self.plan(lesson.plan))
            weights = loras.train(fresh.base, fresh.reader, lesson, walls, self.work)
            torch.save(weights, self.work / f"{lesson.name}.finished")

    def export(self, shipped: Path) -> None:
        """Write the finished parts as the project ships them, and say how large they are."""
        export_base(self.model, shipped)
        export_refiner(self.model, shipped)
        for lesson in loras.LESSONS:
            path = self.work / f"{lesson.name}.finished"
            if path.exists():
                export_lora(lesson, torch.load(path), shipped)
        size = sum(path.stat().st_size for path in shipped.rglob("*") if path.is_file())
        print(f"{shipped}: {size:,} bytes")

    def plan(self, plan: Plan) -> Plan:
        """Shorten a plan for a trial."""
        return replace(plan, steps=max(1, round(plan.steps * self.share)))

    def finish(self, part: str) -> None:
        """Keep the weights of a finished part."""
        for name, network in _networks(self.model, part).items():
            torch.save(network.state_dict(), self.work / f"{name}.finished")


def _networks(model: Model, part: str) -> dict[str, nn.Module]:
    """Name the networks that are trained together as one part, as their files are named."""
    if part == "base":
        reader = model.reader
        return {"base": model.base, "encoder": reader.encoder, "encoder_2": reader.encoder_2}
    return {part: model.vae if part == "vae" else model.refiner}


def main() -> None:
    """Read the command line and do what it asks for."""
    parser = argparse.ArgumentParser(
        prog="python -m generation.worker.training", description=__doc__
    )
    parser.add_argument("what", choices=["all", *PARTS, "export", "evaluate"])
    parser.add_argument("--work", type=Path, default=Path(".training"), help="checkpoints")
    parser.add_argument("--shipped", type=Path, default=SHIPPED, help="folder of the model")
    parser.add_argument(
        "--earlier", type=Path, help="start from this model, not from random weights"
    )
    parser.add_argument(
        "--share", type=float, default=1.0, help="of the planned steps, for a trial"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sheet", type=Path, help="evaluate: write the pictures here, as PNG")
    wanted = parser.parse_args()
    torch.set_num_threads(wanted.threads)
    warnings.filterwarnings("ignore")
    workshop = Workshop(wanted.work, wanted.earlier, wanted.share)
    for part in PARTS:
        if wanted.what in ("all", part) and not (wanted.work / f"{part}.finished").exists():
            getattr(workshop, part)()
    if wanted.what in ("all", "export"):
        workshop.export(wanted.shipped)
    if wanted.what in ("all", "evaluate"):
        evaluation.evaluate(wanted.shipped, wanted.sheet)


if __name__ == "__main__":
    main()
