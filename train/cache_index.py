"""The index of a training cache: which slot holds which image, as of which size and time of its files.

SQLite rather than a JSON file: each batch of images is committed by itself, so that a killed build goes on, and a
hundred thousand images are never held at once. Only the process that holds the cache's `update.lock` opens it.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.image_file import READER_VERSION
from bddseg_tui.train.cached_split import chosen_places

_SCHEMA = """
CREATE TABLE IF NOT EXISTS images (
    image BLOB PRIMARY KEY, stamp TEXT NOT NULL, slot INTEGER UNIQUE, pixels BLOB, problem TEXT) WITHOUT ROWID;
CREATE TEMP TABLE listed (place INTEGER PRIMARY KEY, image BLOB NOT NULL, mask BLOB NOT NULL, stamp TEXT NOT NULL);
CREATE TEMP TABLE wanted (place INTEGER PRIMARY KEY);
"""
_MISSING = """
FROM wanted JOIN listed USING (place) LEFT JOIN images i ON i.image = listed.image
WHERE (i.stamp IS NULL OR i.stamp != listed.stamp)
"""
Read = tuple[int, int | None, NDArray[np.int64] | None, str | None]
"""(place, slot, pixels by class, problem) of a sample that was read: its slot, or what is wrong with it."""


@dataclass(frozen=True)
class Held:
    """The samples that are wanted, in the dataset's order.

    Attributes:
        slots: where their pixels are, int64 [N].
        counts: their pixels by class, int64 [N, 20].
        files: image and mask of each, as paths below the dataset's root.
        problems: what is wrong with those that cannot be used.
    """

    slots: NDArray[np.int64]
    counts: NDArray[np.int64]
    files: list[tuple[bytes, bytes]]
    problems: list[str]


class CacheIndex:
    """An open index, with the listing of a split beside it; used as a context.

    Raises:
        sqlite3.Error: it is damaged, or the disk is full.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self._root = root
        self._db = sqlite3.connect(path)
        try:
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_SCHEMA)
        except sqlite3.Error:
            self._db.close()
            raise

    def __enter__(self) -> "CacheIndex":
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def list_files(self, samples: Iterable[Sample], limit: int) -> int:
        """Takes in the labelled samples of a split, in order; returns how many are wanted: `limit`, spread evenly."""
        labelled = (s for s in samples if s.mask is not None)
        self._db.executemany(
            "INSERT INTO listed VALUES (?, ?, ?, ?)", (self._row(n, s) for n, s in enumerate(labelled))
        )
        count = int(self._db.execute("SELECT count(*) FROM listed").fetchone()[0])
        places = chosen_places(count, limit)
        self._db.executemany("INSERT INTO wanted VALUES (?)", ((place,) for place in places))
        self._db.commit()
        return len(places)

    def missing(self) -> int:
        """How many of the wanted samples the cache does not hold as they are now."""
        return int(self._db.execute(f"SELECT count(*) {_MISSING}").fetchone()[0])

    def forget_stale(self) -> None:
        """Gives up the slots of images that are gone or have changed."""
        self._db.execute(
            "DELETE FROM images WHERE NOT EXISTS"
            " (SELECT 1 FROM listed WHERE listed.image = images.image AND listed.stamp = images.stamp)"
        )
        self._db.commit()

    def used_slots(self) -> NDArray[np.int64]:
        """Every slot that an image is in, int64, in order."""
        return np.fromiter(
            (slot for (slot,) in self._db.execute("SELECT slot FROM images WHERE slot IS NOT NULL ORDER BY slot")),
            np.int64,
        )

    def slots_needed(self) -> int:
        """How many slots the files must have for all that the index says."""
        return int(self._db.execute("SELECT coalesce(max(slot) + 1, 0) FROM images").fetchone()[0])

    def samples_to_read(self) -> Iterator[tuple[int, Sample]]:
        """(place, sample) of those that are missing, read a page at a time."""
        last = -1
        while True:
            sql = f"SELECT place, listed.image, mask {_MISSING} AND place > ? ORDER BY place LIMIT 1000"
            page = self._db.execute(sql, (last,)).fetchall()
            if not page:
                return
            last = page[-1][0]
            for place, image, mask in page:
                yield place, Sample("", self._root / os.fsdecode(image), self._root / os.fsdecode(mask))

    def put(self, read: Iterable[Read]) -> None:
        """Commits samples whose pixels have reached the disk."""
        with self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO images SELECT image, stamp, ?, ?, ? FROM listed WHERE place = ?",
                [(slot, None if n is None else n.astype("<i8").tobytes(), why, place) for place, slot, n, why in read],
            )

    def held(self) -> Held:
        """Where the wanted samples are, once none is missing."""
        sql = (
            "SELECT i.slot, i.pixels, i.problem, listed.image, listed.mask FROM wanted JOIN listed USING (place)"
            " JOIN images i ON i.image = listed.image ORDER BY place"
        )
        counts, slots, files, problems = bytearray(), [], [], []
        with closing(self._db.execute(sql)) as rows:
            for slot, pixels, problem, image, mask in rows:
                if slot is None:
                    problems.append(problem)
                else:
                    slots.append(slot)
                    counts += pixels
                    files.append((image, mask))
        by_image = np.frombuffer(bytes(counts), "<i8").reshape(len(slots), NUM_CLASSES)
        return Held(np.array(slots, np.int64), by_image, files, problems)

    def _row(self, place: int, sample: Sample) -> tuple[int, bytes, bytes, str]:
        assert sample.mask is not None
        image, mask = (os.fsencode(os.path.relpath(p, self._root)) for p in (sample.image, sample.mask))
        return place, image, mask, f"{READER_VERSION}|{_stamp(sample.image)}|{_stamp(sample.mask)}|{mask.hex()}"


def _stamp(path: Path) -> str:
    try:
        status = path.stat()
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"
