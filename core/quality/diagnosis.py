"""The diagnosis of an evaluation: for every class why its IoU is what it is, and of which parts of it that is true."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.analysis.class_details import ClassDetails, load_details
from bddseg_tui.core.analysis.per_image import PerImage, load_per_image
from bddseg_tui.core.classes import CLASSES, NUM_OFFICIAL
from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.class_findings import ClassCounts, Finding, class_findings, kept_iou, most_called
from bddseg_tui.core.quality.class_parts import (
    Part,
    brightness_thirds,
    by_brightness,
    by_height,
    by_size,
    ious_by_image,
    mious_by_image,
)
from bddseg_tui.core.quality.learning_estimate import images_needed
from bddseg_tui.core.quality.suspects import read_suspects, suspects_path
from bddseg_tui.core.runs.evaluation import Evaluation, evaluated_dataset
from bddseg_tui.core.runs.metrics import finite, scores
from bddseg_tui.core.runs.run import find_run
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.workspace.workspace import Workspace


@dataclass(frozen=True)
class ClassDiagnosis:
    """One class. Fractions are 0..1, None where undefined or not recorded.

    Attributes:
        iou: pooled over all images.
        iou_per_image: mean of the IoU in each image in which it is or was predicted.
        images: that hold it.
        train_images: of the train split that hold it.
        kept_iou: IoU of its label with itself after it was reduced to the model's size.
        offset_px: how far its predicted boundary lies outside (above 0) of the label's, pixels at the model's size.
        findings: reasons, what explains most first; never empty.
        by_size, by_height, by_brightness: parts of it; empty where not recorded.
    """

    id: int
    name: str
    iou: float | None
    iou_per_image: float | None
    recall: float | None
    images: int
    train_images: int | None
    kept_iou: float | None
    offset_px: float | None
    findings: tuple[Finding, ...]
    by_size: tuple[Part, ...]
    by_height: tuple[Part, ...]
    by_brightness: tuple[Part, ...]

    @property
    def line(self) -> str:
        """Why its IoU is what it is: the three reasons that explain most."""
        return "; ".join(f.text for f in self.findings[:3])


@dataclass(frozen=True)
class Diagnosis:
    """Of one evaluation; means of IoU are 0..1, over the 19 official classes.

    Attributes:
        size: (height, width) that the model sees; zeros for each image's own.
        miou_pooled: the mean over classes of the IoU of all pixels: the official mIoU19.
        miou_per_image: the mean over images of each one's mIoU19, in which every image weighs the same.
        miou_per_class: the mean over classes of the mean of the IoU in each image.
        missing: what could not be said, and what it would take.
        about: the model and its training, in a line.
    """

    evaluation: str
    split: str
    images: int
    size: tuple[int, int]
    miou_pooled: float | None
    miou_per_image: float | None
    miou_per_class: float | None
    classes: tuple[ClassDiagnosis, ...]
    missing: tuple[str, ...]
    about: str = ""

    @property
    def estimate(self) -> str:
        """What the numbers of images that are wanted rest on; '' where there are none."""
        return _ESTIMATE if any(f.kind == "few images" for c in self.classes for f in c.findings) else ""


_ESTIMATE = (
    "Numbers of images are an estimate from this one evaluation: how IoU grows with the logarithm of training images "
    "over its classes. No class was trained on fewer or more; trainings on parts of the data would tell."
)


def diagnose(workspace: Workspace, evaluation: Evaluation) -> Diagnosis:
    """Reads all that is known of an evaluation and says why each official class's IoU is what it is.

    Raises:
        BddsegError: its run is gone, or what was counted is damaged.
    """
    run = find_run(workspace, evaluation.run)
    missing = []
    found: PerImage | None = None
    if (evaluation.folder / "images.json").exists():
        found = load_per_image(evaluation.folder)
    else:
        missing.append("means by image and brightness: the evaluation is of an earlier version, evaluate again")
    details = load_details(evaluation.folder)
    if details is None:
        missing.append("sizes, heights, boundaries, resolution: the evaluation does not have them, evaluate again")
    in_train = _train_images(workspace, run.dataset)
    if in_train is None:
        missing.append("training images by class: scan the run's dataset (`bddseg-tui data stats`)")
    suspect = _suspects(workspace, evaluation, found)
    if suspect is None:
        missing.append("whether labels are wrong: nobody has looked for label errors in this dataset")
    size = int(run.spec["train"].get("height", 0)), int(run.spec["train"].get("width", 0))
    found_out = diagnosis_of(evaluation, size, found, details, in_train, suspect, missing)
    return replace(found_out, about=_about(run.spec["train"]))


def _about(settings: Mapping[str, Any]) -> str:
    """The settings that a person who answers a bug report asks for first."""
    named = ("architecture", "encoder", "height", "width", "epochs", "loss", "class_weights", "unknown", "exclude")
    return sanitize(", ".join(f"{key} {settings[key]}" for key in named if settings.get(key) not in (None, "")))


def diagnosis_of(
    evaluation: Evaluation,
    size: tuple[int, int],
    found: PerImage | None,
    details: ClassDetails | None,
    in_train: tuple[int, Sequence[int]] | None = None,
    suspect: Sequence[tuple[int, float]] | None = None,
    missing: Sequence[str] = (),
) -> Diagnosis:
    """The same from what is known already.

    Args:
        evaluation: its result.
        size: (height, width) that the model sees.
        found: counts by image.
        details: objects, heights, boundaries.
        in_train: images of the train split, and by class how many hold it.
        suspect: by class (areas, share of pixels) that a model contradicts in the evaluated images.
        missing: what could not be read.
    """
    confusion = np.asarray(evaluation.confusion, np.int64).copy()
    confusion[NUM_OFFICIAL:] = 0
    pooled = scores(np.asarray(evaluation.confusion, np.int64))
    per_image = ious_by_image(found) if found is not None and len(found) else None
    thirds = brightness_thirds(found) if found is not None and len(found) else None
    needed = (
        images_needed(in_train[1][:NUM_OFFICIAL], pooled.iou[:NUM_OFFICIAL].tolist(), in_train[0]) if in_train else None
    )
    mapped = most_called(confusion)
    classes = []
    for c in CLASSES[:NUM_OFFICIAL]:
        parts = by_brightness(thirds, c.id) if thirds is not None else ()
        ends = [p.recall if p.recall is not None and p.pixels else np.nan for p in parts] or [np.nan, np.nan]
        counts = ClassCounts(
            class_id=c.id,
            split=evaluation.split,
            confusion=confusion,
            mapped=mapped,
            details=details,
            size=size,
            train_images=int(in_train[1][c.id]) if in_train else None,
            estimate=needed[c.id] if needed else None,
            suspect=suspect[c.id] if suspect is not None else None,
            dark=ends[0],
            bright=ends[-1],
        )
        by_image = per_image[:, c.id] if per_image is not None else np.zeros(0)
        off = details.offset[:, c.id] if details else np.zeros(2)
        classes.append(
            ClassDiagnosis(
                id=c.id,
                name=c.name,
                iou=finite(pooled.iou[c.id]),
                iou_per_image=_mean(by_image),
                recall=finite(pooled.recall[c.id]),
                images=int((found.confusion[:, c.id].sum(axis=1) > 0).sum()) if found is not None else 0,
                train_images=counts.train_images,
                kept_iou=finite(kept_iou(details, c.id)) if details else None,
                offset_px=float(off[0] / off[1]) if off[1] else None,
                findings=tuple(class_findings(counts)),
                by_size=by_size(details, c.id) if details else (),
                by_height=by_height(details, c.id) if details else (),
                by_brightness=parts,
            )
        )
    occurs = [c for c in classes if c.findings[0].kind != "absent" and c.iou_per_image is not None]
    return Diagnosis(
        evaluation=evaluation.name,
        split=evaluation.split,
        images=evaluation.images,
        size=size,
        miou_pooled=evaluation.miou19,
        miou_per_image=_mean(mious_by_image(found, per_image)) if per_image is not None and found is not None else None,
        miou_per_class=_mean(np.asarray([c.iou_per_image for c in occurs], np.float64)),
        classes=tuple(classes),
        missing=tuple(missing),
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    values = values[~np.isnan(values)]
    return float(values.mean()) if values.size else None


def _train_images(workspace: Workspace, root: Path) -> tuple[int, list[int]] | None:
    """Images of the train split, and by class how many hold it; None where the dataset has not been scanned."""
    try:
        dataset = open_dataset(root)
        path = workspace.catalog_path(dataset.root)
        if not path.exists():
            return None
        catalog = Catalog(path, dataset.root)
        images = [n for _, n in catalog.class_totals("train")]
        return (catalog.splits().get("train", 0), images) if any(images) else None
    except BddsegError:
        return None


def _suspects(workspace: Workspace, evaluation: Evaluation, found: PerImage | None) -> list[tuple[int, float]] | None:
    """By class the areas of the evaluated images that a model contradicts, and their share of its pixels."""
    if found is None:
        return None
    root = open_dataset(evaluated_dataset(find_run(workspace, evaluation.run), evaluation.folder)).root
    suspects = read_suspects(suspects_path(workspace, root))
    if suspects is None:
        return None
    evaluated, pixels = set(found.images), np.asarray(evaluation.confusion, np.int64).sum(axis=1)
    areas, wrong = np.zeros(len(CLASSES), np.int64), np.zeros(len(CLASSES), np.int64)
    for area in suspects.areas:
        if area.image in evaluated:
            areas[area.given] += 1
            wrong[area.given] += area.pixels
    return [(int(a), float(w / max(1, p))) for a, w, p in zip(areas, wrong, pixels, strict=True)]
