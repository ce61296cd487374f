"""Asking the catalog: which samples a filter leaves, and what is known of them. Absent samples are never told of."""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.data.catalog.paths import absolute, absolute_or_none, relative
from bddseg_tui.core.data.catalog.predictions import prediction_path
from bddseg_tui.core.data.catalog.records import COUNT_COLUMNS, PREDICTED_COLUMNS, Row
from bddseg_tui.core.data.filter_language import FIGURES, Query

PAGE = 500
"""Rows that are read at once."""
_FIRST_PAGE = 50
"""Fewer at first, since somebody may be waiting to see one."""
_JOINED = "FROM samples s LEFT JOIN scores e ON e.sample = s.id AND e.evaluation = ?"
Unwanted = Callable[[], bool]


def find(
    database: Database, query: Query, evaluation: str | None, limit: int | None, unwanted: Unwanted | None
) -> list[int]:
    """Ids of the samples that match, in the query's order."""
    where, values = query.where()
    order, order_values = query.order()
    left = -1 if limit is None else limit
    # The plus keeps SQLite from going along an index where it can look up the samples of a tag.
    sql = f"SELECT s.id {_JOINED} WHERE {'+' if query.by_tag else ''}s.absent = 0 AND {where}"
    with database.reading(unwanted) as db:
        number = _number(db, query.evaluation or evaluation)
        if query.sort != "name" or query.by_tag:
            return [i for (i,) in db.execute(f"{sql} ORDER BY {order} LIMIT ?", [number, *values, *order_values, left])]
        # Split by split, along the index: sorting takes long, and cannot be interrupted.
        way = "DESC" if query.descending else "ASC"
        sql += f" AND s.split = ? ORDER BY s.name {way}, s.id {way} LIMIT ?"
        found: list[int] = []
        for split in _split_names(db, query):
            some = -1 if limit is None else limit - len(found)
            found += [i for (i,) in db.execute(sql, [number, *values, split, some])]
        return found


def stream(
    database: Database, root: Path, query: Query, evaluation: str | None, limit: int | None
) -> Iterator[list[Row]]:
    """Pages of the samples that match, in the query's order.

    In the order of names the first page is there at once, whatever the size of the dataset: it is read along an index.
    What changes while it is read may be told of or not, but nothing twice.
    """
    if query.sort == "name":
        pages = _pages_by_name(database, query, evaluation, limit)
    else:
        ids = find(database, query, evaluation, limit, None)
        pages = (ids[at : at + PAGE] for at in range(0, len(ids), PAGE))
    for page in pages:
        yield rows(database, root, page, query.evaluation or evaluation)


def _pages_by_name(database: Database, query: Query, evaluation: str | None, limit: int | None) -> Iterator[list[int]]:
    where, values = query.where()
    way, beyond = ("DESC", "<") if query.descending else ("ASC", ">")
    sql = (
        f"SELECT s.name, s.id {_JOINED} WHERE s.absent = 0 AND s.split = ? AND {where} %s "
        f"ORDER BY s.name {way}, s.id {way} LIMIT ?"
    )
    left, size = limit, _FIRST_PAGE
    with database.reading() as db:
        splits_in_order = _split_names(db, query)
    for split in splits_in_order:
        after: tuple[str, int] | None = None
        while left is None or left > 0:
            wanted = size if left is None else min(size, left)
            further = f"AND (s.name, s.id) {beyond} (?, ?)" if after else ""
            with database.reading() as db:
                number = _number(db, query.evaluation or evaluation)
                page = db.execute(sql % further, [number, split, *values, *(after or ()), wanted]).fetchall()
            if page:
                yield [i for _, i in page]
            left = None if left is None else left - len(page)
            size = PAGE
            if len(page) < wanted:
                break
            after = page[-1]


def _split_names(db: sqlite3.Connection, query: Query) -> list[str]:
    """The splits in the order that `query.order` has for names.

    A step along the index for each, where counting them would read all of it.
    """
    sql = (
        "WITH RECURSIVE found(split) AS (SELECT min(split) FROM samples WHERE absent = 0 UNION ALL "
        "SELECT (SELECT min(split) FROM samples WHERE absent = 0 AND split > found.split) FROM found "
        "WHERE split IS NOT NULL) SELECT split FROM found WHERE split IS NOT NULL"
    )
    found = sorted((split for (split,) in db.execute(sql)), reverse=query.descending)
    return sorted(found, key="test".__eq__)


def images(database: Database, root: Path, query: Query, evaluation: str | None) -> list[Path]:
    """Image paths of the samples that match, in no order: for searching among them."""
    where, values = query.where()
    sql = f"SELECT s.image {_JOINED} WHERE s.absent = 0 AND {where}"
    with database.reading() as db:
        number = _number(db, query.evaluation or evaluation)
        return [absolute(image, root) for (image,) in db.execute(sql, [number, *values])]


def image_ids(database: Database) -> list[tuple[bytes, int]]:
    """(image relative to the dataset, id) of every sample, also of those that are absent."""
    with database.reading() as db:
        return [(bytes(image), i) for image, i in db.execute("SELECT image, id FROM samples")]


def split_of_images(database: Database) -> dict[str, str]:
    """The split of each sample that is there, by its image relative to the dataset."""
    with database.reading() as db:
        rows = db.execute("SELECT image, split FROM samples WHERE absent = 0")
        return {os.fsdecode(image): split for image, split in rows}


