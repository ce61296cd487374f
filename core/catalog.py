"""The catalog: what is known of a dataset's samples, in one SQLite file of the workspace.

Paths are kept as bytes relative to the dataset's root, because a file name need not be valid UTF-8. Class
pixel counts are twenty columns (`c0` .. `c19`), so that filters and sorting are plain SQL.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from core.classes import NUM_CLASSES
from core.dataset import Sample
from core.errors import BddsegError
from core.query import FIGURES, Query
from core.sanitize import sanitize, sanitize_path

COUNT_COLUMNS = tuple(f"c{i}" for i in range(NUM_CLASSES))
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY, split TEXT NOT NULL, name TEXT NOT NULL, image BLOB NOT NULL UNIQUE, mask BLOB,
    stamp TEXT NOT NULL, scanned INTEGER NOT NULL DEFAULT 0, width INTEGER, height INTEGER, problem TEXT,
    pixels INTEGER, {", ".join(f"{c} INTEGER" for c in COUNT_COLUMNS)});
CREATE INDEX IF NOT EXISTS samples_by_split ON samples (split, name);
CREATE INDEX IF NOT EXISTS samples_pending ON samples (scanned) WHERE scanned = 0;
CREATE TABLE IF NOT EXISTS tags (sample INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (sample, tag)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS scores (
    evaluation TEXT NOT NULL, sample INTEGER NOT NULL, accuracy REAL, miou REAL, prediction BLOB,
    PRIMARY KEY (evaluation, sample)) WITHOUT ROWID;
"""
_SINCE_2 = ("boundary REAL", "confidence REAL", "brightness REAL", "missed INTEGER", "invented INTEGER")
"""Columns of scores that catalogs of version 1 lack."""
_EVALUATIONS = """
WITH RECURSIVE found(name) AS (
    SELECT min(evaluation) FROM scores
    UNION ALL SELECT (SELECT min(evaluation) FROM scores WHERE evaluation > name) FROM found WHERE name IS NOT NULL)
SELECT name FROM found WHERE name IS NOT NULL
"""
"""A step for each name: SELECT DISTINCT reads every row, a hundred thousand for each evaluation of a large dataset."""
VERSION = 2


@dataclass(frozen=True)
class Row:
    """A sample as the catalog knows it.

    `counts` are pixels by class, None until it was scanned; `figures` (0..1) are an evaluation's, by the names that
    filters have for them.
    """

    id: int
    split: str
    name: str
    image: Path
    mask: Path | None
    width: int | None
    height: int | None
    problem: str | None
    counts: tuple[int, ...] | None
    tags: tuple[str, ...] = ()
    figures: Mapping[str, float | None] = field(default_factory=dict)
    prediction: Path | None = None

    @property
    def miou(self) -> float | None:
        """mIoU19 (0..1) of the chosen evaluation's prediction."""
        return self.figures.get("iou")

    def share(self, class_id: int) -> float | None:
        """Percentage (0..100) of the mask's pixels that are of this class; None if unknown."""
        if self.counts is None or not (total := sum(self.counts)):
            return None
        return 100.0 * self.counts[class_id] / total

    @property
    def shares(self) -> tuple[float | None, ...]:
        """Each class's percentage of the mask's pixels; Nones if unknown."""
        return tuple(self.share(i) for i in range(NUM_CLASSES))


