"""Unpacking the official zips into the layout, without letting an archive write where it should not.

`ZipFile.extractall` neither resumes nor tells of progress, and it strips `..` silently instead of refusing it. Here
names are decided first (`core.data.unpack_names`), and files are written below handles of their folders: neither a
name nor a link, from the archive or there before, leads out of the folder.
"""

import contextlib
import errno
import fcntl
import os
import secrets
import shutil
import stat
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, count
from pathlib import Path

from bddseg_tui.core.data.dataset import Dataset, open_dataset
from bddseg_tui.core.data.unpack_names import Place, Places, find_places
from bddseg_tui.core.data.zip_reading import open_zip, read_entry
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.beneath import Below
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import OwnedFolder, own
from bddseg_tui.core.files.typed_path import typed_path
from bddseg_tui.core.sanitize import sanitize_path

_BATCH = 1000
_TEMPORARY = ".unpacking-"
OLD = ".replaced"
"""Where files go that were unpacked here, have changed since, and are unpacked anew: they may be someone's work."""
_REPLACED = "is there already with other content, not unpacked by this program: it is kept; move it to have the zip's"


@dataclass
class UnpackReport:
    """Files written, files that were there already (same size and checksum), and entries refused, each with its reason.

    `replaced` of those written had been unpacked before and have changed since; as they were they are in `old`.
    `dataset` is what the folder holds now; None where no layout is recognised, and then `unrecognised` says why.
    """

    written: int = 0
    kept: int = 0
    replaced: int = 0
    refused: list[str] = field(default_factory=list)
    dataset: Dataset | None = None
    unrecognised: str = ""
    old: str = OLD


def unpack(archives: Sequence[Path], to: Path, report: Callable[[int, int], None] | None = None) -> UnpackReport:
    """Unpacks zips into one folder; what is there already and whole is kept, so it can be run again.

    Calls `report(bytes done, bytes in all)`. Entries that would leave the folder, links, devices, and files that would
    replace a person's own are refused and listed.

    Raises:
        BddsegError: an archive is missing, damaged or cannot be read, the folder cannot be written, or there is no
            room for all of it.
    """
    to = typed_path(to)
    with contextlib.ExitStack() as stack:
        places = find_places([stack.enter_context(open_zip(typed_path(path))) for path in archives])
        _need_room(places, to)
        owned = own(to, "unpack")
        below = stack.enter_context(_locked(to))
        _sweep(owned)
        outcome = _write_all(places, below, owned, report)
        _sweep(owned)
    try:
        outcome.dataset = open_dataset(to)
    except BddsegError as error:
        outcome.unrecognised = str(error)
    return outcome


def _sweep(owned: OwnedFolder) -> None:
    """Deletes temporary files that a call left which was killed, and forgets this one's."""
    owned.delete([name for name in owned.made() if name.rpartition("/")[2].startswith(_TEMPORARY)])


def _write_all(
    places: Places, below: Below, owned: OwnedFolder, report: Callable[[int, int], None] | None
) -> UnpackReport:
    outcome = UnpackReport()
    total, done = sum(p.entry.file_size for p in places.found), 0
    temporary = _TEMPORARY + secrets.token_hex(8)
    for at in range(0, len(places.found), _BATCH):
        batch = places.found[at : at + _BATCH]
        wanted = [place for place in batch if _is_wanted(place, below, owned, places, outcome)]
        folders = {place.path.rpartition("/")[0] for place in wanted}
        # Noted before they are made, the temporary ones too: after a kill the next call knows whose they are.
        owned.claim([*(p.path for p in wanted), *(f"{folder}/{temporary}".lstrip("/") for folder in folders)])
        skipped = sum(p.entry.file_size for p in batch) - sum(p.entry.file_size for p in wanted)
        for length in _lengths(skipped, wanted, below, owned, temporary, outcome):
            done += length
            if report:
                report(done, total)
        outcome.written += len(wanted)
    outcome.refused = places.refused
    return outcome


def _lengths(
    skipped: int, wanted: list[Place], below: Below, owned: OwnedFolder, temporary: str, outcome: UnpackReport
) -> Iterator[int]:
    """Writes what is wanted; yields bytes that are done with."""
    yield skipped
    for place in wanted:
        outcome.replaced += _write(place, below, owned.folder, temporary)
        yield place.entry.file_size


