"""What a model that did not see a mask says against it: of the image as a whole, and area by area.

All of it is counted on the grid of the model's own output, a small one: a label error that matters is larger than a
cell, and boundaries, of which annotators have habits of their own, mostly fall within cells.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from bddseg_tui.core.classes import NUM_CLASSES

SMALLEST = 4
"""Cells of the smallest area that is told of."""
TEMPERATURE = 0.1
"""Of the soft minimum, as arXiv 2307.05080 has it."""
EVIDENCE = np.dtype(
    [
        ("image", "i4"),  # a number that the caller gives
        ("number", "i4"),  # in the image, as `numbered` gives it
        ("given", "u1"),
        ("predicted", "u1"),
        ("cells", "i4"),
        ("inner", "i4"),  # cells all of whose neighbours have the given label too
        ("whole", "i4"),  # cells of the connected part of the mask that it lies in
        ("p_given", "f4"),  # mean probability (0..1) of the label over the area
        ("p_predicted", "f4"),  # mean probability of what is predicted
        ("place", "f4"),  # mean of ln(how often what is predicted is there / how often the label is there)
        ("box", "i2", (4,)),  # left, top, right, bottom on the grid, the last two exclusive
    ]
)
"""A row of the table of areas."""
_TOUCHING = np.ones((3, 3), bool)


@dataclass(frozen=True)
class Grid:
    """The size (height, width) of what a model says, and where on it pixels of a mask lie."""

    height: int
    width: int

    def of_mask(self, mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Class ids uint8 [height, width]: those of the mask, uint8 [H, W], at the middle of each cell."""
        high, wide = mask.shape
        rows = ((np.arange(self.height) + 0.5) * high / self.height).astype(np.intp)
        columns = ((np.arange(self.width) + 0.5) * wide / self.width).astype(np.intp)
        cells: NDArray[np.uint8] = mask[rows[:, None], columns[None, :]]
        return cells

    def to_mask(self, cells: NDArray[np.generic], size: tuple[int, int]) -> NDArray[np.generic]:
        """The cells [height, width] at the size (height, width) of a mask, each as a block of its pixels."""
        rows = (np.arange(size[0]) * self.height // size[0]).astype(np.intp)
        columns = (np.arange(size[1]) * self.width // size[1]).astype(np.intp)
        return cells[rows[:, None], columns[None, :]]


def soft_minimum(given: NDArray[np.uint8], probabilities: NDArray[np.floating]) -> float:
    """How surely all of a label is right (0..1): the soft minimum over cells of the probability of the given class.

    Args:
        given: class ids uint8 [h, w].
        probabilities: floating [20, h, w], 0..1.
    """
    own = np.take_along_axis(probabilities, given[None].astype(np.intp), axis=0)[0].astype(np.float64)
    weights = np.exp((own.min() - own) / TEMPERATURE)
    return float((own * weights).sum() / weights.sum())


def place_prior(given: Iterable[NDArray[np.uint8]], grid: Grid) -> NDArray[np.float32]:
    """ln of the share of masks, class ids uint8 [h, w] each, with a class at a cell: float32 [20, h, w].

    A mask more than there are, which has every class everywhere alike, keeps it finite.
    """
    counts = np.zeros((NUM_CLASSES, grid.height, grid.width))
    number = 0
    for ids in given:
        number += 1
        counts += ids[None] == np.arange(NUM_CLASSES, dtype=np.uint8)[:, None, None]
    # What is seldom there at all is as likely a few cells further on.
    smooth = ndimage.uniform_filter(counts, (0, max(1, grid.height // 16), max(1, grid.width // 8)), mode="nearest")
    prior: NDArray[np.float32] = np.log((smooth + 1 / NUM_CLASSES) / (number + 1)).astype(np.float32)
    return prior


def areas_of(
    image: int, given: NDArray[np.uint8], probabilities: NDArray[np.floating], prior: NDArray[np.float32]
) -> NDArray[np.void]:
    """The areas of one image whose label the model contradicts with one class: rows of EVIDENCE, the largest first.

    Args:
        image: the number to put into each row.
        given: class ids uint8 [h, w].
        probabilities: floating [20, h, w], 0..1.
        prior: what `place_prior` made.
    """
    predicted = probabilities.argmax(axis=0).astype(np.uint8)
    numbers, codes = numbered(given, predicted)
    if not len(codes):
        return np.zeros(0, EVIDENCE)
    every = np.arange(1, len(codes) + 1)
    sizes = np.bincount(numbers.ravel(), minlength=len(codes) + 1)[1:]
    kept = every[sizes >= SMALLEST]
    kept = kept[np.argsort(-sizes[kept - 1], kind="stable")]
    rows = np.zeros(len(kept), EVIDENCE)
    if not len(kept):
        return rows
    own = np.take_along_axis(probabilities, given[None].astype(np.intp), axis=0)[0]
    other = np.take_along_axis(probabilities, predicted[None].astype(np.intp), axis=0)[0]
    wholes = _wholes(given)
    y, x = np.indices(given.shape)
    places = prior[predicted, y, x] - prior[given, y, x]
    rows["image"], rows["number"] = image, kept
    rows["given"], rows["predicted"] = codes[kept - 1] // NUM_CLASSES, codes[kept - 1] % NUM_CLASSES
    rows["cells"] = sizes[kept - 1]
    rows["inner"] = ndimage.sum_labels(_inner(given), numbers, kept)
    rows["p_given"] = ndimage.mean(own.astype(np.float32), numbers, kept)
    rows["p_predicted"] = ndimage.mean(other.astype(np.float32), numbers, kept)
    rows["place"] = ndimage.mean(places, numbers, kept)
    found = ndimage.find_objects(numbers)
    for row, number in zip(rows, kept.tolist(), strict=True):
        high, wide = found[number - 1]
        row["box"] = wide.start, high.start, wide.stop, high.stop
        row["whole"] = wholes[high, wide][numbers[high, wide] == number][0]
    return rows


def numbered(given: NDArray[np.uint8], predicted: NDArray[np.uint8]) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Areas of cells that touch and have one label and one other prediction: numbers from 1, int32 [h, w]; 0: none.

    With them, by number less 1, 20 * given + predicted, int64 [areas]. The same two arrays have the same.
    """
    code = np.where(given == predicted, -1, given.astype(np.int64) * NUM_CLASSES + predicted)
    numbers, codes = np.zeros(given.shape, np.int32), list[int]()
    for value in np.unique(code[code >= 0]).tolist():
        labelled, count = ndimage.label(code == value, _TOUCHING)
        numbers += np.where(labelled > 0, labelled + len(codes), 0).astype(np.int32)
        codes += [value] * int(count)
    return numbers, np.array(codes, np.int64)


def _wholes(given: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Of each cell, how many the connected part of the mask has that it lies in."""
    sizes = np.zeros(given.shape, np.int64)
    for value in np.unique(given).tolist():
        labelled, _ = ndimage.label(given == value, _TOUCHING)
        counts = np.bincount(labelled.ravel())
        sizes += np.where(labelled > 0, counts[labelled], 0)
    return sizes


def _inner(given: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """Cells all of whose neighbours have their label; the frame's edge is no boundary."""
    same: NDArray[np.bool_] = ndimage.maximum_filter(given, 3, mode="nearest") == ndimage.minimum_filter(
        given, 3, mode="nearest"
    )
    return same
