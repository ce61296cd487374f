"""A confusion matrix as screens and reports show it: plain numbers, so that whoever shows one needs no NumPy."""

from dataclasses import dataclass
from typing import Literal

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
