"""The catalog's file: connections that read it whatever the disk is like, and that write it without making others wait.

A reader needs no room and no permission to write: where SQLite cannot make the files that it wants beside a database,
the database is read as one that cannot change, or, where that would leave something out, as a copy in memory.
"""

import os
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

from bddseg_tui.core.data.catalog.schema import VERSION, upgrade
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.database_errors import DAMAGED, UNWRITABLE, database_error, database_reason, primary_code
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.sanitize import sanitize_path

PATIENCE_S = 30.0
"""How long a writer waits for another one. Ours hold the lock for a tenth of a second at most."""
_POLL_S = 0.05
_BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_STEPS = 20_000
"""Steps of SQLite's machine, under a millisecond, between two looks at whether the answer is still wanted."""


class UnwritableError(BddsegError):
    """The catalog can be read, but not written."""


class InterruptedReadError(BddsegError):
    """The answer was not wanted any more."""


class Database:
    """Opens a connection for each piece of work, so any thread may ask for one.

    Raises:
        BddsegError: everywhere, where SQLite fails: in one line, with what to do.
    """

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self._root = root
        self._stopped = threading.Event()
        self._copy: tuple[tuple[object, ...], str, sqlite3.Connection] | None = None
        self._copying = threading.Lock()
        if not path.exists():
            self._upgrade("made")
        else:
            with self.reading():
                pass

    @contextmanager
    def reading(self, unwanted: Callable[[], bool] | None = None) -> Iterator[sqlite3.Connection]:
        """A connection to read with; it ends with an error once `unwanted` or after `interrupt`."""
        stopped = self._stopped.is_set
        try:
            with closing(self._readable()) as db:
                db.set_progress_handler((lambda: stopped() or unwanted()) if unwanted else stopped, _STEPS)
                yield db
        except sqlite3.Error as error:
            raise self._error(error, "read") from error

    @contextmanager
    def writing(self, durable: bool = False, attached: str | None = None) -> Iterator[sqlite3.Connection]:
        """A transaction, which is committed when the block ends well; a database that is `attached` is called other.

        With `durable` it has reached the disk then, and no loss of power takes it back; else a killed process loses
        nothing, and a loss of power at most the last moments.
        """
        try:
            with closing(self._writable()) as db:
                db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                if attached:
                    db.execute("ATTACH ? AS other", (attached,))
                _patiently(lambda: db.execute("BEGIN IMMEDIATE"))
                try:
                    yield db
                    db.execute("COMMIT")
                except BaseException:
                    # SQLite may have taken all back by itself, which makes this an error of its own.
                    with suppress(sqlite3.Error):
                        db.execute("ROLLBACK")
                    raise
        except sqlite3.Error as error:
            raise self._error(error, "written") from error

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """While many transactions follow each other: the last connection that closes moves all that was written."""
        with self.reading():
            yield

    def shrink(self) -> None:
        """Gives room that is free inside the file back to the disk, a little at a time."""
        try:
            with closing(self._writable()) as db:
                before = -1
                while (left := db.execute("PRAGMA freelist_count").fetchone()[0]) and left != before:
                    before = left
                    # executescript, since execute takes but one step of it, which is one page.
                    _patiently(lambda: db.executescript("PRAGMA incremental_vacuum(500)"))
                    give_way()
        except sqlite3.Error as error:
            raise self._error(error, "written") from error

    def interrupt(self) -> None:
        """Ends what is being read, in every thread, and all reading to come: the app is being left."""
        self._stopped.set()

    # -- opening ---------------------------------------------------------------------------------------------

    def _readable(self) -> sqlite3.Connection:
        try:
            db, version = self._connected("mode=rw", 5.0)
        except sqlite3.Error as error:
            if primary_code(error) not in UNWRITABLE or not self.path.exists():
                raise
            # SQLite can make no -wal or -shm. Where there is no -wal with content, nobody has written what is not
            # in the file, and nobody is writing: one who was would have made them.
            if _size(self._beside("-wal")):
                return self._copied()
            db, version = self._connected("mode=ro&immutable=1", 5.0)
        if version == VERSION:
            return db
        db.close()
        try:
            self._upgrade("brought to the version of this program")
        except BddsegError:
            if version == 0:
                raise
            return self._copied()
        return self._connected("mode=rw", 5.0)[0]

    def _connected(self, how: str, timeout: float) -> tuple[sqlite3.Connection, int]:
        """A connection and the version of what it found; one of a later version than this is refused."""
        address = f"file:{quote(os.fsencode(self.path))}?{how}"
        db = sqlite3.connect(address, uri=True, timeout=timeout, isolation_level=None)
        try:
            version = int(db.execute("PRAGMA user_version").fetchone()[0])
            if version > VERSION:
                raise BddsegError(
                    f"the catalog {sanitize_path(self.path)} was written by a later version of this program: "
                    "use that one, or another workspace (--workspace DIR)"
                )
        except BaseException:
            db.close()
            raise
        return db, version

    def _writable(self) -> sqlite3.Connection:
        db, version = self._connected("mode=rw", _POLL_S)
        if version != VERSION:
            db.close()
            self._upgrade("brought to the version of this program")
            db, _ = self._connected("mode=rw", _POLL_S)
        return db

    def _upgrade(self, deed: str) -> None:
        """Makes the catalog, or one of an earlier version one of this, in one transaction: a kill leaves the old."""
        try:
            with closing(self._connected("mode=rwc", _POLL_S)[0]) as db:
                db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                _patiently(lambda: db.execute("PRAGMA journal_mode = WAL"))
                # Two processes may open a catalog at the same moment; the second one finds nothing left to do.
                _patiently(lambda: db.execute("BEGIN IMMEDIATE"))
                upgrade(db, self._root)
                db.execute("COMMIT")
                if not db.execute("PRAGMA auto_vacuum").fetchone()[0]:
                    # Only this makes a file that can shrink of one that could not. It needs as much room again.
                    with suppress(sqlite3.Error):
                        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
                        db.execute("VACUUM")
        except sqlite3.Error as error:
            raise self._error(error, deed) from error

    def _copied(self) -> sqlite3.Connection:
        """A connection to a copy in memory, of this version, made anew when the file has changed."""
        with self._copying:
            stamp = tuple(_stamp(p) for p in (self.path, self._beside("-wal")))
            if self._copy is None or self._copy[0] != stamp:
                address = f"file:bddseg-{uuid4().hex}?mode=memory&cache=shared"
                keeper = sqlite3.connect(address, uri=True, check_same_thread=False, isolation_level=None)
                # With its log, in a folder where SQLite can make what it needs to read that.
                with tempfile.TemporaryDirectory(prefix="bddseg-tui-") as folder:
                    copy = Path(folder) / "catalog.sqlite"
                    try:
                        shutil.copyfile(self.path, copy)
                        if _size(self._beside("-wal")):
                            shutil.copyfile(self._beside("-wal"), copy.with_name(copy.name + "-wal"))
                    except OSError as error:
                        raise disk_error(error, folder) from error
                    with closing(sqlite3.connect(copy)) as source:
                        source.backup(keeper)
                keeper.execute("PRAGMA journal_mode = MEMORY")
                upgrade(keeper, self._root)
                self._copy = (stamp, address, keeper)
            return sqlite3.connect(self._copy[1], uri=True, isolation_level=None)

    def _beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def _error(self, error: sqlite3.Error, deed: str) -> BddsegError:
        if primary_code(error) in DAMAGED:
            return BddsegError(
                f"the catalog {sanitize_path(self.path)} cannot be {deed}: {database_reason(error)}. Your tags are in "
                f"it: `bddseg-tui data repair {sanitize_path(self._root)}` saves those that can be read, and has it "
                "made anew"
            )
        if primary_code(error) == sqlite3.SQLITE_INTERRUPT:
            return InterruptedReadError("this answer is not wanted any more")
        kind = UnwritableError if deed == "written" else BddsegError
        return kind(f"the catalog {database_error(error, self.path, deed)}")


def is_of_earlier_version(path: Path) -> bool:
    """Whether opening this catalog brings it to this version first, which takes a while if it is large."""
    address = f"file:{quote(os.fsencode(path))}?mode=ro"
    with suppress(sqlite3.Error), closing(sqlite3.connect(address, uri=True, timeout=1)) as db:
        return 0 < int(db.execute("PRAGMA user_version").fetchone()[0]) < VERSION
    return False


def give_way() -> None:
    """Lets others write between two transactions of many."""
    time.sleep(0.01)


def _patiently(work: Callable[[], object]) -> None:
    """Does what needs a lock, for as long as somebody else may have it.

    SQLite's own waiting asks less and less often, so it would miss the pauses of one who writes batch after batch.
    """
    until = time.monotonic() + PATIENCE_S
    while True:
        try:
            work()
        except sqlite3.OperationalError as error:
            if primary_code(error) not in _BUSY or time.monotonic() > until:
                raise
            time.sleep(0.002)
        else:
            return


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0, 0
    return status.st_ino, status.st_size, status.st_mtime_ns
