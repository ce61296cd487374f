"""Analyses of finished evaluations: what the app and the commands ask for."""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bddseg_tui.core.classes import CLASSES
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.run import find_run, list_runs
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.compare import ImageChange
    from bddseg_tui.core.analysis.confusion_matrix import Normalised
    from bddseg_tui.core.analysis.multilabel import MultiLabel
    from bddseg_tui.core.analysis.slices import Slice
    from bddseg_tui.core.analysis.threshold import Threshold
    from bddseg_tui.core.report.write import Forms
    from bddseg_tui.core.runs.evaluation import Evaluations
    from bddseg_tui.core.runs.evaluation_states import EvaluationStates
    from bddseg_tui.core.runs.run import Run

Kind = Literal["pixels", "labels"]
NOTHING = "nothing"


@dataclass(frozen=True)
class Matrix:
    """Actual (rows) against predicted (columns): counts, and their shares (0..1) as they are normalised."""

    kind: Kind
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    shares: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class AnalysisService:
    """All methods block. Counts by image come from the evaluation's folder, samples from the dataset's catalog."""

    workspace: Workspace

    def labels(self, evaluation: Evaluation, threshold: "Threshold | None" = None) -> "MultiLabel":
        """The model as a multi-label classifier.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.multilabel import classify
        from bddseg_tui.core.analysis.per_image import load_per_image

        return classify(load_per_image(evaluation.folder).confusion, threshold)

    def matrix(
        self, evaluation: Evaluation, kind: Kind, by: "Normalised", threshold: "Threshold | None" = None
    ) -> Matrix:
        """The confusion of pixels, or that of labels with a column for what was missed alone.

        Raises:
            BddsegError: the evaluation has no counts by image, which labels need.
        """
        import numpy as np

        from bddseg_tui.core.analysis.confusion_matrix import normalise

        names = tuple(c.name for c in CLASSES)
        if kind == "pixels":
            counts, columns = np.asarray(evaluation.confusion, np.int64), names
        else:
            counts, columns = self.labels(evaluation, threshold).confusion, (*names, NOTHING)
        shares = normalise(counts, by)
        return Matrix(
            kind,
            names,
            columns,
            tuple(tuple(int(v) for v in row) for row in counts),
            tuple(tuple(float(v) for v in row) for row in shares),
        )

    def cell_images(
        self, evaluation: Evaluation, kind: Kind, row: int, column: int, threshold: "Threshold | None" = None
    ) -> list[Row]:
        """The images behind a cell of such a matrix; those with most pixels in it first.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.confusion_matrix import images_of_cell, images_of_pair
        from bddseg_tui.core.analysis.multilabel import presence
        from bddseg_tui.core.analysis.per_image import load_per_image
        from bddseg_tui.core.analysis.threshold import Threshold

        found = load_per_image(evaluation.folder)
        if kind == "pixels":
            chosen = images_of_cell(found.confusion, row, column)
        else:
            chosen = images_of_pair(*presence(found.confusion, threshold or Threshold()), row, column)
        return self._rows(evaluation, [found.images[int(n)] for n in chosen])

    def images(self, evaluation: Evaluation, worst_first: bool = True, most: int = 200) -> list[Row]:
        """The images that have a score, by it."""
        catalog = self._catalog(evaluation)
        ids = catalog.find(parse_query(f"is:scored sort:{'' if worst_first else '-'}iou"), evaluation.name)
        return catalog.rows(ids[:most], evaluation.name)

    def missed(self, evaluation: Evaluation, class_id: int, threshold: "Threshold | None" = None) -> list[Row]:
        """The images in which a class is there and was not found.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.multilabel import presence
        from bddseg_tui.core.analysis.per_image import load_per_image
        from bddseg_tui.core.analysis.threshold import Threshold

        found = load_per_image(evaluation.folder)
        actual, predicted = presence(found.confusion, threshold or Threshold())
        chosen = (actual & ~predicted)[:, class_id]
        return self._rows(evaluation, [image for image, yes in zip(found.images, chosen, strict=True) if yes])

    def slices(self, evaluation: Evaluation) -> "list[Slice]":
        """Scores by tag, class and brightness.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.per_image import load_per_image
        from bddseg_tui.core.analysis.slices import slices

        return slices(load_per_image(evaluation.folder), self._catalog(evaluation))

    def changes(self, before: Evaluation, after: Evaluation) -> "list[tuple[Row, ImageChange]]":
        """The images that both evaluations have, those that got worst first.

        Raises:
            BddsegError: one of them has no counts by image.
        """
        from bddseg_tui.core.analysis.compare import image_changes
        from bddseg_tui.core.analysis.per_image import load_per_image

        changes = image_changes(load_per_image(before.folder), load_per_image(after.folder))
        root = self._catalog(after).root
        rows = {r.image: r for r in self._rows(after, [c.image for c in changes])}
        pairs = [(rows.get(root / os.fsdecode(c.image)), c) for c in changes]
        return [(row, change) for row, change in pairs if row is not None]

    def settings(self, evaluations: list[Evaluation]) -> dict[str, tuple[object, ...]]:
        """By setting, its value in the runs of these evaluations, for those that are not the same in all."""
        from bddseg_tui.core.analysis.compare import settings_diff

        return settings_diff([find_run(self.workspace, e.run).spec["train"] for e in evaluations])

    def _catalog(self, evaluation: Evaluation) -> Catalog:
        root = open_dataset(find_run(self.workspace, evaluation.run).dataset).root
        return Catalog(self.workspace.catalog_path(root), root)

    def _rows(self, evaluation: Evaluation, images: list[bytes]) -> list[Row]:
        catalog = self._catalog(evaluation)
        return catalog.find_images([catalog.root / os.fsdecode(i) for i in images], evaluation.name)

    def evaluation_states(self) -> "EvaluationStates":
        """A reader of all evaluations, finished or not, for whoever looks again and again."""
        from bddseg_tui.core.runs.evaluation_states import EvaluationStates

        return EvaluationStates(self.workspace)

    def evaluations(self) -> "list[Evaluation]":
        """Every finished evaluation of every run, newest run first; those that cannot be read are left out."""
        return list(self.list_evaluations().found)

    def list_evaluations(self) -> "Evaluations":
        """Every finished evaluation of every run, newest run first, and what is wrong with those that are damaged.

        Scores by image that could not be written into the catalog when they were made are written now.
        """
        from bddseg_tui.core.runs.evaluation import PENDING, Evaluations, NoEvaluationError, load_evaluation

        found, unreadable = [], []
        for run in list_runs(self.workspace):
            for folder in run.evaluations():
                try:
                    found.append(load_evaluation(folder))
                    if (folder / PENDING).exists():
                        self._record_scores(run, folder)
                except NoEvaluationError:
                    continue
                except BddsegError as error:
                    unreadable.append((f"{run.name}/{sanitize(folder.name)}", str(error)))
        return Evaluations(tuple(found), tuple(unreadable))

    def _record_scores(self, run: "Run", folder: Path) -> None:
        from bddseg_tui.core.analysis.record_scores import record_evaluation
        from bddseg_tui.core.jobs.job import read_status

        # What a live job has not told the catalog yet, it will.
        if not read_status(folder).live:
            with suppress(BddsegError, OSError):
                record_evaluation(self.workspace, run.dataset, f"{run.name}/{folder.name}", folder)

    def report(
        self,
        evaluation: "Evaluation",
        others: "Sequence[Evaluation]" = (),
        to: Path | None = None,
        forms: "Forms | None" = None,
    ) -> list[Path]:
        """Writes a report of an evaluation, compared with others if there are any; returns its files, HTML first."""
        from contextlib import ExitStack

        from bddseg_tui.core.jobs.use_lock import in_use
        from bddseg_tui.core.report.write import write_report

        with ExitStack() as kept:
            for used in (evaluation, *others):
                kept.enter_context(in_use(used.folder))
            return write_report(self.workspace, evaluation, others, to, forms)

    def delete(self, run: "Run", name: str) -> str:
        """Deletes an evaluation that nothing uses, with its predictions; `name` ends in CHECKPOINT-SPLIT.

        Returns what could not be done and why, as `delete` does.
        """
        from bddseg_tui.core.runs.run_jobs import delete_evaluation

        return delete_evaluation(self.workspace, run, name)
