"""Choosing what to label next: the catalog knows what is labelled and how sure a model is, an index the rest."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.retrieval.manifest import read_manifest_record
from bddseg_tui.index.label_next import choose, ranks
from bddseg_tui.index.vector_table import VectorTable

MEASURED = ("label-next", "novelty")


@dataclass(frozen=True)
class LabelNextWanted:
    """`count` images to label of the dataset at `root`, by an index and, where one is named, an evaluation."""

    root: Path
    catalog: Path
    index: Path
    count: int
    evaluation: str | None = None
    filter: str = ""


def label_next(wanted: LabelNextWanted, report: Callable[[str, int, int], None]) -> int:
    """Records in the catalog which come next and how new each unlabelled image is; returns how many were chosen.

    Args:
        wanted: of what.
        report: called with (phase, done, total); it may raise to stop the work, which then changes nothing.

    Raises:
        BddsegError: there is no index, nothing that the filter leaves is unlabelled, or the catalog cannot be written.
    """
    report("load", 0, 0)
    manifest = read_manifest_record(wanted.index)
    images, matrix = VectorTable(wanted.index, manifest["identity"], manifest["dimension"]).load()
    catalog = Catalog(wanted.catalog, wanted.root)
    places = {wanted.root / os.fsdecode(image): place for place, image in enumerate(images)}
    labelled = [places[i] for i in catalog.images(parse_query("is:labelled")) if i in places]
    query = parse_query(f"{wanted.filter} is:unlabelled")
    unlabelled = [i for i in sorted(catalog.images(query, wanted.evaluation)) if i in places]
    if not unlabelled:
        raise BddsegError("there is no unlabelled image in the index that the filter leaves: none needs a label")
    sure = {row.image: row.figures.get("confidence") for row in catalog.find_images(unlabelled, wanted.evaluation)}
    uncertainty = None
    if any(sure.get(image) is not None for image in unlabelled):
        known = [sure.get(image) for image in unlabelled]
        uncertainty = np.asarray([np.nan if c is None else 1 - c for c in known], np.float32)
    choice = choose(
        np.asarray(matrix[[places[i] for i in unlabelled]]),
        np.asarray(matrix[labelled]),
        uncertainty,
        wanted.count,
        lambda done, total: report("choose", done, total),
    )
    report("record", 0, len(unlabelled))
    catalog.forget_measures(MEASURED)
    catalog.record_measures((i, {"novelty": float(n)}) for i, n in zip(unlabelled, choice.novelty, strict=True))
    chosen = ranks(choice.order.tolist(), len(choice.order))
    catalog.record_measures((unlabelled[place], {"label-next": rank}) for place, rank in chosen)
    return len(chosen)