class Catalog:
    """One open catalog. Each method opens a connection of its own, so any thread may call any of them."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.root = root
        try:
            with closing(self._connect()) as db:
                if db.execute("PRAGMA user_version").fetchone()[0] != VERSION:
                    _migrate(db)
        except sqlite3.Error as error:
            raise BddsegError(
                f"the catalog {sanitize_path(path)} cannot be opened ({error}): move it away to have it made anew"
            ) from error

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        return db

    # -- writing ---------------------------------------------------------------------------------------------

    def refresh(self, samples: Iterable[Sample]) -> tuple[int, int]:
        """Makes the catalog hold just these samples; returns (samples in all, samples yet to be scanned).

        A sample whose image or mask changed (size or modification time) is scanned again and keeps its tags.
        """
        with closing(self._connect()) as db, db:
            known = {image: (row, stamp) for row, image, stamp in db.execute("SELECT id, image, stamp FROM samples")}
            for sample in samples:
                image, mask = self._relative(sample.image), self._relative(sample.mask)
                stamp = f"{_stamp(sample.image)}|{_stamp(sample.mask)}"
                row, old = known.pop(image, (None, None))
                if row is None:
                    values = (sample.split, sanitize_path(sample.name), image, mask, stamp)
                    db.execute("INSERT INTO samples (split, name, image, mask, stamp) VALUES (?, ?, ?, ?, ?)", values)
                elif stamp != old:
                    db.execute("UPDATE samples SET mask = ?, stamp = ?, scanned = 0 WHERE id = ?", (mask, stamp, row))
            for row, _ in known.values():
                for table, column in (("samples", "id"), ("tags", "sample"), ("scores", "sample")):
                    db.execute(f"DELETE FROM {table} WHERE {column} = ?", (row,))
            return _progress(db)

    def record(self, results: Sequence["ScanResult"]) -> None:
        """Stores what a scan found out, all in one transaction."""
        names = ", ".join(f"{c} = ?" for c in ("width", "height", "problem", "pixels", *COUNT_COLUMNS))
        with closing(self._connect()) as db, db:
            for r in results:
                counts = r.counts or (None,) * NUM_CLASSES
                pixels = sum(r.counts) if r.counts else None
                values = (r.width, r.height, r.problem, pixels, *counts, r.id)
                db.execute(f"UPDATE samples SET scanned = 1, {names} WHERE id = ?", values)

    def add_tag(self, ids: Iterable[int], tag: str) -> None:
        """Gives these samples a tag; a tag is one word."""
        clean = sanitize(tag).strip().lower()
        if not clean or any(c.isspace() for c in clean):
            raise BddsegError(f"a tag is one word, not {sanitize(tag)!r}")
        with closing(self._connect()) as db, db:
            db.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(i, clean) for i in ids])

    def remove_tag(self, ids: Iterable[int], tag: str) -> None:
        """Takes a tag from these samples."""
        with closing(self._connect()) as db, db:
            db.executemany("DELETE FROM tags WHERE sample = ? AND tag = ?", [(i, tag.lower()) for i in ids])

    def record_scores(self, evaluation: str, scores: Iterable["ImageScore"]) -> None:
        """Replaces what an evaluation says of each image."""
        with closing(self._connect()) as db, db:
            db.execute("DELETE FROM scores WHERE evaluation = ?", (evaluation,))
            db.executemany(
                f"INSERT INTO scores (evaluation, sample, prediction, {', '.join(_SCORES)}) "
                f"SELECT ?, id, ?{', ?' * len(_SCORES)} FROM samples WHERE image = ?",
                [
                    (
                        evaluation,
                        os.fsencode(s.prediction),
                        *(getattr(s, column) for column in _SCORES),
                        self._relative(s.image),
                    )
                    for s in scores
                ],
            )

    # -- reading ---------------------------------------------------------------------------------------------

    def progress(self) -> tuple[int, int]:
        """(samples in all, samples yet to be scanned)."""
        with closing(self._connect()) as db:
            return _progress(db)

    def pending(self) -> Iterator[tuple[int, Path, Path | None]]:
        """(id, image, mask) of every sample that is yet to be scanned, read a page at a time."""
        sql, last = "SELECT id, image, mask FROM samples WHERE scanned = 0 AND id > ? ORDER BY id LIMIT 1000", -1
        while True:
            with closing(self._connect()) as db:
                page = db.execute(sql, (last,)).fetchall()
            if not page:
                return
            last = page[-1][0]
            yield from ((i, self.root / os.fsdecode(image), self._absolute(mask)) for i, image, mask in page)

    def find(self, query: Query, evaluation: str | None = None) -> list[int]:
        """Ids of the samples that match, in the query's order."""
        where, values = query.where()
        order, order_values = query.order()
        sql = (
            f"SELECT s.id FROM samples s LEFT JOIN scores e ON e.sample = s.id AND e.evaluation = ? "
            f"WHERE {where} ORDER BY {order}"
        )
        with closing(self._connect()) as db:
            return [i for (i,) in db.execute(sql, [evaluation, *values, *order_values])]

    def images(self, query: Query, evaluation: str | None = None) -> list[Path]:
        """Image paths of the samples that match, in no order: for searching among them."""
        where, values = query.where()
        sql = f"SELECT s.image FROM samples s LEFT JOIN scores e ON e.sample = s.id AND e.evaluation = ? WHERE {where}"
        with closing(self._connect()) as db:
            return [self.root / os.fsdecode(image) for (image,) in db.execute(sql, [evaluation, *values])]

    def find_images(self, images: Sequence[Path], evaluation: str | None = None) -> list[Row]:
        """The samples with these image paths, in this order; those that are unknown are left out."""
        raw = [self._relative(image) for image in images]
        with closing(self._connect()) as db:
            ids = {
                bytes(image): i
                for at in range(0, len(raw), 500)
                for i, image in db.execute(
                    f"SELECT id, image FROM samples WHERE image IN ({', '.join('?' * len(raw[at : at + 500]))})",
                    raw[at : at + 500],
                )
            }
        return self.rows([ids[r] for r in raw if r in ids], evaluation)

    def rows(self, ids: Sequence[int], evaluation: str | None = None) -> list[Row]:
        """The samples with these ids, in this order; ids that are gone are left out."""
        marks = ", ".join("?" * len(ids))
        columns = ", ".join(f"s.{c}" for c in ("id", "split", "name", "image", "mask", "width", "height", "problem"))
        sql = (
            f"SELECT {columns}, (SELECT group_concat(tag, ' ') FROM tags WHERE sample = s.id), e.prediction, "
            f"{', '.join(FIGURES.values())}, "
            f"{', '.join('s.' + c for c in COUNT_COLUMNS)} FROM samples s "
            f"LEFT JOIN scores e ON e.sample = s.id AND e.evaluation = ? WHERE s.id IN ({marks})"
        )
        with closing(self._connect()) as db:
            found = {row[0]: self._row(row) for row in db.execute(sql, [evaluation, *ids])}
        return [found[i] for i in ids if i in found]

    def splits(self) -> dict[str, int]:
        """How many samples each split holds."""
        with closing(self._connect()) as db:
            return dict(db.execute("SELECT split, count(*) FROM samples GROUP BY split ORDER BY min(id)").fetchall())

    def class_totals(self, split: str | None = None) -> list[tuple[int, int]]:
        """By class (pixels, images that hold it), over all scanned masks or those of one split."""
        sums = ", ".join(f"coalesce(sum({c}), 0), coalesce(sum({c} > 0), 0)" for c in COUNT_COLUMNS)
        with closing(self._connect()) as db:
            found = db.execute(f"SELECT {sums} FROM samples WHERE ? IS NULL OR split = ?", (split, split)).fetchone()
        return [(found[2 * i], found[2 * i + 1]) for i in range(NUM_CLASSES)]

    def tags(self) -> list[str]:
        """Every tag in use."""
        with closing(self._connect()) as db:
            return [tag for (tag,) in db.execute("SELECT DISTINCT tag FROM tags ORDER BY tag")]

    def evaluations(self) -> list[str]:
        """Names of the evaluations that have per-image scores."""
        with closing(self._connect()) as db:
            return [name for (name,) in db.execute(_EVALUATIONS)]

    def _row(self, row: tuple[Any, ...]) -> Row:
        (row_id, split, name, image, mask, width, height, problem, tags, prediction), rest = row[:10], row[10:]
        figures, counts = dict(zip(FIGURES, rest, strict=False)), rest[len(FIGURES) :]
        return Row(
            row_id,
            split,
            name,
            self.root / os.fsdecode(image),
            self._absolute(mask),
            width,
            height,
            problem,
            None if counts[0] is None else tuple(counts),
            tuple(str(tags).split()) if tags else (),
            figures,
            Path(os.fsdecode(prediction)) if prediction else None,
        )

    def _relative(self, path: Path | None) -> bytes | None:
        return None if path is None else os.fsencode(os.path.relpath(path, self.root))

    def _absolute(self, raw: bytes | None) -> Path | None:
        return None if raw is None else self.root / os.fsdecode(raw)