def find_images(database: Database, root: Path, wanted: Sequence[Path], evaluation: str | None) -> list[Row]:
    """The samples with these image paths, in this order; those that are unknown are left out."""
    raw = [relative(image, root) for image in wanted]
    ids: dict[bytes, int] = {}
    with database.reading() as db:
        for at in range(0, len(raw), PAGE):
            some = raw[at : at + PAGE]
            sql = f"SELECT image, id FROM samples WHERE image IN ({', '.join('?' * len(some))})"
            ids.update((bytes(image), i) for image, i in db.execute(sql, some))
    return rows(database, root, [ids[r] for r in raw if r in ids], evaluation)


def rows(database: Database, root: Path, ids: Sequence[int], evaluation: str | None) -> list[Row]:
    """The samples with these ids, in this order; ids that are gone are left out."""
    columns = ", ".join(f"s.{c}" for c in ("id", "split", "name", "image", "mask", "width", "height", "problem"))
    sql = (
        f"SELECT {columns}, "
        "(SELECT group_concat(n.name, ' ') FROM tags t JOIN tag_names n ON n.id = t.tag WHERE t.sample = s.id), "
        "(SELECT json_group_object(k.name, m.value) FROM measured m JOIN measures k ON k.id = m.measure "
        "WHERE m.sample = s.id), "
        f"e.evaluation, e.prediction, {', '.join(FIGURES.values())}, {', '.join('s.' + c for c in COUNT_COLUMNS)}, "
        f"{', '.join('e.' + c for c in PREDICTED_COLUMNS[1:])} "
        f"{_JOINED} WHERE s.absent = 0 AND s.id IN (%s)"
    )
    found: dict[int, Row] = {}
    with database.reading() as db:
        number = _number(db, evaluation)
        folder = db.execute("SELECT folder FROM evaluations WHERE id = ?", (number,)).fetchone() or (b"",)
        for at in range(0, len(ids), PAGE):
            some = ids[at : at + PAGE]
            page = db.execute(sql % ", ".join("?" * len(some)), [number, *some])
            found.update((row[0], _row(row, root, folder[0])) for row in page)
    return [found[i] for i in ids if i in found]


def stream_rows(database: Database, root: Path, ids: Sequence[int], evaluation: str | None) -> Iterator[Row]:
    """The same one after another: they are read by the page, and none is kept."""
    for at in range(0, len(ids), PAGE):
        yield from rows(database, root, ids[at : at + PAGE], evaluation)


def values(database: Database, query: Query, evaluation: str | None) -> dict[int, float]:
    """What a query sorts by (a number), of each sample that matches and has it."""
    where, conditions = query.where()
    sql = f"SELECT s.id, {query.number()} {_JOINED} WHERE s.absent = 0 AND {query.number()} IS NOT NULL AND {where}"
    with database.reading() as db:
        return dict(db.execute(sql, [_number(db, query.evaluation or evaluation), *conditions]).fetchall())


def splits_by_id(database: Database) -> dict[int, str]:
    """The split of each sample."""
    with database.reading() as db:
        return dict(db.execute("SELECT id, split FROM samples WHERE absent = 0").fetchall())


def splits(database: Database) -> dict[str, int]:
    """How many samples each split holds; the test split is the last."""
    sql = "SELECT split, count(*) FROM samples WHERE absent = 0 GROUP BY split ORDER BY split"
    with database.reading() as db:
        found = dict(db.execute(sql).fetchall())
    order = ("train", "val", "test")
    return {s: found[s] for s in sorted(found, key=lambda s: order.index(s) if s in order else -1)}


def class_totals(database: Database, split: str | None) -> list[tuple[int, int]]:
    """By class (pixels, images that hold it), over all scanned masks or those of one split."""
    sums = ", ".join(f"coalesce(sum({c}), 0), coalesce(sum({c} > 0), 0)" for c in COUNT_COLUMNS)
    sql = f"SELECT {sums} FROM samples WHERE absent = 0 AND (? IS NULL OR split = ?)"
    with database.reading() as db:
        found = db.execute(sql, (split, split)).fetchone()
    return [(found[2 * i], found[2 * i + 1]) for i in range(NUM_CLASSES)]


def _number(db: sqlite3.Connection, evaluation: str | None) -> int | None:
    found = db.execute("SELECT id FROM evaluations WHERE name = ?", (evaluation,)).fetchone()
    return found[0] if found else None


def _row(row: tuple[Any, ...], root: Path, folder: bytes) -> Row:
    (row_id, split, name, image, mask, width, height, problem, tags, found, scored, kept), rest = row[:12], row[12:]
    figures, counts = dict(zip(FIGURES, rest, strict=False)), rest[len(FIGURES) : len(FIGURES) + NUM_CLASSES]
    predicted = rest[len(FIGURES) + NUM_CLASSES :]
    prediction = prediction_path(kept, folder, image) if scored is not None else None
    return Row(
        id=row_id,
        split=split,
        name=name,
        image=absolute(image, root),
        mask=absolute_or_none(mask, root),
        width=width,
        height=height,
        problem=problem,
        counts=None if counts[0] is None else tuple(counts),
        tags=tuple(str(tags).split()) if tags else (),
        figures=figures,
        measures={} if found == "{}" else json.loads(found),
        prediction=Path(os.fsdecode(prediction)) if prediction else None,
        predicted=None if predicted[0] is None else tuple(predicted),
    )