def _is_wanted(place: Place, below: Below, owned: OwnedFolder, places: Places, outcome: UnpackReport) -> bool:
    """Whether an entry is to be written; what is there and whole is counted, what must stay is refused."""
    folder, _, name = place.path.rpartition("/")
    try:
        status = os.lstat(name, dir_fd=below.handle(folder))
        if not stat.S_ISREG(status.st_mode):
            places.refuse(place.entry, "something else than a file has this name there")
            return False
        if status.st_size == place.entry.file_size and _checksum(name, below.handle(folder)) == place.entry.CRC:
            outcome.kept += 1
            return False
        if owned.owns(place.path):
            return True
        places.refuse(place.entry, _REPLACED)
        return False
    except FileNotFoundError:
        return True
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            places.refuse(place.entry, "a link or a file lies where its folder should be")
            return False
        raise disk_error(error, owned.folder / place.path, "read") from error


def _checksum(name: str, folder: int) -> int:
    with os.fdopen(os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder), "rb") as file:
        checksum = 0
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum


def _write(place: Place, below: Below, to: Path, temporary: str) -> bool:
    """Writes one entry under a temporary name, then gives it its own; returns whether it replaces a file."""
    folder, _, name = place.path.rpartition("/")
    try:
        handle = below.handle(folder, make=True)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        file = os.open(temporary, flags, 0o666, dir_fd=handle)
        try:
            with os.fdopen(file, "wb") as sink:
                for block in read_entry(place.archive, place.entry):
                    sink.write(block)
            replaces = _keep_old(place.path, below)
            handle = below.handle(folder)
            os.rename(temporary, name, src_dir_fd=handle, dst_dir_fd=handle)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=below.handle(folder))
            raise
    except OSError as error:
        raise disk_error(error, to / place.path) from error
    return replaces


def _keep_old(path: str, below: Below) -> bool:
    """Puts the file that is about to be replaced into `OLD`, under its own path; returns whether there is one."""
    folder, _, name = path.rpartition("/")
    source = os.dup(below.handle(folder))
    try:
        if not _is_there(name, source):
            return False
        target = below.handle(f"{OLD}/{folder}".rstrip("/"), make=True)
        names = chain([name], (f"{name}.{number}" for number in count(1)))
        free = next(n for n in names if not _is_there(n, target))
        os.rename(name, free, src_dir_fd=source, dst_dir_fd=target)
    finally:
        os.close(source)
    return True


def _is_there(name: str, folder: int) -> bool:
    try:
        os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return False
    return True


def _need_room(places: Places, to: Path) -> None:
    """Refuses what the disk has no room for, before anything is written: zip bombs too."""
    bytes_, files = 0, 0
    for place in places.found:
        try:
            there = os.lstat(to / place.path).st_size
        except OSError:
            there = -1
        if there != place.entry.file_size:
            bytes_, files = bytes_ + place.entry.file_size, files + 1
    above = next((p for p in (to, *to.absolute().parents) if p.is_dir()), Path("/"))
    try:
        free, inodes = shutil.disk_usage(above).free, os.statvfs(above)
    except OSError as error:
        raise disk_error(error, above, "read") from error
    if bytes_ > free:
        raise BddsegError(
            f"{sanitize_path(to)} has {_size(free)} free, and what is to be unpacked takes {_size(bytes_)}: "
            "make room or name another folder; nothing was written"
        )
    if inodes.f_files and files > inodes.f_favail:
        raise BddsegError(
            f"{sanitize_path(to)} has room for {inodes.f_favail:,} more files, and {files:,} are to be unpacked: "
            "name another folder; nothing was written"
        )


def _size(bytes_: int) -> str:
    return f"{bytes_ / 1e9:,.1f} GB" if bytes_ >= 1e8 else f"{bytes_ / 1e6:,.1f} MB"


@contextlib.contextmanager
def _locked(to: Path) -> Iterator[Below]:
    """The folder's handle, locked against a second call, which would take this one's temporary files for left ones."""
    try:
        below = Below(to)
    except OSError as error:
        raise disk_error(error, to, "opened") from error
    with contextlib.closing(below):
        try:
            fcntl.flock(below.root, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BddsegError(f"another process unpacks into {sanitize_path(to)}: wait for it") from error
        except OSError:
            pass  # some network file systems cannot lock a folder
        yield below
