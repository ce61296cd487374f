"""The embeddings of a dataset: a float32 matrix on disk with its rows in SQLite. This is the truth; indexes are caches.

    rows.sqlite      image -> row, file stamp, content hash; and which model made the vectors
    vectors-N.f32    the matrix, row after row, appended to
    manifest.json    model, dimension, count and checksum of the last finished build, for readers and for `index info`

A batch is first appended and synced, then its rows are committed in one transaction. Killed in between, the matrix
has a tail that no row speaks of; it is cut off at the next start.
"""

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import replacing, write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.path_component import inside, path_component
from bddseg_tui.core.retrieval.manifest import read_manifest_record
from bddseg_tui.core.sanitize import sanitize, sanitize_path
from bddseg_tui.index.rows_database import RowsDatabase
from bddseg_tui.index.vector_types import Vectors

VERSION = 1
_DATASET = Path("/dataset")


class OtherModelError(BddsegError):
    """The vectors are of another model: they can't be compared with this one's."""


@dataclass(frozen=True)
class Entry:
    """An image (path relative to the dataset, as bytes), its stamp (size and time) and the hash of its content."""

    image: bytes
    stamp: str
    digest: bytes


class VectorTable:
    """The open truth of one dataset and one model."""

    def __init__(self, folder: Path, identity: str, dimension: int) -> None:
        """Opens or makes it.

        Raises:
            BddsegError: it was built with another model, or cannot be read.
        """
        self.folder, self.identity, self.dimension = folder, identity, dimension
        with _told(folder, "made"):
            folder.mkdir(parents=True, exist_ok=True)
        self._db = RowsDatabase(folder / "rows.sqlite")
        start = {"identity": identity, "dimension": dimension, "file": "vectors-0.f32", "version": VERSION}
        meta = self._db.start({k: str(v) for k, v in start.items()})
        if meta["identity"] != identity or int(meta["dimension"]) != dimension:
            raise OtherModelError(
                f"the index was built with {sanitize(meta['identity'])}, not with {sanitize(identity)}: "
                "`bddseg-tui index build` (b in the app's Ask pane) makes it anew"
            )
        self.path = folder / path_component(meta["file"], "the matrix of an index")

    # -- writing ---------------------------------------------------------------------------------------------

    def cut_tail(self) -> None:
        """Cuts off vectors that no commit speaks of; called by the one writer before it appends."""
        size = self.used() * 4 * self.dimension
        with _told(self.path, "written"):
            self.path.touch()
            if self.path.stat().st_size >= size:
                os.truncate(self.path, size)
                return
        raise BddsegError(
            f"{sanitize_path(self.path)} is shorter than its rows: `bddseg-tui index build --fresh` makes it anew"
        )

    def refresh(self, files: Iterable[tuple[bytes, str]]) -> list[tuple[bytes, str]]:
        """Forgets images that are gone; returns those (image, stamp) that are new or changed."""
        with self._db.writing() as db:
            known = dict(db.execute("SELECT image, stamp FROM images"))
            failed = dict(db.execute("SELECT image, stamp FROM failures"))
            pending = []
            for image, stamp in files:
                if known.pop(image, None) == stamp or failed.pop(image, None) == stamp:
                    continue
                pending.append((image, stamp))
            wanted = {image for image, _ in pending}
            lost = [(i,) for i in known if i not in wanted]
            # Until the build ends: an image that is gone here may come up there, under its new name.
            db.executemany("INSERT OR IGNORE INTO gone SELECT digest, row FROM images WHERE image = ?", lost)
            db.executemany("DELETE FROM images WHERE image = ?", lost)
            db.executemany("DELETE FROM failures WHERE image = ?", [(i,) for i in failed if i not in wanted])
        return pending

    def known(self, digest: bytes) -> int | None:
        """The row of an image with this content, under whatever name."""
        with self._db.reading() as db:
            sql = "SELECT row FROM images WHERE digest = ?1 UNION SELECT row FROM gone WHERE digest = ?1 LIMIT 1"
            found = db.execute(sql, (digest,)).fetchone()
        return None if found is None else int(found[0])

    def append(self, entries: Sequence[Entry], vectors: Vectors, reused: Sequence[tuple[Entry, int]] = ()) -> None:
        """Commits a batch: new vectors float32 [n, dimension], and entries whose vectors are there already.

        Raises:
            BddsegError: a vector is not finite, or the disk does not take them: none is committed then.
        """
        if not np.isfinite(vectors).all():
            raise BddsegError("the model gave vectors that are not finite: its weights are damaged")
        first = self.used()
        data = np.ascontiguousarray(vectors, "<f4").tobytes()
        with _told(self.path, "written"):
            write_at(self.path, first * 4 * self.dimension, data)
        rows = [(e.image, first + i, e.stamp, e.digest) for i, e in enumerate(entries)]
        rows += [(e.image, row, e.stamp, e.digest) for e, row in reused]
        with self._db.writing() as db:
            db.executemany("INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?)", rows)
            db.executemany("DELETE FROM failures WHERE image = ?", [(r[0],) for r in rows])
            db.execute("INSERT OR REPLACE INTO meta VALUES ('used', ?)", (str(first + len(entries)),))

    def fail(self, failures: Iterable[tuple[bytes, str, str]]) -> None:
        """Notes images (image, stamp, why) that cannot be read; they are tried again when they change."""
        with self._db.writing() as db:
            failures = list(failures)
            db.executemany("DELETE FROM images WHERE image = ?", [(f[0],) for f in failures])
            db.executemany("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", failures)

    def finish(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Ends a build: drops rows that nothing speaks of, and writes the manifest."""
        self._compact()
        images, rows = self._rows()
        manifest = {
            "version": VERSION,
            "identity": self.identity,
            "dimension": self.dimension,
            "count": len(images),
            "vectors": len(set(rows.tolist())),
            "file": self.path.name,
            "rows_used": self.used(),
            "sha256": checksum(self.path),
            "built": round(time.time(), 3),
            "failures": len(self.failures()),
            **facts,
        }
        with _told(self.folder, "written"):
            write_text(self.folder / "manifest.json", json.dumps(manifest, indent=1))
        return manifest

    def _compact(self) -> None:
        """Rewrites the matrix once a fifth of it is dead, under a new name; readers of the old file keep it."""
        with self._db.writing() as db:
            used = self._used(db)
            db.execute("DELETE FROM gone")
            pairs = db.execute("SELECT image, row FROM images ORDER BY row").fetchall()
        alive = sorted({row for _, row in pairs})
        if len(alive) >= 0.8 * used:
            return
        old = self._matrix()
        number = int(self.path.stem.rpartition("-")[2]) + 1
        new = self.folder / f"vectors-{number}.f32"
        with _told(new, "written"), replacing(new) as file:
            for at in range(0, len(alive), 65536):
                file.write(old[alive[at : at + 65536]].tobytes())
        place = {row: at for at, row in enumerate(alive)}
        with self._db.writing() as db:
            db.executemany("UPDATE images SET row = ? WHERE image = ?", [(place[r], i) for i, r in pairs])
            values = (("file", new.name), ("used", str(len(alive))))
            db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", values)
        self.path.unlink(missing_ok=True)
        self.path = new

    # -- reading ---------------------------------------------------------------------------------------------

    def load(self, verify: bool = True) -> tuple[list[bytes], Vectors]:
        """Every image with its unit vector: (images, float32 [n, dimension]), in order of rows.

        Raises:
            BddsegError: the matrix does not match its rows or its checksum.
        """
        images, rows = self._rows()
        if not images:
            return [], np.zeros((0, self.dimension), np.float32)
        if verify:
            self._verify()
        matrix = self._matrix()
        if int(rows.max()) >= len(matrix):
            raise BddsegError(f"{sanitize_path(self.path)} is shorter than its rows: build the index anew with --fresh")
        same = len(rows) == len(matrix) and bool((rows == np.arange(len(rows))).all())
        return images, matrix if same else matrix[rows]

    def rows(self) -> tuple[NDArray[np.int64], Vectors]:
        """The row of each image as `load` orders them, and all rows of the file, float32 [n, dimension]."""
        return self._rows()[1], self._matrix()

    def failures(self) -> list[tuple[bytes, str]]:
        """Images that could not be read, and why."""
        with self._db.reading() as db:
            return db.execute("SELECT image, why FROM failures ORDER BY image").fetchall()

    def _verify(self) -> None:
        try:
            manifest = read_manifest_record(self.folder)
        except (FileNotFoundError, RecordError):
            return
        # A build that goes on appends to the file; only a file of the manifest's length can be held against it.
        with self._db.reading() as db:
            unchanged = manifest.get("file") == self.path.name and manifest.get("rows_used") == self._used(db)
        if unchanged and checksum(self.path) != manifest.get("sha256"):
            raise BddsegError(
                f"{sanitize_path(self.path)} is damaged (its checksum is another): "
                "`bddseg-tui index build --fresh` makes it anew"
            )

    def _rows(self) -> tuple[list[bytes], NDArray[np.int64]]:
        with self._db.reading() as db:
            pairs = db.execute("SELECT image, row FROM images ORDER BY row, image").fetchall()
        images = [bytes(i) for i, _ in pairs]
        # A name that leads out of the dataset is none that a build wrote.
        if any((i[:1] == b"/" or b".." in i) and inside(_DATASET, os.fsdecode(i)) is None for i in images):
            raise BddsegError(
                f"{sanitize_path(self.folder)} names files outside its dataset: build the index anew with --fresh"
            )
        return images, np.asarray([r for _, r in pairs], np.int64)

    def used(self) -> int:
        """Rows of the matrix, dead ones included."""
        with self._db.reading() as db:
            return self._used(db)

    def _used(self, db: sqlite3.Connection) -> int:
        found = db.execute("SELECT value FROM meta WHERE key = 'used'").fetchone()
        return 0 if found is None else int(found[0])

    def _matrix(self) -> Vectors:
        size = self.path.stat().st_size // (4 * self.dimension)
        return (
            np.memmap(self.path, "<f4", "r", shape=(size, self.dimension))
            if size
            else np.zeros((0, self.dimension), np.float32)
        )


def write_at(path: Path, at: int, data: bytes) -> None:
    """Writes and syncs what ends a file from byte `at` on; where that fails, the file ends there.

    Raises:
        OSError: the disk is full or the file cannot be written.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        os.ftruncate(file, at)
        try:
            with os.fdopen(os.dup(file), "r+b") as sink:
                sink.seek(at)
                sink.write(data)
            os.fsync(file)
        except BaseException:
            os.ftruncate(file, at)
            raise
    finally:
        os.close(file)


@contextmanager
def _told(path: Path, deed: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise disk_error(error, path, deed) from error


def clear_vectors(folder: Path) -> None:
    """Takes the vectors and what was made of them out of an index folder; the job's own files stay."""
    for pattern in ("rows.sqlite*", "vectors-*.f32", "manifest.json", "hnsw.*"):
        for path in folder.glob(pattern):
            path.unlink()


def checksum(path: Path) -> str:
    """The file's SHA-256, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
