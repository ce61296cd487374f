"""All that a report says, gathered before it is written in any form."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bddseg_tui.core.analysis.evaluation_analysis import (
    changed_images,
    differing_settings,
    labels_of,
    matrix_of,
    scored_images,
    slices_of,
)
from bddseg_tui.core.analysis.matrix import Matrix
from bddseg_tui.core.analysis.multilabel import MultiLabel
from bddseg_tui.core.analysis.slices import Slice
from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.quality.diagnosis import Diagnosis, diagnose
from bddseg_tui.core.quality.duplicates import Group
from bddseg_tui.core.quality.label_findings import Findings
from bddseg_tui.core.report.dataset_part import DatasetPart, read_dataset_part
from bddseg_tui.core.report.duplicates_part import read_duplicate_groups
from bddseg_tui.core.report.label_part import read_label_part
from bddseg_tui.core.runs.evaluation import Evaluation, evaluated_dataset
from bddseg_tui.core.runs.history import History
from bddseg_tui.core.runs.history_reader import HistoryReader
from bddseg_tui.core.runs.robustness import Robustness, load_robustness, robustness_folder
from bddseg_tui.core.runs.run import find_run
from bddseg_tui.core.runs.samples import Samples, read_samples
from bddseg_tui.core.workspace.workspace import Workspace

WORST, TYPICAL = 6, 6


@dataclass(frozen=True)
class Content:
    """A report of one evaluation, or of one compared with others.

    Attributes:
        evaluations: the one that is reported, then those that it is compared with.
        config: the settings of its run.
        history: its training.
        learned: predictions of a few validation images by epoch.
        labels, pixel_matrix, label_matrix, slices: analyses; None or empty where there are no counts by image.
        diagnosis: why each class's IoU is what it is; None where what was counted is damaged.
        robustness: what is measured on corrupted images; None where nothing is.
        worst, typical: samples with the lowest mIoU, and some from the worst to the best.
        settings: settings that differ, by name: a value for each evaluation.
        changed: samples that changed most against the first compared evaluation, with mIoU19 before and after.
        duplicates, leaks: groups of images that are alike, all and those across splits; none where nobody looked.
        data: what was measured of the dataset, if anything was.
        label_errors: what a search for label errors found, if there was one.
    """

    evaluations: tuple[Evaluation, ...]
    dataset: str
    config: dict[str, Any]
    history: History
    pixel_matrix: Matrix
    learned: Samples = field(default_factory=Samples)
    labels: MultiLabel | None = None
    label_matrix: Matrix | None = None
    slices: list[Slice] = field(default_factory=list)
    diagnosis: Diagnosis | None = None
    robustness: Robustness | None = None
    worst: list[Row] = field(default_factory=list)
    typical: list[Row] = field(default_factory=list)
    settings: dict[str, tuple[Any, ...]] = field(default_factory=dict)
    changed: list[tuple[Row, float, float]] = field(default_factory=list)
    data: DatasetPart | None = None
    label_errors: Findings | None = None
    duplicates: tuple[Group, ...] = ()
    leaks: tuple[Group, ...] = ()

    @property
    def evaluation(self) -> Evaluation:
        """The one that is reported."""
        return self.evaluations[0]


def gather(workspace: Workspace, evaluation: Evaluation, others: tuple[Evaluation, ...] = ()) -> Content:
    """Reads and computes what a report holds.

    Raises:
        BddsegError: the run is gone.
    """
    run = find_run(workspace, evaluation.run)
    history = HistoryReader(run.events).read_all()
    images = scored_images(workspace, evaluation, most=1_000_000)
    spread = [images[round(i * (len(images) - 1) / (TYPICAL - 1))] for i in range(TYPICAL)] if images else []
    known: dict[str, Any] = {}
    try:
        known = {
            "labels": labels_of(evaluation),
            "label_matrix": matrix_of(evaluation, "labels", "row"),
            "slices": slices_of(workspace, evaluation),
        }
        known["changed"] = _changed(workspace, others[0], evaluation) if others else []
    except BddsegError:
        # Evaluations of earlier versions have no counts by image: their reports have fewer parts.
        pass
    root = evaluated_dataset(run, evaluation.folder)
    groups, leaks = read_duplicate_groups(workspace, root)
    with suppress(BddsegError):
        known["diagnosis"] = diagnose(workspace, evaluation)
        if evaluation.tta == "none" and not evaluation.data_key:
            folder = robustness_folder(run.folder, evaluation.checkpoint, evaluation.split)
            known["robustness"] = load_robustness(folder)
    return Content(
        (evaluation, *others),
        root.name,
        dict(run.spec["train"]),
        history,
        matrix_of(evaluation, "pixels", "row"),
        read_samples(run),
        worst=images[:WORST],
        typical=list({row.id: row for row in spread}.values()),
        data=read_dataset_part(workspace, root),
        label_errors=read_label_part(workspace, root),
        duplicates=groups,
        leaks=leaks,
        settings=differing_settings(workspace, [evaluation, *others]) if others else {},
        **known,
    )


def _changed(workspace: Workspace, before: Evaluation, after: Evaluation) -> list[tuple[Row, float, float]]:
    changes = changed_images(workspace, before, after)
    ends = changes if len(changes) <= WORST else [*changes[: WORST // 2], *changes[-(WORST // 2) :]]
    return [(row, change.before, change.after) for row, change in ends]
