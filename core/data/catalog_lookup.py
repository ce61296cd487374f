"""What a list of samples shows first: those that a filter leaves, a page of them, and the splits and tags there are."""

from array import array
from collections.abc import Callable
from dataclasses import dataclass

from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.filter_completion import Vocabulary
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
        known: the tags and evaluations of the dataset.
        evaluation: whose predictions and scores the rows carry.
        why_none: why nothing can be found, in words; '' where that is not so.
    """

    ids: "array[int]"
    rows: tuple[Row, ...]
    splits: dict[str, int]
    known: Vocabulary
    evaluation: str | None
    why_none: str = ""


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
    evaluation, known = query.evaluation or evaluation, vocabulary(catalog)
    if query.by_prediction and (why := catalog.lacks_predicted(evaluation)):
        return Found(array("q"), (), splits or catalog.splits(), known, evaluation, why)
    ids = array("q", catalog.find(query, evaluation, unwanted=unwanted))
    rows = tuple(catalog.rows(list(ids[:PAGE]), evaluation))
    return Found(ids, rows, splits or catalog.splits(), known, evaluation)


def vocabulary(catalog: Catalog) -> Vocabulary:
    """The words that filters of this dataset are completed with.

    Raises:
        BddsegError: the catalog cannot be read.
    """
    return Vocabulary(tuple(catalog.tags()), tuple(catalog.evaluations()), tuple(catalog.measured()))
