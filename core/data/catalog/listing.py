"""Which samples there are: the files of a dataset compared with what the catalog knows, a page at a time.

Files are looked at outside of any transaction, and only what differs is written, in short ones: a slow disk makes
nobody wait who tags or evaluates meanwhile.
"""

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from bddseg_tui.core.data.catalog.database import Database, give_way
from bddseg_tui.core.data.catalog.paths import relative, relative_or_none
from bddseg_tui.core.data.dataset import Dataset, Sample
from bddseg_tui.core.data.image_file import READER_VERSION
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.sanitize import sanitize_path

PAGE = 2000
_TELL_EVERY_S = 1.0
_RACY_NS = 2_000_000_000
"""A folder that changed less than this before it was listed may have changed again within its clock's tick."""
_Known = tuple[int, str, str, bytes | None, str, int]
_Listed = tuple[str, str, bytes, bytes | None, str]


def refresh(
    database: Database, root: Path, samples: Iterable[Sample], report: Callable[[int, int], None] | None = None
) -> tuple[int, int]:
    """Brings the catalog's samples to what is listed; returns (samples in all, samples yet to be scanned).

    A sample whose image or mask changed (size or modification time), or that another reader read, is scanned again.
    One that is not listed any more is absent: it is not shown, and keeps its tags and scores until it is back.
    `report` is called with the same numbers on the way.

    Raises:
        BddsegError: nothing at all is listed, though the catalog knows samples; or the catalog cannot be written.
        OSError: a folder cannot be listed; what was not seen is not taken for absent then.
    """
    source, seen, last = iter(samples), bytearray(), time.monotonic()
    with database.kept_open():
        while page := [_listed(sample, root) for sample in islice(source, PAGE)]:
            with database.reading() as db:
                known = _known(db, [entry[2] for entry in page])
            new = [entry for entry in page if entry[2] not in known]
            changed = [(known[e[2]], e) for e in page if e[2] in known and _differs(known[e[2]], e)]
            ids = [row[0] for row in known.values()]
            if new or changed:
                with database.writing() as db:
                    ids += _write(db, new, changed)
                give_way()
            if ids and max(ids) >= len(seen):
                seen.extend(bytes(max(ids) + 1 - len(seen)))
            for i in ids:
                seen[i] = 1
            if report and (new or changed) and time.monotonic() - last > _TELL_EVERY_S:
                last = time.monotonic()
                report(*progress(database))
        _leave_out(database, root, seen)
    return progress(database)


def progress(database: Database) -> tuple[int, int]:
    """(samples in all, samples yet to be scanned)."""
    with database.reading() as db:
        (total,) = db.execute("SELECT count(*) FROM samples WHERE absent = 0").fetchone()
        (left,) = db.execute("SELECT count(*) FROM samples WHERE scanned = 0 AND absent = 0").fetchone()
    return total, left


def absent(database: Database) -> int:
    """How many samples are known that were not there when files were last listed."""
    with database.reading() as db:
        return int(db.execute("SELECT count(*) FROM samples WHERE absent = 1").fetchone()[0])


def folder_times(dataset: Dataset) -> dict[str, int]:
    """When each folder of a dataset last had a file added, renamed or taken away (ns since the epoch)."""
    folders = [f for s in dataset.splits for f in (s.images, s.masks) if f is not None]
    return {f"{relative(f, dataset.root)!r}": f.stat().st_mtime_ns for f in folders}


def remember_folders(database: Database, root: Path, times: dict[str, int], began: float) -> None:
    """Notes that all folders have been listed, which had these times when that `began` (seconds since the epoch)."""
    settled = all(1e9 * began - t > _RACY_NS for t in times.values())
    value = json.dumps({"folders": times if settled else {}, "at": began, "reader": READER_VERSION}).encode()
    with database.writing() as db:
        db.execute("INSERT OR REPLACE INTO facts VALUES ('listed', ?), ('root', ?)", (value, bytes(root)))


def listed_at(database: Database, times: dict[str, int]) -> float | None:
    """When (seconds since the epoch) the folders were listed, if none has changed since; else None."""
    with database.reading() as db:
        found = db.execute("SELECT value FROM facts WHERE name = 'listed'").fetchone()
    try:
        said = decode(found[0]) if found else {}
        same = said["folders"] == times and said["reader"] == READER_VERSION
        return float(said["at"]) if same else None
    except (ValueError, KeyError, TypeError, OverflowError):
        # It says nothing that this program knows: the files are looked at.
        return None


def _listed(sample: Sample, root: Path) -> _Listed:
    stamp = f"{_stamp(sample.image)}|{_stamp(sample.mask)}|{READER_VERSION}"
    image, mask = relative(sample.image, root), relative_or_none(sample.mask, root)
    return sample.split, sanitize_path(sample.name), image, mask, stamp


def _known(db: sqlite3.Connection, images: list[bytes]) -> dict[bytes, _Known]:
    found: dict[bytes, _Known] = {}
    for at in range(0, len(images), 500):
        some = images[at : at + 500]
        sql = f"SELECT image, id, split, name, mask, stamp, absent FROM samples WHERE image IN ({_marks(some)})"
        found.update((bytes(row[0]), row[1:]) for row in db.execute(sql, some))
    return found


def _differs(known: _Known, listed: _Listed) -> bool:
    split, name, _, mask, stamp = listed
    return known[1:] != (split, name, mask, stamp, 0)


def _write(db: sqlite3.Connection, new: list[_Listed], changed: list[tuple[_Known, _Listed]]) -> list[int]:
    """Writes what differs; returns the ids of the new ones."""
    for (row, _, _, _, old, _), (split, name, _, mask, stamp) in changed:
        db.execute(
            "UPDATE samples SET split = ?, name = ?, mask = ?, stamp = ?, absent = 0,"
            " scanned = CASE WHEN ? THEN scanned ELSE 0 END WHERE id = ?",
            (split, name, mask, stamp, old == stamp, row),
        )
    other = [(known[0],) for known, listed in changed if known[4] != listed[4]]
    # What was measured was of the files that were there before.
    for table in ("measured", "places"):
        db.executemany(f"DELETE FROM {table} WHERE sample = ?", other)
    sql = "INSERT INTO samples (split, name, image, mask, stamp) VALUES (?, ?, ?, ?, ?)"
    return [int(db.execute(sql, entry).lastrowid or 0) for entry in new]


def _leave_out(database: Database, root: Path, seen: bytearray) -> None:
    """Makes those absent that were not seen."""
    if not any(seen) and progress(database)[0]:
        raise BddsegError(
            f"no image is left in {sanitize_path(root)}: is its disk there? What is known of it was left as it was"
        )
    for page in _pages(database):
        gone = [(i,) for i in page if i >= len(seen) or not seen[i]]
        if gone:
            with database.writing() as db:
                db.executemany("UPDATE samples SET absent = 1 WHERE id = ?", gone)
            give_way()


def _pages(database: Database) -> Iterator[list[int]]:
    """The ids of all that are not absent."""
    last = -1
    while True:
        with database.reading() as db:
            sql = "SELECT id FROM samples WHERE absent = 0 AND id > ? ORDER BY id LIMIT ?"
            page = [i for (i,) in db.execute(sql, (last, PAGE))]
        if not page:
            return
        last = page[-1]
        yield page


def _marks(values: list[bytes]) -> str:
    return ", ".join("?" * len(values))


def _stamp(path: Path | None) -> str:
    if path is None:
        return ""
    try:
        status = os.stat(path)  # noqa: PTH116 (called for each file: half as long as Path's)
    except OSError:
        return "gone"
    return f"{status.st_size}:{status.st_mtime_ns}"
