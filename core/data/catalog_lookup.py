"""What a list of samples shows first: those that a filter leaves, a page of them, and the splits and tags there are."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.filter_language import Query

PAGE = 128
"""Rows that are read at once."""


@dataclass(frozen=True)
class Found:
    """What the catalog answered.

    Attributes:
        ids: the samples, in the filter's order.
        rows: what is known of the first page of them.
        splits: the number of samples of each split, whatever the filter.
        tags: every tag of the dataset.
        evaluation: whose predictions and scores the rows carry.
    """

    ids: "array[int]"
    rows: tuple[Row, ...]
    splits: dict[str, int]
    tags: list[str]
    evaluation: str | None


def look_up(
    catalog: Catalog,
    query: Query,
    evaluation: str | None,
    splits: dict[str, int] | None,
    unwanted: Callable[[], bool],
) -> Found:
    """The samples that fit a filter; `splits` are those that are known, which a large catalog need not count again.

    Raises:
        InterruptedReadError: `unwanted` said so.
        BddsegError: the catalog cannot be read.
    """
    ids = array("q", catalog.find(query, evaluation, unwanted=unwanted))
    rows = tuple(catalog.rows(list(ids[:PAGE]), evaluation))
    return Found(ids, rows, splits or catalog.splits(), catalog.tags(), evaluation)
