"""`predictions.jsonl`: which predictions a folder holds and of which images, so that none is made again for nothing.

A header says which checkpoint predicts which source; then there is a line for each mask, written when the mask is
there. A line has the image's size and time, since a file that is made anew under its name is another image, and the
mask's own, since a mask that someone has changed is theirs. Beside the journal lies the folder's marker
(`core/files/owned_folder.py`), which says what may be deleted.
"""

import fcntl
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Annotated, NamedTuple

from pydantic import Field, Strict, TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.data.image_file import READER_VERSION
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.file_lock import WITHOUT
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.owned_folder import OwnedFolder
from bddseg_tui.core.files.records import FileName, checked, read_record
from bddseg_tui.core.sanitize import sanitize_path

JOURNAL = "predictions.jsonl"
EARLIER = "predictions.json"
"""The manifest of versions that had no journal."""
_LONGEST_LINE = 1 << 20
_PATIENCE_S = 2.0
_Whole = Annotated[int, Strict(), Field(ge=-(2**63), le=2**63)]


class Stamp(NamedTuple):
    """What tells a file from another of its name: size in bytes and modification time in nanoseconds."""

    size: int
    mtime_ns: int


class ImageStamp(NamedTuple):
    """An image's stamp, with the version of the reader: another one may read other pixels."""

    size: int
    mtime_ns: int
    reader: int


class Entry(NamedTuple):
    """One prediction: the stamps of its image, when it was read, and of its mask, when it was written."""

    image: ImageStamp
    mask: Stamp


class Facts(TypedDict):
    """What is predicted with what: predictions by other facts are others. `weights` is a hash of the model's file."""

    run: str
    checkpoint: str
    weights: str
    source: str


class _Header(TypedDict):
    predictions: Facts


class _Line(TypedDict):
    name: FileName
    image: tuple[_Whole, _Whole, _Whole]
    mask: tuple[_Whole, _Whole]


class _Manifest(TypedDict):
    run: str
    checkpoint: str
    source: str


_HEADER, _LINE, _MANIFEST = TypeAdapter(_Header), TypeAdapter(_Line), TypeAdapter(_Manifest)


def stamp_of(path: Path) -> Stamp | None:
    """A file's stamp; None where there is none. A link is not followed."""
    try:
        status = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise disk_error(error, path, "looked at") from error
    return Stamp(status.st_size, status.st_mtime_ns)


def image_stamp(path: Path) -> ImageStamp | None:
    """An image's stamp; None where there is none any more. A link is followed, for the image is behind it."""
    try:
        status = path.stat()
    except OSError:
        return None
    return ImageStamp(status.st_size, status.st_mtime_ns, READER_VERSION)


def read_journal(folder: Path) -> tuple[Facts | None, dict[str, Entry]]:
    """(what is predicted there, the predictions by name); (None, nothing) where no journal can be read."""
    try:
        with (folder / JOURNAL).open("rb") as file:
            return _parse(iter(lambda: file.readline(_LONGEST_LINE), b""))
    except FileNotFoundError:
        return None, {}
    except OSError as error:
        raise disk_error(error, folder / JOURNAL, "read") from error


class PredictionJournal:
    """The journal of a folder that is being predicted into, locked as long as it is open; used as a context.

    Raises:
        BddsegError: another process predicts into the folder, or the journal cannot be opened.
    """

    def __init__(self, folder: OwnedFolder) -> None:
        self._path = folder.folder / JOURNAL
        folder.claim([JOURNAL])
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            self._file = os.open(self._path, flags, 0o666)
        except OSError as error:
            raise disk_error(error, self._path, "opened") from error
        if not _locked(self._file, self._path):
            os.close(self._file)
            raise BddsegError(
                f"another prediction is being written into {sanitize_path(folder.folder)}: "
                "wait for it, or name another folder"
            )
        self.facts, self.entries = read_journal(folder.folder)

    def __enter__(self) -> "PredictionJournal":
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        os.close(self._file)

    def begin(self, facts: Facts, kept: dict[str, Entry]) -> None:
        """Makes the journal say these facts and hold the entries that are still right."""
        lines = [json.dumps({"predictions": facts}), *(_dump(name, entry) for name, entry in kept.items())]
        try:
            # In place and not by a new file, which would be without the lock. Torn, it costs predictions made again.
            os.ftruncate(self._file, 0)
            self._write("".join(f"{line}\n" for line in lines))
        except OSError as error:
            raise disk_error(error, self._path) from error
        self.facts, self.entries = facts, dict(kept)

    def add(self, name: str, entry: Entry) -> None:
        """Notes a prediction whose mask is there."""
        try:
            self._write(_dump(name, entry) + "\n")
        except OSError as error:
            raise disk_error(error, self._path) from error
        self.entries[name] = entry

    def _write(self, text: str) -> None:
        data = memoryview(text.encode())
        while data:
            data = data[os.write(self._file, data) :]


def adopt_earlier(folder: OwnedFolder) -> None:
    """Takes over what a version without journals predicted into a folder; what may be a person's own stays theirs.

    Such a version left a manifest, and wrote a mask within moments after its colour preview. It did not write a
    preview for a mask that was there before.
    """
    root = folder.folder
    try:
        read_record(_MANIFEST, root / EARLIER, 1 << 16)
    except (FileNotFoundError, RecordError):
        return
    if folder.owns(EARLIER):
        return
    made = [EARLIER, *(["summary.json"] if (root / "summary.json").exists() else [])]
    for mask in (root / "masks").rglob("*.png"):
        name = mask.relative_to(root / "masks").with_suffix("")
        colour = stamp_of(root / "colour" / f"{name}.png")
        own = stamp_of(mask)
        if colour and own and 0 <= own.mtime_ns - colour.mtime_ns < 60e9:
            made += [f"masks/{name}.png", f"colour/{name}.png"]
            overlay = f"overlay/{name}.jpg"
            made += [overlay] if (root / overlay).exists() else []
    folder.adopt(made)


def _parse(lines: Iterable[bytes]) -> tuple[Facts | None, dict[str, Entry]]:
    facts: Facts | None = None
    entries: dict[str, Entry] = {}
    for line in lines:
        try:
            if facts is None:
                facts = checked(_HEADER, decode(line))["predictions"]
            else:
                raw = checked(_LINE, decode(line))
                entries[raw["name"]] = Entry(ImageStamp(*raw["image"]), Stamp(*raw["mask"]))
        except RecordError:
            if facts is None:
                return None, {}
    return facts, entries


def _dump(name: str, entry: Entry) -> str:
    return json.dumps({"name": name, "image": entry.image, "mask": entry.mask})


def _locked(file: int, path: Path) -> bool:
    """Whether nobody else predicts into the folder; where the file system has no locks, nobody can tell."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.05)
        except OSError as error:
            if error.errno in WITHOUT:
                return True
            raise disk_error(error, path, "locked") from error
        else:
            return True
