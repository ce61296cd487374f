"""Writing predictions of a split: trainId PNGs for the official evaluator, and colour previews for a person."""

from pathlib import Path

import numpy as np
from PIL import Image

from core.classes import CLASSES
from core.config import validate
from core.dataset import list_samples, open_dataset
from core.errors import BddsegError
from core.runs import Run
from core.sanitize import sanitize, sanitize_path
from train.checkpoint import load_model
from train.device import make_accelerator
from train.infer import predict_samples, write_prediction
from train.reporter import Reporter

PALETTE = [channel for c in CLASSES for channel in c.color]


def predict_run(run: Run, checkpoint: str, split: str, to: Path, reporter: Reporter) -> None:
    """Writes `to`/masks/NAME.png (8-bit train ids, unknown 255) and `to`/colour/NAME.png for every image.

    Raises:
        BddsegError: the split has no images, or none can be read.
        StopRequestedError: SIGTERM came; what was written stays.
    """
    config = validate(run.spec["train"])
    samples = [s for s in list_samples(open_dataset(run.dataset)) if s.split == split]
    if not samples:
        raise BddsegError(f"there are no images in the split {sanitize(split)}")
    masks, colours = to / "masks", to / "colour"
    for folder in (masks, colours):
        folder.mkdir(parents=True, exist_ok=True)
    reporter.event("start", images=len(samples), checkpoint=checkpoint, split=split, to=sanitize_path(to))
    reporter.update(state="running", phase="predict", total=len(samples))
    accelerator = make_accelerator(config)
    model = load_model(run.folder / "checkpoints" / checkpoint)
    problems: list[str] = []
    # Masks are not needed here, and a broken one must not keep an image from its prediction.
    images_only = [type(s)(s.split, s.image, None) for s in samples]
    outcomes = predict_samples(
        model, images_only, config.size, accelerator.device, str(accelerator.mixed_precision), config.batch_size
    )
    for done, outcome in enumerate(outcomes, start=1):
        if outcome.predicted is None:
            problems.append(outcome.problem or "")
        else:
            ids = outcome.predicted.cpu().numpy()
            write_prediction(ids, masks / f"{outcome.sample.name}.png")
            _write_colour(ids, colours / f"{outcome.sample.name}.png")
        reporter.progress(done, len(samples))
    if len(problems) == len(samples):
        raise BddsegError(f"none of the {len(samples)} images can be read; the first: {problems[0]}")
    if problems:
        reporter.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    reporter.event("finish", images=len(samples) - len(problems), left_out=len(problems))


def _write_colour(ids: "np.typing.NDArray[np.uint8]", path: Path) -> None:
    preview = Image.fromarray(ids, "L").convert("P")
    preview.putpalette(PALETTE)
    preview.save(path, "PNG", optimize=False)
