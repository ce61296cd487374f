"""Writing predictions of a split, a folder or a video: train id masks, colour previews, overlays and a summary.

What is there already is not predicted again, unless the checkpoint is another: a run that was killed goes on.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.atomic import write_bytes, write_text
from core.catalog import Catalog, ImageScore
from core.classes import CLASSES, NUM_CLASSES
from core.config import TrainConfig, validate
from core.dataset import Sample, list_samples, open_dataset
from core.errors import BddsegError
from core.evaluation import prediction_name
from core.imagefile import IMAGE_SUFFIXES, BadFileError, read_image, read_mask
from core.runs import Run
from core.sanitize import sanitize, sanitize_path
from core.scan import scan
from core.workspace import Workspace
from train.checkpoint import load_model
from train.device import make_accelerator
from train.infer import Predicted, predict_loaded, predict_samples, write_prediction
from train.reporter import Reporter
from train.video import VIDEO_SUFFIXES, encode_overlay, load_frames

PALETTE = [channel for c in CLASSES for channel in c.color]
OPACITY = 0.5
MANIFEST = "predictions.json"


@dataclass(frozen=True)
class Output:
    """Where the files of one image go; the mask is written last, so that where it is the others are too."""

    mask: Path
    colour: Path
    overlay: Path

    @classmethod
    def of(cls, to: Path, name: str) -> "Output":
        """The files of the image `name`, which may have folders in it."""
        return cls(to / "masks" / f"{name}.png", to / "colour" / f"{name}.png", to / "overlay" / f"{name}.jpg")


def predict_run(run: Run, checkpoint: str, source: str, to: Path, reporter: Reporter) -> None:
    """Predicts a split (train, val or test), a folder of images, or a video file, into the folder `to`.

    Writes masks/NAME.png (8-bit train ids, unknown 255, as the official evaluator reads them), colour/NAME.png,
    overlay/NAME.jpg and summary.json; of a video masks/FRAME.png, overlay.mp4 and summary.json.

    Raises:
        BddsegError: there are no images, or none can be read.
        StopRequestedError: SIGTERM came; what was written stays.
    """
    config = validate(run.spec["train"])
    model_file = (run.folder / "checkpoints" / checkpoint).resolve().name
    _begin(to, {"run": run.name, "checkpoint": model_file, "source": source})
    reporter.event("start", checkpoint=checkpoint, source=sanitize(source), to=sanitize_path(to))
    if Path(source).suffix.lower() in VIDEO_SUFFIXES:
        _predict_video(run, checkpoint, config, Path(source), to, reporter)
        return
    named = _named_samples(run, source)
    if not named:
        raise BddsegError(f"there are no images in {sanitize(source)}")
    ahead = [(name, sample) for name, sample in named if not Output.of(to, name).mask.exists()]
    reporter.update(state="running", phase="predict", total=len(named), done=len(named) - len(ahead))
    problems = _predict_images(run, checkpoint, config, ahead, to, reporter, len(named)) if ahead else []
    if len(problems) == len(named):
        raise BddsegError(f"none of the {len(named)} images can be read; the first: {problems[0]}")
    if problems:
        reporter.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    written = [(sample, path) for name, sample in named if (path := Output.of(to, name).mask).exists()]
    if not Path(source).is_absolute():
        _record(run, prediction_name(run.name, checkpoint, source), written)
    done = [path for _, path in written]
    summary = {"images": len(done), "left_out": len(problems), "classes": _summary(done)}
    write_text(to / "summary.json", json.dumps(summary, indent=2))
    reporter.event("finish", images=len(done), left_out=len(problems))


def _record(run: Run, name: str, written: list[tuple[Sample, Path]]) -> None:
    """Tells the dataset's catalog where the predictions are, so that the Dataset pane can show them."""
    dataset = open_dataset(run.dataset)
    catalog = Catalog(Workspace(Path(run.spec["workspace"])).catalog_path(dataset.root), dataset.root)
    if catalog.progress()[0] == 0:
        scan(catalog, dataset, lambda done, total: None)
    catalog.record_scores(name, [ImageScore(sample.image, mask.absolute()) for sample, mask in written])


