"""Saving the tags and verdicts out of a damaged catalog.

SQLite's own `.recover` is part of its shell, which Python does not have. Here each table is read from both ends
and along each index, as far as that goes; what one way misses another may find.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.data.catalog.verdicts import VERDICT_COLUMNS, Verdict, add_verdicts, read_verdict
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.database_errors import DAMAGED, database_error, primary_code
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.temporary_files import temporary_folder
from bddseg_tui.core.sanitize import sanitize_path

_SAMPLES = (
    "SELECT id, image, split, name FROM samples ORDER BY id",
    "SELECT id, image, split, name FROM samples ORDER BY id DESC",
    "SELECT id, image, '', '' FROM samples INDEXED BY sqlite_autoindex_samples_1 ORDER BY image",
    "SELECT id, image, '', '' FROM samples INDEXED BY sqlite_autoindex_samples_1 ORDER BY image DESC",
)
_NAMES = (
    "SELECT id, name FROM tag_names ORDER BY id",
    "SELECT id, name FROM tag_names ORDER BY id DESC",
    "SELECT id, name FROM tag_names INDEXED BY sqlite_autoindex_tag_names_1 ORDER BY name",
    "SELECT id, name FROM tag_names INDEXED BY sqlite_autoindex_tag_names_1 ORDER BY name DESC",
)
_TAGS = (
    "SELECT sample, tag FROM tags ORDER BY sample, tag",
    "SELECT sample, tag FROM tags ORDER BY sample DESC, tag DESC",
    "SELECT sample, tag FROM tags INDEXED BY tags_by_tag ORDER BY tag, sample",
    "SELECT sample, tag FROM tags INDEXED BY tags_by_tag ORDER BY tag DESC, sample DESC",
)
_VERDICTS = tuple(
    f"SELECT sample, {', '.join(VERDICT_COLUMNS)} FROM verdicts {way}"
    for way in ("ORDER BY id", "ORDER BY id DESC", "INDEXED BY verdicts_by_area ORDER BY sample, mask_hash, area")
)
_Samples = dict[int, tuple[bytes, str, str]]


@dataclass(frozen=True)
class Repair:
    """What became of a damaged catalog.

    Attributes:
        tags: how many words were saved.
        samples: how many samples have them.
        verdicts: how many verdicts were saved.
        kept: where the old file is.
    """

    tags: int
    samples: int
    verdicts: int
    kept: Path


def repair(path: Path, root: Path) -> Repair:
    """Makes a damaged catalog anew with the tags and verdicts that can be read. The next scan brings the samples back.

    The old file is kept beside it under another name. At no moment is there no catalog, or one without its tags.

    Raises:
        BddsegError: nothing is damaged, or the new one cannot be written.
    """
    try:
        with temporary_folder(path.parent) as folder:
            copy, new = folder / "damaged.sqlite", folder / "new.sqlite"
            _copy(path, copy)
            if not _is_damaged(copy):
                raise BddsegError(f"the catalog {sanitize_path(path)} is not damaged: nothing was changed")
            samples = _samples(copy)
            found, verdicts = sorted(_tagged(copy, samples)), _verdicts(copy, samples)
            _write(new, root, samples, found, verdicts)
            kept = _keep(path)
            new.replace(path)
    except OSError as error:
        raise disk_error(error, path, "repaired") from error
    return Repair(len({tag for *_, tag in found}), len({image for image, *_ in found}), len(verdicts), kept)


def _copy(path: Path, to: Path) -> None:
    for ending in ("", "-wal"):
        source = path.with_name(path.name + ending)
        if source.exists():
            shutil.copyfile(source, to.with_name(to.name + ending))


def _keep(path: Path) -> Path:
    """Gives the damaged file a second name; its log, which would be taken for the new one's, moves away."""
    number = 1
    while (kept := path.with_name(f"{path.stem}.damaged-{number}.sqlite")).exists():
        number += 1
    _copy(path, kept)
    for ending in ("-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    return kept


def _is_damaged(path: Path) -> bool:
    try:
        with closing(sqlite3.connect(path)) as db:
            return bool(db.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok")
    except sqlite3.Error as error:
        if primary_code(error) in DAMAGED:
            return True
        raise database_error(error, path, "read") from error


def _samples(path: Path) -> _Samples:
    """(image, split, name) of every sample that can be read, by its id."""
    samples: _Samples = {}
    with _opened(path) as db:
        for sql in _SAMPLES:
            for i, image, split, name in _readable(db, sql):
                if isinstance(i, int) and isinstance(image, bytes) and i not in samples:
                    samples[i] = (image, str(split), str(name))
    return samples


def _tagged(path: Path, samples: _Samples) -> set[tuple[bytes, str, str, str]]:
    """(image, split, name, tag) of every tag that can be read."""
    with _opened(path) as db:
        # In catalogs of earlier versions, a tag's word stands in its row.
        names = {number: name for sql in _NAMES for number, name in _readable(db, sql)}
        pairs = {(sample, names.get(tag, tag)) for sql in _TAGS for sample, tag in _readable(db, sql)}
    return {(*samples[s], tag) for s, tag in pairs if s in samples and isinstance(tag, str) and tag.split() == [tag]}


def _verdicts(path: Path, samples: _Samples) -> list[Verdict]:
    """Every verdict that can be read, in the order that they were given in."""
    found: dict[tuple[object, ...], Verdict] = {}
    with _opened(path) as db:
        for sql in _VERDICTS:
            for sample, *values in _readable(db, sql):
                if isinstance(sample, int) and sample in samples:
                    with suppress(RecordError):
                        verdict = read_verdict(samples[sample][0], values)
                        found.setdefault((*verdict.key, verdict.at), verdict)
    return sorted(found.values(), key=lambda v: v.at)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        yield db


def _readable(db: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    # Along a damaged index values of any kind may come; whoever asks looks at what they are.
    with suppress(sqlite3.Error):
        yield from db.execute(sql)


def _write(
    path: Path, root: Path, samples: _Samples, found: list[tuple[bytes, str, str, str]], verdicts: list[Verdict]
) -> None:
    database = Database(path, root)
    judged = {verdict.image for verdict in verdicts}
    wanted = {(image, split, name) for image, split, name, _ in found}
    wanted |= {sample for sample in samples.values() if sample[0] in judged}
    with database.writing(durable=True) as db:
        for image, split, name in {
            *((i, s, n) for i, s, n, _ in found),
            *(v for v in samples.values() if v[0] in judged),
        }:
            stem = os.path.splitext(os.path.basename(image))[0]  # noqa: PTH119, PTH122 (bytes)
            db.execute(
                "INSERT OR IGNORE INTO samples (split, name, image, stamp, absent) VALUES (?, ?, ?, '', 1)",
                (split, name or sanitize_path(stem), image),
            )
        for image, _, _, tag in found:
            db.execute("INSERT OR IGNORE INTO tag_names (name) VALUES (?)", (tag,))
            db.execute(
                "INSERT OR IGNORE INTO tags SELECT s.id, n.id FROM samples s, tag_names n "
                "WHERE s.image = ? AND n.name = ?",
                (image, tag),
            )
    if verdicts:
        add_verdicts(database, verdicts)
