"""Opening a zip and reading its entries, with the true reason where that cannot be done.

Python's zipfile reads them; it raises a dozen unrelated exceptions on broken or unusual zips (BadZipFile, OSError with
EINVAL, NotImplementedError, UnicodeDecodeError, struct.error, zlib.error, EOFError ...), knows no split zips, and in
this version of Python unpacks entries that overlap.
"""

import errno
import itertools
import os
import re
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.sanitize import sanitize, sanitize_path

_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_METHODS.add(getattr(zipfile, "ZIP_ZSTANDARD", zipfile.ZIP_STORED))  # since Python 3.14
_METHOD_NAMES = {1: "Shrink", 6: "Implode", 9: "Deflate64", 93: "Zstandard", 95: "XZ", 97: "WavPack", 98: "PPMd"}
_AES = 99
_HEADER = 30
_ENCRYPTED, _STRONG = 0x1, 0x40
_END, _END_LENGTH, _COMMENT = b"PK\x05\x06", 22, 1 << 16
_AGAIN = "download it again"
_OTHERS = (
    (0, b"Rar!\x1a\x07", "a RAR archive", "unrar x {path}"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "7z x {path}"),
    (0, b"\x1f\x8b", "packed with gzip", "tar -xzf {path}"),
    (0, b"BZh", "packed with bzip2", "tar -xjf {path}"),
    (0, b"\xfd7zXZ\x00", "packed with xz", "tar -xJf {path}"),
    (0, b"\x28\xb5\x2f\xfd", "packed with Zstandard", "tar --zstd -xf {path}"),
    (257, b"ustar", "a tar archive", "tar -xf {path}"),
)


def open_zip(path: Path) -> zipfile.ZipFile:
    """Opens a zip all of whose entries can be read, as far as its directory tells.

    Raises:
        BddsegError: it is missing, no zip, damaged, split, encrypted, packed in a way that is not known, or its
            entries overlap; the line says which, and what to do.
    """
    _refuse_split_names(path)
    parts = _parts_in_its_end(path)
    try:
        archive = zipfile.ZipFile(path)
    except NotImplementedError as error:
        reason = f"needs a newer version of the zip format ({sanitize(str(error))})"
        raise BddsegError(f"{sanitize_path(path)} {reason}: {_elsewhere(path)}") from error
    except OSError as error:
        raise disk_error(error, path, "read") from error
    except Exception as error:
        raise _no_zip(path, error) from error
    try:
        _refuse_what_cannot_be_read(path, archive, parts)
    except OSError as error:
        archive.close()
        raise disk_error(error, path, "read") from error
    except BaseException:
        archive.close()
        raise
    return archive


