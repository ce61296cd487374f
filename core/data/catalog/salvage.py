"""Saving the tags out of a damaged catalog.

SQLite's own `.recover` is part of its shell, which Python does not have. Here each table is read from both ends
and along each index, as far as that goes; what one way misses another may find.
"""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.errors import BddsegError
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


@dataclass(frozen=True)
class Repair:
    """What became of a damaged catalog: how many tags of how many samples were saved, and where the old file is."""

    tags: int
    samples: int
    kept: Path


def repair(path: Path, root: Path) -> Repair:
    """Makes a damaged catalog anew with the tags that can be read. The samples come back with the next scan.

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
            found = sorted(_tagged(copy))
            _write(new, root, found)
            kept = _keep(path)
            new.replace(path)
    except OSError as error:
        raise disk_error(error, path, "repaired") from error
    return Repair(len({tag for *_, tag in found}), len({image for image, *_ in found}), kept)


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


def _tagged(path: Path) -> set[tuple[bytes, str, str, str]]:
    """(image, split, name, tag) of every tag that can be read."""
    samples: dict[int, tuple[bytes, str, str]] = {}
    with closing(sqlite3.connect(path)) as db:
        db.text_factory = lambda raw: raw.decode("utf-8", "replace")
        for sql in _SAMPLES:
            for i, image, split, name in _readable(db, sql):
                if isinstance(i, int) and isinstance(image, bytes) and i not in samples:
                    samples[i] = (image, str(split), str(name))
        # In catalogs of earlier versions, a tag's word stands in its row.
        names = {number: name for sql in _NAMES for number, name in _readable(db, sql)}
        pairs = {(sample, names.get(tag, tag)) for sql in _TAGS for sample, tag in _readable(db, sql)}
    return {(*samples[s], tag) for s, tag in pairs if s in samples and isinstance(tag, str) and tag.split() == [tag]}


def _readable(db: sqlite3.Connection, sql: str) -> Iterator[tuple[Any, ...]]:
    # Along a damaged index values of any kind may come; whoever asks looks at what they are.
    with suppress(sqlite3.Error):
        yield from db.execute(sql)


def _write(path: Path, root: Path, found: list[tuple[bytes, str, str, str]]) -> None:
    database = Database(path, root)
    with database.writing(durable=True) as db:
        for image, split, name, tag in found:
            stem = os.path.splitext(os.path.basename(image))[0]  # noqa: PTH119, PTH122 (bytes)
            db.execute(
                "INSERT OR IGNORE INTO samples (split, name, image, stamp, absent) VALUES (?, ?, ?, '', 1)",
                (split, name or sanitize_path(stem), image),
            )
            db.execute("INSERT OR IGNORE INTO tag_names (name) VALUES (?)", (tag,))
            db.execute(
                "INSERT OR IGNORE INTO tags SELECT s.id, n.id FROM samples s, tag_names n "
                "WHERE s.image = ? AND n.name = ?",
                (image, tag),
            )
