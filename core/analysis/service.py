"""Analyses of finished evaluations: what the app and the commands ask for."""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from core.catalog import Catalog, Row
from core.classes import CLASSES
from core.dataset import open_dataset
from core.evaluation import Evaluation
from core.query import parse_query
from core.runs import find_run
from core.workspace import Workspace

if TYPE_CHECKING:
    from core.analysis.compare import ImageChange
    from core.analysis.matrix import Normalised
    from core.analysis.multilabel import MultiLabel
    from core.analysis.slices import Slice
    from core.analysis.threshold import Threshold

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
        from core.analysis.multilabel import classify
        from core.analysis.per_image import load_per_image

        return classify(load_per_image(evaluation.folder).confusion, threshold)

    def matrix(
        self, evaluation: Evaluation, kind: Kind, by: "Normalised", threshold: "Threshold | None" = None
    ) -> Matrix:
        """The confusion of pixels, or that of labels with a column for what was missed alone.

        Raises:
            BddsegError: the evaluation has no counts by image, which labels need.
        """
        import numpy as np

        from core.analysis.matrix import normalise

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
        from core.analysis.matrix import images_of_cell, images_of_pair
        from core.analysis.multilabel import presence
        from core.analysis.per_image import load_per_image
        from core.analysis.threshold import Threshold

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
        from core.analysis.multilabel import presence
        from core.analysis.per_image import load_per_image
        from core.analysis.threshold import Threshold

        found = load_per_image(evaluation.folder)
        actual, predicted = presence(found.confusion, threshold or Threshold())
        chosen = (actual & ~predicted)[:, class_id]
        return self._rows(evaluation, [image for image, yes in zip(found.images, chosen, strict=True) if yes])

    def slices(self, evaluation: Evaluation) -> "list[Slice]":
        """Scores by tag, class and brightness.

        Raises:
            BddsegError: the evaluation has no counts by image.
        """
        from core.analysis.per_image import load_per_image
        from core.analysis.slices import slices

        return slices(load_per_image(evaluation.folder), self._catalog(evaluation))

    def changes(self, before: Evaluation, after: Evaluation) -> "list[tuple[Row, ImageChange]]":
        """The images that both evaluations have, those that got worst first.

        Raises:
            BddsegError: one of them has no counts by image.
        """
        from core.analysis.compare import image_changes
        from core.analysis.per_image import load_per_image

        changes = image_changes(load_per_image(before.folder), load_per_image(after.folder))
        root = self._catalog(after).root
        rows = {r.image: r for r in self._rows(after, [c.image for c in changes])}
        pairs = [(rows.get(root / os.fsdecode(c.image)), c) for c in changes]
        return [(row, change) for row, change in pairs if row is not None]

    def settings(self, evaluations: list[Evaluation]) -> dict[str, tuple[object, ...]]:
        """By setting, its value in the runs of these evaluations, for those that are not the same in all."""
        from core.analysis.compare import settings_diff

        return settings_diff([find_run(self.workspace, e.run).spec["train"] for e in evaluations])

    def _catalog(self, evaluation: Evaluation) -> Catalog:
        root = open_dataset(find_run(self.workspace, evaluation.run).dataset).root
        return Catalog(self.workspace.catalog_path(root), root)

    def _rows(self, evaluation: Evaluation, images: list[bytes]) -> list[Row]:
        catalog = self._catalog(evaluation)
        return catalog.find_images([catalog.root / os.fsdecode(i) for i in images], evaluation.name)