def is_folder(entry: zipfile.ZipInfo) -> bool:
    """Whether an entry is a folder; ZipInfo's own test raises IndexError on a name that starts with a NUL."""
    return entry.orig_filename.endswith(("/", "\\"))


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yields an entry's content in blocks of a megabyte; its length and checksum are those that the zip tells.

    Raises:
        BddsegError: the zip is damaged there, or cannot be read.
    """
    path, length = Path(archive.filename or ""), 0
    try:
        with archive.open(entry) as source:
            while block := source.read(1 << 20):
                length += len(block)
                yield block
        if length != entry.file_size:
            raise zipfile.BadZipFile(f"{length} bytes instead of {entry.file_size}")
    except OSError as error:
        if error.errno in (None, errno.EINVAL):
            raise _damaged(path, entry, error) from error
        raise disk_error(error, path, "read") from error
    except Exception as error:
        raise _damaged(path, entry, error) from error


def _damaged(path: Path, entry: zipfile.ZipInfo, error: Exception) -> BddsegError:
    reason = sanitize(str(error))[:120] or type(error).__name__
    return BddsegError(
        f"{sanitize_path(path)} is damaged at {sanitize(entry.filename)[:120]} ({reason}): {_AGAIN}; "
        "what is unpacked is kept"
    )


def _refuse_what_cannot_be_read(path: Path, archive: zipfile.ZipFile, parts: int) -> None:
    entries = archive.infolist()
    size = path.stat().st_size
    if parts or any(e.header_offset < 0 for e in entries):
        raise _split(path)
    files = [e for e in entries if not is_folder(e)]
    if any(e.flag_bits & (_ENCRYPTED | _STRONG) or e.compress_type == _AES for e in files):
        raise BddsegError(f"{sanitize_path(path)} is protected by a password: {_elsewhere(path)}")
    if odd := next((e.compress_type for e in files if e.compress_type not in _METHODS), None):
        name = _METHOD_NAMES.get(odd, "a method that is not known here")
        raise BddsegError(f"{sanitize_path(path)} is packed with {name} (method {odd}): {_elsewhere(path)}")
    ends = sorted((e.header_offset, e.header_offset + _HEADER + e.compress_size) for e in entries)
    if any(end > start for (_, end), (start, _) in itertools.pairwise(ends)):
        raise BddsegError(f"{sanitize_path(path)} has entries that overlap, as zip bombs have: it is not unpacked")
    if ends and ends[-1][1] > size:
        raise BddsegError(f"{sanitize_path(path)} ends too early: {_AGAIN}")


def _parts_in_its_end(path: Path) -> int:
    """The number of the last part in the record at the zip's end: above 0 in split zips alone."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            what = "a folder" if stat.S_ISDIR(status.st_mode) else "no regular file"
            raise BddsegError(f"{sanitize_path(path)} is {what}, not a zip: name the zips themselves")
        with path.open("rb") as file:
            file.seek(max(0, status.st_size - _COMMENT - _END_LENGTH))
            tail = file.read()
    except OSError as error:
        raise disk_error(error, path, "read") from error
    at = tail.rfind(_END)
    number = int.from_bytes(tail[at + 4 : at + 6], "little") if 0 <= at <= len(tail) - _END_LENGTH else 0
    return 0 if number == 0xFFFF else number


def _refuse_split_names(path: Path) -> None:
    if re.fullmatch(r"\.z\d+", path.suffix.lower()):
        raise _split(path.with_suffix(".zip"))
    if re.fullmatch(r"\.\d{3}", path.suffix) and path.exists() and not zipfile.is_zipfile(path):
        whole = path.with_suffix("")
        raise BddsegError(
            f"{sanitize_path(path)} is a part of a split archive: put it together with "
            f"`cat {_quoted(whole)}.* > {_quoted(whole)}`, or use `7z x {_quoted(path)}`"
        )


def _no_zip(path: Path, error: Exception) -> BddsegError:
    """Why a file that zipfile cannot open is none."""
    name = sanitize_path(path)
    if _first_part(path) or "multiple disks" in str(error):
        return _split(path)
    try:
        with path.open("rb") as file:
            head = file.read(1024)
    except OSError as failure:
        return disk_error(failure, path, "read")
    for at, signature, what, command in _OTHERS:
        if head[at : at + len(signature)] == signature:
            return BddsegError(f"{name} is {what}, not a zip: use `{command.format(path=_quoted(path))}`")
    if not head:
        return BddsegError(f"{name} is no readable zip (it is empty): {_AGAIN}")
    if head.lstrip()[:1] == b"<":
        return BddsegError(f"{name} is no readable zip (it is a web page): {_AGAIN}, logged in where that is asked")
    if head.startswith(b"PK\x07\x08"):
        return _split(path)
    if head.startswith(b"PK\x03\x04"):
        return BddsegError(f"{name} is no readable zip (it is cut off or damaged): {_AGAIN}")
    return BddsegError(f"{name} is no readable zip ({sanitize(str(error))[:120]}): {_AGAIN}")


def _split(path: Path) -> BddsegError:
    whole = path.with_name("whole.zip")
    first = _first_part(path)
    reason = f"with {sanitize(first.name)}" if first else "and its beginning is in another file"
    return BddsegError(
        f"{sanitize_path(path)} is the last part of a split zip, {reason}: with all parts in one folder use "
        f"`zip -s 0 {_quoted(path)} --out {_quoted(whole)}`, or `7z x {_quoted(path)}`"
    )


def _first_part(path: Path) -> Path | None:
    return next((p for s in (".z01", ".Z01") if (p := path.with_suffix(s)).exists()), None)


def _elsewhere(path: Path) -> str:
    return f"unpack it with `7z x {_quoted(path)}`, then open the folder"


def _quoted(path: Path) -> str:
    """A path for a command line that a person can copy."""
    import shlex

    return shlex.quote(sanitize_path(os.fspath(path)))
