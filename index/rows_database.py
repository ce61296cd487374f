"""The rows of an index in SQLite: read whatever the disk is like, and every error told in one line."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.database_errors import DAMAGED, UNWRITABLE, database_error, database_reason, primary_code
from bddseg_tui.core.sanitize import sanitize_path

_PATIENCE_S = 30.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS images (
    image BLOB PRIMARY KEY, row INTEGER NOT NULL, stamp TEXT NOT NULL, digest BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS images_by_digest ON images (digest);
CREATE TABLE IF NOT EXISTS gone (digest BLOB PRIMARY KEY, row INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (image BLOB PRIMARY KEY, stamp TEXT NOT NULL, why TEXT NOT NULL) WITHOUT ROWID;
"""


class RowsDatabase:
    """Opens a connection for each piece of work, so any thread may ask for one.

    Raises:
        BddsegError: everywhere, where SQLite fails.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def start(self, meta: dict[str, str]) -> dict[str, str]:
        """Makes the tables where there are none, with these facts; returns the facts that are there."""
        if self.path.exists():
            with self.reading() as db:
                there = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'meta'").fetchone()
                known = dict(db.execute("SELECT key, value FROM meta")) if there else {}
            if known:
                return known
        with self.writing(make=True) as db:
            for statement in filter(str.strip, _SCHEMA.split(";")):
                db.execute(statement)
            db.executemany("INSERT OR IGNORE INTO meta VALUES (?, ?)", meta.items())
            return dict(db.execute("SELECT key, value FROM meta"))

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read with; it needs no room, and no permission to write."""
        try:
            with closing(self._readable()) as db:
                yield db
        except sqlite3.Error as error:
            raise self._error(error, "read") from error

    @contextmanager
    def writing(self, make: bool = False) -> Iterator[sqlite3.Connection]:
        """A transaction, which is on the disk when the block has ended well."""
        try:
            with closing(self._connect("rwc" if make else "rw")) as db:
                if make:
                    db.execute("PRAGMA journal_mode = WAL")
                db.execute("PRAGMA synchronous = FULL")
                with db:
                    db.execute("BEGIN IMMEDIATE")
                    yield db
        except sqlite3.Error as error:
            raise self._error(error, "written") from error

    def _readable(self) -> sqlite3.Connection:
        try:
            return self._asked(self._connect("rw"))
        except sqlite3.Error as error:
            log = self.path.with_name(self.path.name + "-wal")
            if primary_code(error) not in UNWRITABLE or (log.exists() and log.stat().st_size):
                raise
            # SQLite cannot make its files beside it. Without a log nobody is writing: nothing is left out.
            return self._asked(self._connect("ro&immutable=1"))

    @staticmethod
    def _asked(db: sqlite3.Connection) -> sqlite3.Connection:
        try:
            db.execute("SELECT 1 FROM sqlite_master").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def _connect(self, mode: str) -> sqlite3.Connection:
        address = f"file:{quote(os.fsencode(self.path))}?mode={mode}"
        return sqlite3.connect(address, uri=True, timeout=_PATIENCE_S, isolation_level=None)

    def _error(self, error: sqlite3.Error, deed: str) -> BddsegError:
        if primary_code(error) in DAMAGED:
            return BddsegError(
                f"the index {sanitize_path(self.path)} cannot be {deed}: {database_reason(error)}. "
                "`bddseg-tui index build --fresh` makes it anew"
            )
        return BddsegError(f"the index {database_error(error, self.path, deed)}")
