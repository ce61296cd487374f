"""Verdicts: what a person says of areas whose label a model contradicts. Only people take them back; a scan never does.

They are appended, and the last one of an area holds, so that each can be taken back. One names the mask by its hash,
and holds the area's pixels: it means them whatever is computed anew, and nothing once the mask is another.
"""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.area_runs import Runs, packed, unpacked
from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.errors import RecordError

Word = Literal["confirmed", "rejected", "skipped"]
"""The label is wrong; it is right; it is not said."""
WORDS: tuple[Word, ...] = get_args(Word)
Box = tuple[int, int, int, int]
VERDICT_COLUMNS = (
    *("mask_hash", "area", "verdict", "given", "predicted", "pixels"),
    *("x1", "y1", "x2", "y2", "score", "runs", "at"),
)
_VALUES = ", ".join("?" * len(VERDICT_COLUMNS))
_INSERT = (
    f"INSERT INTO verdicts (sample, {', '.join(VERDICT_COLUMNS)}) SELECT id, {_VALUES} FROM samples WHERE image = ?"
)
_COLUMNS = ", ".join("v." + column for column in VERDICT_COLUMNS)
_SELECT = f"SELECT s.image, {_COLUMNS} FROM verdicts v JOIN samples s ON s.id = v.sample"
_SAME = " AND ".join(f"w.{c} = v.{c}" for c in ("sample", "mask_hash", "given", "x1", "y1", "x2", "y2"))
"""What makes two verdicts those of one area: its number may be another once areas were looked for anew."""
_LAST = f"v.id = (SELECT max(id) FROM verdicts w WHERE {_SAME})"


@dataclass(frozen=True)
class Verdict:
    """What a person said of an area.

    Attributes:
        image: as a path relative to the dataset.
        mask_hash: of the mask that it is of: with another one the verdict means nothing.
        area: its number within the image, where it was looked for.
        word: what was said.
        given: the class id of the label, 0..19.
        predicted: the class id that the model says, 0..19.
        pixels: how many it has.
        box: left, top, right, bottom in pixels of the mask, the last two exclusive.
        runs: its pixels.
        score: 0 (the model contradicts the label surely) .. 1; None where it is not known.
        at: when, in seconds since the epoch.
    """

    image: bytes
    mask_hash: str
    area: int
    word: Word
    given: int
    predicted: int
    pixels: int
    box: Box
    runs: Runs
    score: float | None = None
    at: float = 0.0

    @property
    def key(self) -> tuple[bytes, str, int, Box]:
        """What it is of."""
        return self.image, self.mask_hash, self.given, self.box


def add_verdicts(database: Database, verdicts: Sequence[Verdict]) -> int:
    """Appends verdicts, on disk when this returns; returns how many, as unknown images have none.

    Raises:
        BddsegError: the catalog cannot be written.
    """
    with database.writing(durable=True) as db:
        return sum(db.execute(_INSERT, (*values_of(verdict), verdict.image)).rowcount for verdict in verdicts)


@dataclass(frozen=True)
class TakenBack:
    """A verdict that holds no more, and the one of the same area that holds again; None where there was none."""

    verdict: Verdict
    before: Verdict | None


def take_back_last(database: Database, number: int = 1) -> list[TakenBack]:
    """Takes back the verdicts that were given last; returns them, the last one first.

    Raises:
        BddsegError: the catalog cannot be written.
    """
    newer = f"SELECT v.id FROM verdicts v WHERE {_SAME} AND v.id < w.id ORDER BY v.id DESC LIMIT 1"
    with database.writing(durable=True) as db:
        last = db.execute(f"SELECT id, ({newer}) FROM verdicts w ORDER BY id DESC LIMIT ?", (number,)).fetchall()
        found = [TakenBack(verdict, _by_id(db, before)) for i, before in last if (verdict := _by_id(db, i))]
        db.execute("DELETE FROM verdicts WHERE id IN (SELECT id FROM verdicts ORDER BY id DESC LIMIT ?)", (number,))
    return found


def _by_id(db: sqlite3.Connection, number: int | None) -> Verdict | None:
    return next(_readable(db.execute(f"{_SELECT} WHERE v.id = ?", (number,)).fetchall()), None)


def verdicts(database: Database, word: Word | None = None) -> list[Verdict]:
    """The verdict that holds of each area, of images that are there, in the order of images; of one word, or all."""
    sql = f"{_SELECT} WHERE s.absent = 0 AND {_LAST} AND (? IS NULL OR v.verdict = ?) ORDER BY s.image, v.area"
    with database.reading() as db:
        return list(_readable(db.execute(sql, (word, word)).fetchall()))


def read_verdict(image: bytes, values: Sequence[Any]) -> Verdict:
    """A row of VERDICT_COLUMNS, whatever is in it.

    Raises:
        RecordError: it is no verdict.
    """
    mask_hash, area, word, given, predicted, pixels, x1, y1, x2, y2, score, runs, at = values
    numbers = (area, given, predicted, pixels, x1, y1, x2, y2)
    sound = isinstance(mask_hash, str) and isinstance(runs, bytes) and word in WORDS and isinstance(at, float)
    if not sound or not all(isinstance(n, int) and n >= 0 for n in numbers) or max(given, predicted) >= NUM_CLASSES:
        raise RecordError("a verdict is damaged")
    known = score if isinstance(score, float) else None
    box = x1, y1, x2, y2
    return Verdict(image, mask_hash, area, word, given, predicted, pixels, box, unpacked(runs), known, at)


def values_of(v: Verdict) -> tuple[object, ...]:
    """A verdict as VERDICT_COLUMNS has it."""
    at = v.at or time.time()
    runs = packed(v.runs)
    return (v.mask_hash, v.area, v.word, v.given, v.predicted, v.pixels, *v.box, v.score, runs, at)


def _readable(rows: Iterable[Sequence[Any]]) -> Iterator[Verdict]:
    # A row that another program has spoilt says nothing; the others do.
    for image, *values in rows:
        try:
            yield read_verdict(bytes(image), values)
        except RecordError:
            continue