def _begin(to: Path, facts: dict[str, str]) -> None:
    """Notes what is predicted here; masks of something else are taken away."""
    to.mkdir(parents=True, exist_ok=True)
    try:
        known = json.loads((to / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError):
        known = None
    if known is not None and known != facts:
        for mask in (to / "masks").rglob("*.png"):
            mask.unlink()
    write_text(to / MANIFEST, json.dumps(facts))


def _named_samples(run: Run, source: str) -> list[tuple[str, Sample]]:
    """(name, sample) of every image. Masks are left out: a broken one must not keep an image from its prediction."""
    folder = Path(source)
    if folder.is_absolute():
        files = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES and p.is_file())
        relative = [p.relative_to(folder) for p in files]
        stems = Counter(p.with_suffix("") for p in relative)
        names = [str(p.with_suffix("") if stems[p.with_suffix("")] == 1 else p) for p in relative]
        return [(name, Sample("", path, None)) for name, path in zip(names, files, strict=True)]
    samples = [s for s in list_samples(open_dataset(run.dataset)) if s.split == source]
    return [(s.name, Sample(s.split, s.image, None)) for s in samples]


def _predict_images(
    run: Run,
    checkpoint: str,
    config: TrainConfig,
    named: list[tuple[str, Sample]],
    to: Path,
    reporter: Reporter,
    total: int,
) -> list[str]:
    """Predicts these images; returns what is wrong with those that can't be read."""
    accelerator = make_accelerator(config)
    model = load_model(run.folder / "checkpoints" / checkpoint)
    precision, samples = str(accelerator.mixed_precision), [sample for _, sample in named]
    outcomes = predict_samples(model, samples, config.size, accelerator.device, precision, config.images_at_once)
    problems: list[str] = []
    with ThreadPoolExecutor(2, "write") as pool:
        writes: list[Future[None]] = []
        for done, ((name, _), outcome) in enumerate(zip(named, outcomes, strict=True), start=1):
            if outcome.predicted is None:
                problems.append(outcome.problem or "")
            else:
                ids = outcome.predicted.cpu().numpy()
                writes.append(pool.submit(_write, outcome.sample.image, ids, Output.of(to, name)))
            while len(writes) > 16 or (writes and writes[0].done()):
                writes.pop(0).result()
            reporter.progress(total - len(named) + done, total)
        for write in writes:
            write.result()
    return problems


def _write(image: Path, ids: NDArray[np.uint8], output: Output) -> None:
    preview = Image.fromarray(ids, "L").convert("P")
    preview.putpalette(PALETTE)
    for path in (output.mask, output.colour, output.overlay):
        path.parent.mkdir(parents=True, exist_ok=True)
    preview.save(output.colour, "PNG", optimize=False)
    try:
        photo = read_image(image)
    except BadFileError:
        photo = None
    if photo is not None:
        sink = BytesIO()
        Image.blend(photo, preview.convert("RGB"), OPACITY).save(sink, "JPEG", quality=85)
        write_bytes(output.overlay, sink.getvalue(), durable=False)
    write_prediction(ids, output.mask)


def _predict_video(run: Run, checkpoint: str, config: TrainConfig, video: Path, to: Path, reporter: Reporter) -> None:
    masks = to / "masks"
    masks.mkdir(parents=True, exist_ok=True)
    known = {p.stem for p in masks.glob("*.png")}
    frames, total = load_frames(video, config.size, known)
    reporter.update(state="running", phase="predict", total=total, done=len(known))
    accelerator = make_accelerator(config)
    model = load_model(run.folder / "checkpoints" / checkpoint)
    outcomes: Iterator[Predicted] = predict_loaded(
        model, frames, accelerator.device, str(accelerator.mixed_precision), config.images_at_once
    )
    done = len(known)
    for outcome in outcomes:
        if outcome.predicted is not None:
            write_prediction(outcome.predicted.cpu().numpy(), masks / f"{outcome.sample.name}.png")
        done += 1
        reporter.progress(done, max(done, total))
    reporter.update(phase="encode")
    count = encode_overlay(video, masks, to / "overlay.mp4", PALETTE, OPACITY, reporter.check_stop)
    summary: dict[str, Any] = {"frames": count, "classes": _summary(sorted(masks.glob("*.png")))}
    write_text(to / "summary.json", json.dumps(summary, indent=2))
    reporter.event("finish", images=count, left_out=0)


def _summary(masks: Iterable[Path]) -> list[dict[str, Any]]:
    """By class: its share of all predicted pixels (percent), and in how many images it is."""
    pixels, images = np.zeros(NUM_CLASSES, np.int64), np.zeros(NUM_CLASSES, np.int64)
    for path in masks:
        counts = np.bincount(read_mask(path).ravel(), minlength=NUM_CLASSES)
        pixels += counts
        images += counts > 0
    total = max(1, int(pixels.sum()))
    return [
        {"id": c.id, "name": c.name, "percentage": 100 * int(pixels[c.id]) / total, "images": int(images[c.id])}
        for c in CLASSES
    ]
