"""A run's folder with predictions of a few validation images by epoch, made without training."""

import json
from pathlib import Path

from PIL import Image

from bddseg_tui.core.runs.config import build_config
from bddseg_tui.core.runs.run import Run, create_run
from bddseg_tui.core.workspace.workspace import Workspace


def sampled_run(workspace: Workspace, drawn: Path, epochs: int, images: int = 1) -> Run:
    """A run that has kept predictions of its first validation images; of each epoch one class everywhere."""
    run = create_run(workspace, drawn, build_config("demo"), "demo")
    records = []
    for mask in sorted((drawn / "labels/sem_seg/masks/val").iterdir())[:images]:
        image = drawn / "images/10k/val" / f"{mask.stem}.jpg"
        files = {"image": str(image.relative_to(drawn)), "mask": str(mask.relative_to(drawn))}
        records.append({**files, "pixels": [5, 3, *[0] * 18]})
    (run.folder / "samples").mkdir()
    (run.folder / "samples" / "samples.json").write_text(json.dumps(records))
    for epoch in range(1, epochs + 1):
        keep_epoch(run, epoch, images)
    return run


def keep_epoch(run: Run, epoch: int, images: int = 1) -> None:
    """Adds an epoch, in which so many eighths of the pixels are right."""
    made = run.folder / "samples" / f"epoch-{epoch:04d}"
    made.mkdir()
    for number in range(1, images + 1):
        Image.new("L", (64, 32), epoch % 19).save(made / f"{number}.png")
    accuracy = {str(number): min(1, epoch / 8) for number in range(1, images + 1)}
    (made / "epoch.json").write_text(json.dumps({"step": 4 * epoch, "miou19": 0.1, "accuracy": accuracy}))
