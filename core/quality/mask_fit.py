"""How well the edges of a mask lie on those of its photograph: one of another image, or one that slipped, does not.

The mean edge strength of the photograph below the mask's borders, by rank within the image, is compared with that below
the same borders moved aside: what matters is whether they lie better where they are than anywhere near, so that
neither a blurred image nor a busy one is odd for that alone. `benchmarks/odd_images.py` measures it on masks that were
swapped and moved.
"""

from typing import TYPE_CHECKING

from bddseg_tui.core.classes import UNKNOWN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

WIDTH = 256
"""Pixels across at which image and mask are compared."""
_MOVES = tuple((x, y) for x in (-12, -6, 0, 6, 12) for y in (-12, -6, 0, 6, 12) if (x, y) != (0, 0))
_FEWEST = 50
"""Pixels of borders; a mask with fewer says nothing."""
_RIM = 2


def mask_fit(photo: "NDArray[np.uint8]", mask: "NDArray[np.uint8]") -> float | None:
    """0..1: 0.5 where borders lie as well elsewhere as where they are; None where there are hardly any.

    Args:
        photo: uint8 [H, W, 3], WIDTH pixels across.
        mask: class ids, uint8 [H, W], 0..19; borders of unknown do not count.
    """
    import numpy as np

    rows, columns = np.nonzero(_borders(mask))
    if len(rows) < _FEWEST:
        return None
    strength = _ranks(_gradient(photo))
    here = float(strength[rows, columns].mean())
    moved = [mean for x, y in _MOVES if (mean := _mean_at(strength, rows + y, columns + x)) is not None]
    if not moved:
        return None
    return min(1.0, max(0.0, 0.5 + (here - max(moved)) + (here - sum(moved) / len(moved)) / 2))


def _mean_at(strength: "NDArray[np.float32]", rows: "NDArray[np.int64]", columns: "NDArray[np.int64]") -> float | None:
    height, width = strength.shape
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    return float(strength[rows[inside], columns[inside]].mean()) if inside.sum() >= _FEWEST // 2 else None


def _gradient(photo: "NDArray[np.uint8]") -> "NDArray[np.float32]":
    """The strength of edges, over all three colours."""
    import numpy as np

    values = photo.astype(np.float32)
    squares = np.zeros(photo.shape[:2], np.float32)
    squares[:, 1:-1] += np.square(values[:, 2:] - values[:, :-2]).sum(2)
    squares[1:-1] += np.square(values[2:] - values[:-2]).sum(2)
    strength: NDArray[np.float32] = np.sqrt(squares)
    return strength


def _ranks(values: "NDArray[np.float32]") -> "NDArray[np.float32]":
    """0..1 by the order of the values."""
    import numpy as np

    ranks = np.empty(values.size, np.float32)
    ranks[np.argsort(values, axis=None)] = np.linspace(0, 1, values.size, dtype=np.float32)
    return ranks.reshape(values.shape)


def _borders(mask: "NDArray[np.uint8]") -> "NDArray[np.bool_]":
    """Pixels at which two known classes meet."""
    import numpy as np

    found = np.zeros(mask.shape, bool)
    known = mask != UNKNOWN
    across = (mask[:, 1:] != mask[:, :-1]) & known[:, 1:] & known[:, :-1]
    found[:, 1:] |= across
    found[:, :-1] |= across
    down = (mask[1:] != mask[:-1]) & known[1:] & known[:-1]
    found[1:] |= down
    found[:-1] |= down
    inner = np.zeros(mask.shape, bool)
    inner[_RIM:-_RIM, _RIM:-_RIM] = True
    return found & inner
