"""Writing predictions of a split, a folder or a video: train id masks, colour previews, overlays and a summary.

What is there already is not predicted again, unless the checkpoint or the image is another: a run that was killed goes
on. The folder may hold a person's own files: none of them is replaced, deleted or counted.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import nn

from bddseg_tui.core.classes import CLASSES, NUM_CLASSES, PALETTE
from bddseg_tui.core.data.catalog import Catalog, ImageScore
from bddseg_tui.core.data.dataset import Sample, open_dataset
from bddseg_tui.core.data.image_file import BadFileError, read_image, read_mask
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_bytes, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import OwnedFolder, own
from bddseg_tui.core.jobs.job_writer import JobWriter
from bddseg_tui.core.runs.config import TrainConfig, validate
from bddseg_tui.core.runs.evaluation import prediction_name
from bddseg_tui.core.runs.prediction_files import (
    OVERLAY_VIDEO,
    SUMMARY,
    files_of,
    frame_name,
    is_video,
    mask_of,
    refuse_own_files,
    source_images,
)
from bddseg_tui.core.runs.prediction_journal import (
    JOURNAL,
    Entry,
    Facts,
    ImageStamp,
    PredictionJournal,
    adopt_earlier,
    image_stamp,
    stamp_of,
)
from bddseg_tui.core.runs.run import Run
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace
from bddseg_tui.train.checkpoint import load_model, weights_hash
from bddseg_tui.train.infer import make_inference, predict_loaded, predict_samples, write_prediction
from bddseg_tui.train.mask_writer import MaskWriter
from bddseg_tui.train.video import count_frames, encode_overlay, load_frames

OPACITY = 0.5
Named = list[tuple[str, Sample]]


@dataclass(frozen=True)
class Prediction:
    """One prediction: whose model, of what, and where to."""

    run: Run
    checkpoint: str
    source: str
    config: TrainConfig
    model: nn.Module
    facts: Facts
    folder: OwnedFolder
    journal: PredictionJournal
    job: JobWriter


def predict_run(run: Run, checkpoint: str, source: str, to: Path, job: JobWriter) -> None:
    """Predicts a split (train, val or test), a folder of images, or a video file, into the folder `to`.

    Writes masks/NAME.png (8-bit train ids, unknown 255, as the official evaluator reads them), colour/NAME.png,
    overlay/NAME.jpg and summary.json; of a video masks/FRAME.png, overlay.mp4 and summary.json.

    Raises:
        BddsegError: there are no images, none can be read, the disk is full, another process predicts into the folder,
            or files would be replaced that are not the program's.
        StopRequestedError: SIGTERM came; what was written stays.
    """
    job.event("start", checkpoint=checkpoint, source=sanitize(source), to=sanitize_path(to))
    config = validate(run.spec["train"])
    path = (run.folder / "checkpoints" / checkpoint).resolve()
    model = load_model(path)
    facts: Facts = {"run": run.name, "checkpoint": path.name, "weights": weights_hash(path), "source": source}
    folder = own(to, "predict")
    adopt_earlier(folder)
    with PredictionJournal(folder) as journal:
        prediction = Prediction(
            run=run,
            checkpoint=checkpoint,
            source=source,
            config=config,
            model=model,
            facts=facts,
            folder=folder,
            journal=journal,
            job=job,
        )
        (_predict_video if is_video(source) else _predict_images)(prediction)


def _predict_images(prediction: Prediction) -> None:
    folder, journal, job = prediction.folder, prediction.journal, prediction.job
    named = source_images(prediction.run.dataset, prediction.source, folder)
    refuse_own_files(folder, journal.entries, [name for name, _ in named])
    stamps = {name: stamp for name, sample in named if (stamp := image_stamp(sample.image))}
    _begin(prediction, stamps)
    ahead = [(name, sample) for name, sample in named if name not in journal.entries]
    job.update(state="running", phase="predict", total=len(named), done=len(named) - len(ahead))
    confidence: dict[Path, float] = {}
    problems = _predict(prediction, ahead, stamps, confidence)
    if len(problems) == len(named):
        raise BddsegError(f"none of the {len(named)} images can be read; the first: {problems[0]}")
    if problems:
        job.event("warning", message=f"{len(problems)} images are left out", files=problems[:20])
    written = [(sample, folder.folder / mask_of(name)) for name, sample in named if name in journal.entries]
    counts = [_pixels(path) for _, path in written]
    summary = {"images": len(written), "left_out": len(problems), "classes": _summary(counts)}
    _write_summary(folder, summary)
    if not Path(prediction.source).is_absolute():
        _record(prediction, [(*pair, pixels) for pair, pixels in zip(written, counts, strict=True)], confidence)
    job.event("finish", images=len(written), left_out=len(problems))


def _begin(prediction: Prediction, stamps: dict[str, ImageStamp]) -> None:
    """Deletes what was made here and is not right any more: by another checkpoint, of images that changed or went."""
    folder, journal = prediction.folder, prediction.journal
    right: dict[str, Entry] = {}
    if journal.facts == prediction.facts:
        for name, entry in journal.entries.items():
            if stamps.get(name) == entry.image and stamp_of(folder.folder / mask_of(name)) == entry.mask:
                right[name] = entry
    kept = {JOURNAL, *(f for name in right for f in files_of(name))}
    folder.delete([name for name in folder.made() if name not in kept])
    journal.begin(prediction.facts, right)


def _predict(
    prediction: Prediction, named: Named, stamps: dict[str, ImageStamp], confidence: dict[Path, float]
) -> list[str]:
    """Predicts these images, adds to `confidence` by image; returns what is wrong with those that can't be read."""
    folder, journal = prediction.folder, prediction.journal
    samples = [sample for _, sample in named]
    outcomes = predict_samples(prediction.model, samples, make_inference(prediction.config))
    problems: list[str] = []
    done, total = len(journal.entries), len(journal.entries) + len(named)
    with MaskWriter(folder, journal, files_of) as writer:
        for name, outcome in zip(writer.claiming(name for name, _ in named), outcomes, strict=True):
            if outcome.predicted is None or name not in stamps:
                problems.append(outcome.problem or f"{sanitize_path(outcome.sample.image)}: is gone")
            else:
                ids = outcome.predicted.cpu().numpy()
                if outcome.confidence is not None:
                    confidence[outcome.sample.image] = float(outcome.confidence.mean())
                writer.write(name, stamps[name], partial(_write, outcome.sample.image, ids, folder.folder, name))
            done += 1
            prediction.job.progress(done, total)
    return problems


