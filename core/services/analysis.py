"""Analyses of finished evaluations: what the app and the commands ask for."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from bddseg_tui.core.analysis.matrix import Kind, Matrix
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.runs.evaluation import Evaluation
from bddseg_tui.core.runs.run import list_runs
from bddseg_tui.core.sanitize import sanitize
from bddseg_tui.core.workspace.workspace import Workspace

if TYPE_CHECKING:
    from bddseg_tui.core.analysis.class_images import ClassPixels
    from bddseg_tui.core.analysis.compare import ImageChange
    from bddseg_tui.core.analysis.confusion_matrix import Normalised
    from bddseg_tui.core.analysis.multilabel import MultiLabel
    from bddseg_tui.core.analysis.slices import Slice
    from bddseg_tui.core.analysis.threshold import Threshold
    from bddseg_tui.core.report.write import Forms
    from bddseg_tui.core.runs.evaluation import Evaluations
    from bddseg_tui.core.runs.evaluation_states import EvaluationStates
    from bddseg_tui.core.runs.run import Run


@dataclass(frozen=True)
class AnalysisService:
    """All methods block. Counts by image come from the evaluation's folder, samples from the dataset's catalog."""

    workspace: Workspace

    def labels(self, evaluation: Evaluation, threshold: "Threshold | None" = None) -> "MultiLabel":
        """The model as a multi-label classifier.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import labels_of

        return labels_of(evaluation, threshold)

    def matrix(
        self, evaluation: Evaluation, kind: Kind, by: "Normalised", threshold: "Threshold | None" = None
    ) -> Matrix:
        """The confusion of pixels, or that of labels with a column for what was missed alone.

        Raises:
            BddsegError: the evaluation has no counts by image, which labels need.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import matrix_of

        return matrix_of(evaluation, kind, by, threshold)

    def cell_images(
        self, evaluation: Evaluation, kind: Kind, row: int, column: int, threshold: "Threshold | None" = None
    ) -> list[Row]:
        """The images behind a cell of such a matrix; those with most pixels in it first.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import images_of_matrix_cell

        return images_of_matrix_cell(self.workspace, evaluation, kind, row, column, threshold)

    def images(self, evaluation: Evaluation, worst_first: bool = True, most: int = 200) -> list[Row]:
        """The images that have a score, by it."""
        from bddseg_tui.core.analysis.evaluation_analysis import scored_images

        return scored_images(self.workspace, evaluation, worst_first, most)

    def missed(self, evaluation: Evaluation, class_id: int, threshold: "Threshold | None" = None) -> list[Row]:
        """The images in which a class is there and was not found; those with most pixels of it first.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import missed_images

        return missed_images(self.workspace, evaluation, class_id, threshold)

    def class_images(
        self, evaluation: Evaluation, class_id: int, worst_first: bool = True, most: int = 200
    ) -> "list[tuple[Row, ClassPixels]]":
        """The images in which a class is or was predicted, by its IoU, with its right, missed and invented pixels.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import class_images

        return class_images(self.workspace, evaluation, class_id, worst_first, most)

    def check_comparable(self, evaluations: "Sequence[Evaluation]") -> None:
        """Refuses to compare evaluations of different datasets or splits.

        Raises:
            UsageError: they are; the message says which.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import check_comparable

        check_comparable(self.workspace, evaluations)

    def slices(self, evaluation: Evaluation) -> "list[Slice]":
        """Scores by tag, class and brightness: the lowest first, those of few images last.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import slices_of

        return slices_of(self.workspace, evaluation)

    def changes(self, before: Evaluation, after: Evaluation) -> "list[tuple[Row, ImageChange]]":
        """The images that both evaluations have, those that got worst first.

        Raises:
            BddsegError: one of them has no counts by image, or they are of different datasets or splits.
        """
        from bddseg_tui.core.analysis.evaluation_analysis import changed_images

        return changed_images(self.workspace, before, after)

    def settings(self, evaluations: list[Evaluation]) -> dict[str, tuple[object, ...]]:
        """By setting, its value in the runs of these evaluations, for those that are not the same in all."""
        from bddseg_tui.core.analysis.evaluation_analysis import differing_settings

        return differing_settings(self.workspace, evaluations)

    def evaluation_states(self) -> "EvaluationStates":
        """A reader of all evaluations, finished or not, for whoever looks again and again."""
        from bddseg_tui.core.runs.evaluation_states import EvaluationStates

        return EvaluationStates(self.workspace)

    def evaluations(self) -> "list[Evaluation]":
        """Every finished evaluation of every run, newest run first; those that cannot be read are left out."""
        return list(self.list_evaluations().found)

    def evaluation(self, run: "Run", split: str, checkpoint: str, tta: str = "none") -> Evaluation:
        """The finished evaluation of a run on its own dataset.

        Raises:
            BddsegError: there is none, or it is damaged; the message says how to make it.
        """
        from bddseg_tui.core.runs.evaluation import evaluation_folder, load_evaluation

        return load_evaluation(evaluation_folder(run.folder, checkpoint, split, tta))

    def result(self, job: Path) -> Evaluation:
        """What the evaluation found that worked in this folder.

        Raises:
            BddsegError: it is not finished, or damaged.
        """
        from bddseg_tui.core.runs.evaluation import load_evaluation

        return load_evaluation(job)

    def list_evaluations(self) -> "Evaluations":
        """Every finished evaluation of every run, newest run first, and what is wrong with those that are damaged.

        Scores by image that could not be written into the catalog when they were made are written now, and so are
        the predicted classes of evaluations of earlier versions.
        """
        from bddseg_tui.core.runs.evaluation import PENDING, Evaluations, NoEvaluationError, load_evaluation

        without_predicted = cache(self._without_predicted)
        found, unreadable = [], []
        for run in list_runs(self.workspace):
            for folder in run.evaluations():
                try:
                    found.append(load_evaluation(folder))
                    if (folder / PENDING).exists() or f"{run.name}/{folder.name}" in without_predicted(run.dataset):
                        self._record_scores(run, folder)
                except NoEvaluationError:
                    continue
                except BddsegError as error:
                    unreadable.append((f"{run.name}/{sanitize(folder.name)}", str(error)))
        return Evaluations(tuple(found), tuple(unreadable))

    def _without_predicted(self, dataset: Path) -> list[str]:
        """What the catalog calls the evaluations of this dataset of which it does not know the predicted classes."""
        path = self.workspace.catalog_path(dataset)
        try:
            return Catalog(path, dataset).without_predicted() if path.exists() else []
        except BddsegError:
            return []

    def _record_scores(self, run: "Run", folder: Path) -> None:
        from bddseg_tui.core.analysis.record_scores import record_evaluation
        from bddseg_tui.core.jobs.job import read_status
        from bddseg_tui.core.runs.evaluation import evaluated_dataset

        # What a live job has not told the catalog yet, it will.
        if not read_status(folder).live:
            with suppress(BddsegError, OSError):
                dataset = evaluated_dataset(run, folder)
                record_evaluation(self.workspace, dataset, f"{run.name}/{folder.name}", folder)

    def report(
        self,
        evaluation: "Evaluation",
        others: "Sequence[Evaluation]" = (),
        to: Path | None = None,
        forms: "Forms | None" = None,
    ) -> list[Path]:
        """Writes a report of an evaluation, compared with others if there are any; returns its files, HTML first.

        Raises:
            BddsegError: it cannot be written, or the others are of another dataset or split.
        """
        from contextlib import ExitStack

        from bddseg_tui.core.jobs.use_lock import in_use
        from bddseg_tui.core.report.write import write_report

        self.check_comparable([evaluation, *others])
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
