"""What an evaluation says of each image, for the dataset's catalog, so that filters and sorting know it.

The counts by image are the truth and lie beside the result; the catalog has a copy. When it cannot be written, the
evaluation is as good as ever, and the copy is made later.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.analysis.multilabel import presence
from bddseg_tui.core.analysis.per_image import PerImage, load_per_image
from bddseg_tui.core.analysis.threshold import Threshold
from bddseg_tui.core.data.catalog import Catalog, ImageScore
from bddseg_tui.core.data.dataset import open_dataset
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_bytes
from bddseg_tui.core.runs.evaluation import PENDING
from bddseg_tui.core.runs.metrics import boundary_scores, finite, image_scores
from bddseg_tui.core.workspace.workspace import Workspace


def record_evaluation(workspace: Workspace, dataset: Path, name: str, folder: Path, patience_s: float = 0.0) -> None:
    """Copies the scores by image of the finished evaluation `name` in `folder` into the catalog of its dataset.

    Args:
        workspace: where the catalog lies.
        dataset: the dataset's root.
        name: what the catalog calls the evaluation.
        folder: the evaluation's.
        patience_s: seconds for which it is tried again while another process holds the catalog.

    Raises:
        BddsegError: the catalog cannot be written, or the counts cannot be read. PENDING stays.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            _record(workspace, dataset, name, folder)
        except BddsegError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(1.0)
        else:
            (folder / PENDING).unlink(missing_ok=True)
            return


def mark_pending(folder: Path) -> None:
    """Says that the catalog does not know the evaluation's scores yet.

    Raises:
        OSError: the disk is full.
    """
    write_bytes(folder / PENDING, b"")


def _record(workspace: Workspace, dataset_root: Path, name: str, folder: Path) -> None:
    found, dataset = load_per_image(folder), open_dataset(dataset_root)
    catalog = Catalog(workspace.catalog_path(dataset.root), dataset.root)
    if catalog.progress()[0] == 0:
        scan(catalog, dataset, lambda done, total: None)
    catalog.record_scores(name, _scores(found, dataset.root, folder / "predictions"))


def _scores(found: PerImage, root: Path, predictions: Path) -> Iterator[ImageScore]:
    for n, relative in enumerate(found.images):
        image, confusion = root / os.fsdecode(relative), found.confusion[n]
        actual, predicted = (p[0] for p in presence(confusion[None], Threshold()))
        accuracy, miou = map(finite, image_scores(confusion.astype(np.int64)))
        boundary = finite(boundary_scores(found.boundary[n].astype(np.int64))[1])
        how = (float(found.confidence[n]), float(found.brightness[n]))
        bits = (_bits(actual & ~predicted), _bits(predicted & ~actual))
        # A labelled image is called by its stem: no mask belongs to two images.
        predicted = tuple(confusion.sum(axis=0, dtype=np.int64).tolist())
        path = predictions / f"{image.stem}.png"
        yield ImageScore(image, path, accuracy, miou, boundary, *how, *bits, predicted)


def _bits(classes: NDArray[np.bool_]) -> int:
    return sum(1 << int(c) for c in np.flatnonzero(classes))