def _write(image: Path, ids: NDArray[np.uint8], to: Path, name: str) -> None:
    """Writes the files of one image; the mask last, so that where it is the others are too."""
    mask, colour, overlay = (to / f for f in files_of(name))
    preview = Image.fromarray(ids, "L").convert("P")
    preview.putpalette(PALETTE)
    for path in (mask, colour, overlay):
        path.parent.mkdir(parents=True, exist_ok=True)
    _save(preview, colour, "PNG", optimize=False)
    try:
        photo = read_image(image)
    except BadFileError:
        photo = None
    # An image may be replaced while it is predicted.
    if photo is not None and photo.size == preview.size:
        _save(Image.blend(photo, preview.convert("RGB"), OPACITY), overlay, "JPEG", quality=85)
    write_prediction(ids, mask)


def _save(image: Image.Image, path: Path, kind: str, **options: Any) -> None:
    sink = BytesIO()
    image.save(sink, kind, **options)
    write_bytes(path, sink.getvalue(), durable=False)


def _predict_video(prediction: Prediction) -> None:
    folder, journal, job = prediction.folder, prediction.journal, prediction.job
    video = Path(prediction.source)
    total, stamp = count_frames(video), image_stamp(video)
    assert stamp is not None
    refuse_own_files(folder, journal.entries, None)
    _begin(prediction, dict.fromkeys(journal.entries, stamp))
    known = frozenset(journal.entries)
    job.update(state="running", phase="predict", total=total, done=len(known))
    frames = load_frames(video, prediction.config.image_size, known)
    outcomes = predict_loaded(prediction.model, frames, make_inference(prediction.config))
    names = (name for number in count() if (name := frame_name(number)) not in known)
    done = len(known)
    with MaskWriter(folder, journal, lambda name: [mask_of(name)]) as writer:
        for outcome, name in zip(outcomes, writer.claiming(names), strict=False):
            if outcome.predicted is not None:
                writer.write(name, stamp, partial(_write_mask, outcome.predicted.cpu().numpy(), folder.folder, name))
            done += 1
            job.progress(done, max(done, total))
    job.update(phase="encode")
    folder.claim([OVERLAY_VIDEO])
    to = folder.folder / OVERLAY_VIDEO
    frames_written = encode_overlay(video, folder.folder / "masks", to, opacity=OPACITY, check=job.check_stop)
    masks = [folder.folder / mask_of(name) for name in sorted(journal.entries)]
    _write_summary(folder, {"frames": frames_written, "classes": _summary(map(_pixels, masks))})
    job.event("finish", images=frames_written, left_out=0)


