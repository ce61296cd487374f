"""Unpacking the official zips into the layout, without letting an archive write where it should not.

`ZipFile.extractall` neither resumes nor tells of progress, and it strips `..` silently instead of refusing it.
"""

import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from core.errors import BddsegError
from core.sanitize import sanitize, sanitize_path

_TOPS = ("bdd100k/", "bdd100k_images_10k/", "bdd100k_sem_seg_labels_trainval/")


@dataclass
class UnpackReport:
    """Files written, files that were there already (same size and checksum), and entries refused."""

    written: int = 0
    kept: int = 0
    refused: list[str] = field(default_factory=list)


def unpack(archives: list[Path], to: Path, report: Callable[[int, int], None] | None = None) -> UnpackReport:
    """Unpacks zips into one folder; what is there already and whole is kept, so it can be run again.

    Calls `report(bytes done, bytes in all)`. Entries with absolute paths, `..`, links or device files are
    refused and listed.

    Raises:
        BddsegError: an archive is missing or damaged, or the folder cannot be written.
    """
    outcome = UnpackReport()
    opened = [_open(path) for path in archives]
    total = sum(entry.file_size for archive in opened for entry in archive.infolist())
    done = 0
    for archive in opened:
        with archive:
            for entry in archive.infolist():
                _unpack_entry(archive, entry, to, outcome)
                done += entry.file_size
                if report:
                    report(done, total)
    return outcome


def _open(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise BddsegError(f"{sanitize_path(path)} is no readable zip ({error}): download it again") from error


def _unpack_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, to: Path, outcome: UnpackReport) -> None:
    if entry.is_dir():
        return
    relative = _safe_path(entry)
    if relative is None:
        outcome.refused.append(sanitize(entry.filename))
        return
    target = to / relative
    if target.is_symlink() or any((to / p).is_symlink() for p in relative.parents):
        outcome.refused.append(sanitize(entry.filename))
        return
    if _is_whole(target, entry):
        outcome.kept += 1
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(target.name[:200] + ".part")
        with archive.open(entry) as source, part.open("wb") as sink:
            shutil.copyfileobj(source, sink, 1 << 20)
        part.replace(target)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError) as error:
        part.unlink(missing_ok=True)
        raise BddsegError(
            f"{sanitize_path(archive.filename or '')} is damaged at {sanitize(entry.filename)} ({error}): "
            "download it again; what is unpacked is kept"
        ) from error
    except OSError as error:
        raise BddsegError(
            f"{sanitize_path(target)} cannot be written ({error.strerror}): make room, then run the same command again"
        ) from error
    outcome.written += 1


def _safe_path(entry: zipfile.ZipInfo) -> PurePosixPath | None:
    """Where an entry goes, without the archive's own top folder; None for one that must not be unpacked."""
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return None
    name = entry.filename
    if "\\" in name or "\0" in name or name.startswith("/") or (len(name) > 1 and name[1] == ":"):
        return None
    path = PurePosixPath(name)
    if ".." in path.parts:
        return None
    for top in _TOPS:
        name = name.removeprefix(top)
    path = PurePosixPath(name)
    return path if path.parts else None


def _is_whole(target: Path, entry: zipfile.ZipInfo) -> bool:
    if not target.is_file() or target.stat().st_size != entry.file_size:
        return False
    with target.open("rb") as file:
        checksum = 0
        while block := file.read(1 << 20):
            checksum = zlib.crc32(block, checksum)
    return checksum == entry.CRC
