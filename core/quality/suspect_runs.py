"""The suspect areas of a search, in pixels of the masks."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.data.area_runs import Run, box_of, count, packed
from bddseg_tui.core.data.image_file import BadFileError, read_mask
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.quality.label_areas import numbered
from bddseg_tui.core.quality.label_evidence import FoldEvidence
from bddseg_tui.core.quality.label_ranking import Ranked, score_of
from bddseg_tui.core.quality.suspects import SuspectArea

_LEAST_IMAGES = 0.05
"""Of all images the share whose heaviest area is told of in any case: whether a label is wrong a person decides."""
_MOST_AREAS = 5
"""Of one image: where more of a mask is wrong, one look is enough."""


def suspect_areas(
    folds: Sequence[FoldEvidence],
    ranked: Sequence[Ranked],
    masks: Mapping[bytes, Path],
    suspect: float,
    check: Callable[[], None],
) -> list[SuspectArea]:
    """The areas below the score `suspect`, and the heaviest of the worst images, the lowest score first.

    Args:
        masks: the mask of each image, which may be others by now: those of another size are left out.
        check: called now and then; it may raise to end the work.
    """
    worst = np.concatenate([np.zeros(0), *(_heaviest(fold, r) for fold, r in zip(folds, ranked, strict=True))])
    few = max(1, round(_LEAST_IMAGES * len(worst)))
    least = np.partition(worst, len(worst) - few)[len(worst) - few] if len(worst) else 0.0
    found: list[SuspectArea] = []
    for fold, r in zip(folds, ranked, strict=True):
        told = (score_of(r.areas) < suspect) | ((r.areas >= least) & (r.areas > 0))
        for image in np.unique(fold.areas["image"][told]).tolist():
            check()
            places = np.flatnonzero(told & (fold.areas["image"] == image))
            places = places[np.argsort(-r.areas[places], kind="stable")][:_MOST_AREAS]
            if (mask := masks.get(fold.images[image])) is not None:
                scores = score_of(r.areas[places])
                found += _in_mask(fold, image, fold.areas[places], scores, mask)
    return sorted(found, key=lambda area: (area.score, area.sample, area.area))


def _heaviest(fold: FoldEvidence, ranked: Ranked) -> NDArray[np.float64]:
    heaviest = np.zeros(len(fold.images))
    np.maximum.at(heaviest, fold.areas["image"], ranked.areas)
    return heaviest


def _in_mask(
    fold: FoldEvidence, image: int, areas: NDArray[np.void], scores: NDArray[np.float64], mask: Path
) -> list[SuspectArea]:
    try:
        ids, digest = read_mask(mask), mask_hash(mask)
    except (BadFileError, OSError):
        return []
    numbers, _ = numbered(fold.given[image], fold.predicted[image])
    large = fold.grid.to_mask(numbers, ids.shape)
    found = []
    for area, score in zip(areas, scores.tolist(), strict=True):
        runs = runs_of((large == area["number"]) & (ids == area["given"]))
        if runs:
            found.append(
                SuspectArea(
                    sample=os.fsdecode(fold.images[image]),
                    area=int(area["number"]),
                    given=int(area["given"]),
                    predicted=int(area["predicted"]),
                    pixels=count(runs),
                    box=box_of(runs),
                    rows=packed(runs),
                    score=score,
                    mask_hash=digest,
                )
            )
    return found


def runs_of(inside: NDArray[np.bool_]) -> tuple[Run, ...]:
    """The pixels of a picture, bool [H, W], as runs of its rows."""
    edges = np.diff(inside.astype(np.int8), axis=1, prepend=0, append=0)
    rows, firsts = np.nonzero(edges == 1)
    _, ends = np.nonzero(edges == -1)
    return tuple(zip(rows.tolist(), firsts.tolist(), ends.tolist(), strict=True))