def _write_mask(ids: NDArray[np.uint8], to: Path, name: str) -> None:
    path = to / mask_of(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_prediction(ids, path)


def _write_summary(folder: OwnedFolder, summary: dict[str, Any]) -> None:
    folder.claim([SUMMARY])
    try:
        write_text(folder.folder / SUMMARY, json.dumps(summary, indent=2))
    except OSError as error:
        raise disk_error(error, folder.folder / SUMMARY) from error


def _pixels(mask: Path) -> NDArray[np.int64]:
    """Pixels by class, int64 [20]."""
    return np.bincount(read_mask(mask).ravel(), minlength=NUM_CLASSES)


def _summary(masks: Iterable[NDArray[np.int64]]) -> list[dict[str, Any]]:
    """By class: its share of all predicted pixels (percent), and in how many images it is; `masks` are their pixels."""
    pixels, images = np.zeros(NUM_CLASSES, np.int64), np.zeros(NUM_CLASSES, np.int64)
    for counts in masks:
        pixels += counts
        images += counts > 0
    total = max(1, int(pixels.sum()))
    return [
        {"id": c.id, "name": c.name, "percentage": 100 * int(pixels[c.id]) / total, "images": int(images[c.id])}
        for c in CLASSES
    ]


def _record(
    prediction: Prediction, written: list[tuple[Sample, Path, NDArray[np.int64]]], confidence: dict[Path, float]
) -> None:
    """Tells the dataset's catalog of the predictions: the Dataset pane shows them, and filters know their classes.

    Of what was predicted before, and is no less right, the catalog knows the confidence already.
    """
    run, name = prediction.run, prediction_name(prediction.run.name, prediction.checkpoint, prediction.source)
    try:
        dataset = open_dataset(run.dataset)
        catalog = Catalog(Workspace(Path(run.spec["workspace"])).catalog_path(dataset.root), dataset.root)
        if catalog.progress()[0] == 0:
            scan(catalog, dataset, lambda done, total: None)
        before = catalog.find_images([s.image for s, _, _ in written if s.image not in confidence], name)
        known = {row.image: row.figures.get("confidence") for row in before} | confidence
        scores = (
            ImageScore(s.image, mask.absolute(), confidence=known.get(s.image), predicted=tuple(pixels.tolist()))
            for s, mask, pixels in written
        )
        catalog.record_scores(name, scores)
    except BddsegError as error:
        message = f"the Dataset pane cannot show these predictions yet: {error} (predict again to record them)"
        prediction.job.event("warning", message=message)