@dataclass(frozen=True)
class ImageScore:
    """What an evaluation says of an image: figures 0..1, None where undefined.

    `missed` and `invented` have a bit for each class that the mask or the prediction alone has.
    """

    image: Path
    prediction: Path
    accuracy: float | None = None
    miou: float | None = None
    boundary: float | None = None
    confidence: float | None = None
    brightness: float | None = None
    missed: int | None = None
    invented: int | None = None


_SCORES = tuple(f.name for f in fields(ImageScore))[2:]


@dataclass(frozen=True)
class ScanResult:
    """What a scan found out of one sample: image size, pixels by class, or the problem."""

    id: int
    width: int | None
    height: int | None
    counts: tuple[int, ...] | None
    problem: str | None


def _migrate(db: sqlite3.Connection) -> None:
    """Makes a new catalog, or one of an earlier version, what this version needs."""
    # One transaction, because two processes may open a catalog at the same moment.
    db.execute("BEGIN IMMEDIATE")
    for statement in _SCHEMA.split(";"):
        db.execute(statement)
    there = {row[1] for row in db.execute("PRAGMA table_info(scores)")}
    for column in _SINCE_2:
        if column.split()[0] not in there:
            db.execute(f"ALTER TABLE scores ADD COLUMN {column}")
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.commit()


def _progress(db: sqlite3.Connection) -> tuple[int, int]:
    total, done = db.execute("SELECT count(*), coalesce(sum(scanned), 0) FROM samples").fetchone()
    return total, total - done


def _stamp(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"
