"""Analyses of a finished evaluation: counts by image come from its folder, samples from the dataset's catalog."""

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from bddseg_tui.core.analysis.class_images import ClassPixels, images_by_class
from bddseg_tui.core.analysis.compare import ImageChange, image_changes, refuse_others, settings_diff
from bddseg_tui.core.analysis.confusion_matrix import Normalised, images_of_cell, images_of_pair, normalise
from bddseg_tui.core.analysis.matrix import NOTHING, Kind, Matrix
from bddseg_tui.core.analysis.multilabel import MultiLabel, classify, presence
from bddseg_tui.core.analysis.per_image import load_per_image
from bddseg_tui.core.analysis.slices import Slice, slices
from bddseg_tui.core.analysis.threshold import Threshold
from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.runs.evaluation import Evaluation, evaluated_dataset
from bddseg_tui.core.runs.run import find_run
from bddseg_tui.core.workspace.workspace import Workspace

Value = TypeVar("Value")


def labels_of(evaluation: Evaluation, threshold: Threshold | None = None) -> MultiLabel:
    """The model as a multi-label classifier.

    Raises:
        BddsegError: the evaluation has no counts by image.
    """
    return classify(load_per_image(evaluation.folder).confusion, threshold)


def matrix_of(evaluation: Evaluation, kind: Kind, by: Normalised, threshold: Threshold | None = None) -> Matrix:
    """The confusion of pixels, or that of labels with a column for what was missed alone.

    Raises:
        BddsegError: the evaluation has no counts by image, which labels need.
    """
    names = tuple(c.name for c in CLASSES)
    if kind == "pixels":
        counts, columns = np.asarray(evaluation.confusion, np.int64), names
    else:
        counts, columns = labels_of(evaluation, threshold).confusion, (*names, NOTHING)
    shares = normalise(counts, by)
    return Matrix(
        kind,
        names,
        columns,
        tuple(tuple(int(v) for v in row) for row in counts),
        tuple(tuple(float(v) for v in row) for row in shares),
    )


def images_of_matrix_cell(
    workspace: Workspace,
    evaluation: Evaluation,
    kind: Kind,
    row: int,
    column: int,
    threshold: Threshold | None = None,
) -> list[Row]:
    """The images behind a cell of such a matrix; those with most pixels in it first.

    Raises:
        BddsegError: the evaluation has no counts by image.
    """
    found = load_per_image(evaluation.folder)
    if kind == "pixels":
        chosen = images_of_cell(found.confusion, row, column)
    else:
        chosen = images_of_pair(*presence(found.confusion, threshold or Threshold()), row, column)
    return _rows(workspace, evaluation, [found.images[int(n)] for n in chosen])


def scored_images(workspace: Workspace, evaluation: Evaluation, worst_first: bool = True, most: int = 200) -> list[Row]:
    """The images that have a score, by it."""
    catalog = _catalog(workspace, evaluation)
    ids = catalog.find(parse_query(f"is:scored sort:{'' if worst_first else '-'}iou"), evaluation.name)
    return catalog.rows(ids[:most], evaluation.name)


def missed_images(
    workspace: Workspace, evaluation: Evaluation, class_id: int, threshold: Threshold | None = None
) -> list[Row]:
    """The images in which a class is there and was not found; those with most pixels of it first.

    Raises:
        BddsegError: the evaluation has no counts by image.
    """
    found = load_per_image(evaluation.folder)
    actual, predicted = presence(found.confusion, threshold or Threshold())
    chosen = np.flatnonzero((actual & ~predicted)[:, class_id])
    pixels = found.confusion[chosen, class_id].sum(axis=1, dtype=np.int64)
    order = chosen[np.argsort(-pixels, kind="stable")]
    return _rows(workspace, evaluation, [found.images[int(n)] for n in order])


def class_images(
    workspace: Workspace, evaluation: Evaluation, class_id: int, worst_first: bool = True, most: int = 200
) -> list[tuple[Row, ClassPixels]]:
    """The images in which a class is or was predicted, by its IoU; images that the catalog does not know are left out.

    Raises:
        BddsegError: the evaluation has no counts by image.
    """
    found = images_by_class(load_per_image(evaluation.folder), class_id, worst_first)[:most]
    return _with_rows(workspace, evaluation, [(c.image, c) for c in found])


def slices_of(workspace: Workspace, evaluation: Evaluation) -> list[Slice]:
    """Scores by tag, class and brightness.

    Raises:
        BddsegError: the evaluation has no counts by image.
    """
    return slices(load_per_image(evaluation.folder), _catalog(workspace, evaluation))


def changed_images(workspace: Workspace, before: Evaluation, after: Evaluation) -> list[tuple[Row, ImageChange]]:
    """The images that both evaluations have, those that got worst first.

    Raises:
        BddsegError: one of them has no counts by image, or they are of different datasets or splits.
    """
    check_comparable(workspace, [before, after])
    changes = image_changes(load_per_image(before.folder), load_per_image(after.folder))
    earlier = {row.image: row.prediction for row in _rows(workspace, before, [c.image for c in changes])}
    found = _with_rows(workspace, after, [(c.image, c) for c in changes])
    return [(row, replace(change, predicted_before=earlier.get(row.image))) for row, change in found]


def check_comparable(workspace: Workspace, evaluations: Sequence[Evaluation]) -> None:
    """Refuses to compare what was not measured on the same images.

    Raises:
        UsageError: two are of different datasets or splits.
        BddsegError: a run is gone, or its configuration cannot be read.
    """
    refuse_others([(e.name, find_run(workspace, e.run).dataset, e.split) for e in evaluations])


def differing_settings(workspace: Workspace, evaluations: list[Evaluation]) -> dict[str, tuple[object, ...]]:
    """By setting, its value in the runs of these evaluations, for those that are not the same in all."""
    return settings_diff([find_run(workspace, e.run).spec["train"] for e in evaluations])


def _catalog(workspace: Workspace, evaluation: Evaluation) -> Catalog:
    root = open_dataset(evaluated_dataset(find_run(workspace, evaluation.run), evaluation.folder)).root
    return Catalog(workspace.catalog_path(root), root)


def _with_rows(
    workspace: Workspace, evaluation: Evaluation, found: list[tuple[bytes, Value]]
) -> list[tuple[Row, Value]]:
    """What is known of images beside what the catalog knows of them, for those that it knows."""
    root = _catalog(workspace, evaluation).root
    rows = {r.image: r for r in _rows(workspace, evaluation, [image for image, _ in found])}
    pairs = [(rows.get(root / os.fsdecode(image)), value) for image, value in found]
    return [(row, value) for row, value in pairs if row is not None]


def _rows(workspace: Workspace, evaluation: Evaluation, images: list[bytes]) -> list[Row]:
    catalog = _catalog(workspace, evaluation)
    return catalog.find_images([catalog.root / os.fsdecode(i) for i in images], evaluation.name)
