"""A folder that a person named and a command writes into: what the command made there is noted, all else is theirs.

The marker `.bddseg-tui` is a journal of JSON lines: a header, then the names that a work is about to make (or has
deleted), relative to the folder. A name belongs to the work that made it: an export beside predictions replaces and
deletes none of them. How a command uses it:

    folder = own(to, "predict")
    if other_checkpoint:
        folder.delete(list(folder.made()))
    folder.claim(names)  # before the first is written: all at once, or batch by batch
    if not folder.owns(name): ...  # it's there, and the person's own
    folder.done(names)  # where a person may go on working on them: what is changed then is theirs

What versions before this file made is taken over with `adopt`, by whoever has a proof that it was made by the
program: the manifest of predictions for `masks/`, the demo's `.demo.json`.
"""

import contextlib
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.beneath import Below
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.file_lock import hold
from bddseg_tui.core.files.path_component import inside
from bddseg_tui.core.files.regular_file import content_hash
from bddseg_tui.core.files.temporary_files import sweep
from bddseg_tui.core.sanitize import sanitize, sanitize_path

MARKER = ".bddseg-tui"
_HEADER = b'{"bddseg-tui": 1}\n'
_LONGEST_LINE = 1 << 24
"""Bytes; a batch of names stays far below it."""
_BATCH = 5000
_NAMED = 3


class OwnedFolder:
    """What a work owns in a folder. It belongs to one thread; processes may share the folder."""

    def __init__(self, folder: Path, work: str) -> None:
        self.folder = folder
        self.work = work
        self._names: dict[str, str] = {}
        """The hash of the content by name; empty where it was not noted."""
        self._read_to = 0

    def owns(self, name: str | os.PathLike[str]) -> bool:
        """Whether this work has made (or announced) the file of that relative name."""
        return self._plain(name) in self._names

    def made(self) -> Iterator[str]:
        """The relative names that this work owns, in order, whether or not they are there still."""
        return iter(sorted(self._names))

    def claim(self, names: Iterable[str | os.PathLike[str]]) -> None:
        """Notes relative names that are about to be written; the marker is synced when this returns.

        Raises:
            BddsegError: some are there and not this work's, were changed since it was done with them, lie behind a
                link or outside the folder; nothing is noted then. Or the marker cannot be written.
        """
        if new := self._new_ones(names, write=True):
            self._append("made", new)

    def done(self, names: Iterable[str | os.PathLike[str]]) -> None:
        """Notes the contents of files that were claimed and are written: one that is changed later is the person's.

        Raises:
            BddsegError: the marker cannot be written.
        """
        plain = (self._plain(name) for name in names)
        found = {name: content_hash(self.folder / name) for name in plain if name is not None and name in self._names}
        if found:
            self._append("are", found)

    def check(self, names: Iterable[str | os.PathLike[str]]) -> None:
        """Refuses what `claim` would, with the same error, and notes nothing: for looking before a long work."""
        self._new_ones(names, write=False)

    def adopt(self, names: Iterable[str | os.PathLike[str]]) -> None:
        """Takes over files that a version without markers made: the caller has seen the proof.

        Raises:
            BddsegError: the marker cannot be written.
        """
        plain = (self._plain(name) for name in names)
        new = [name for name in dict.fromkeys(plain) if name is not None and name not in self._names]
        if new:
            self._append("made", new)

    def delete(self, names: Iterable[str | os.PathLike[str]]) -> int:
        """Deletes those of the named files that this work owns and nobody has changed; returns how many were there.

        Neither a link nor what lies behind one is followed.

        Raises:
            BddsegError: one cannot be deleted, or the marker cannot be written.
        """
        owned = [name for name in map(self._plain, names) if name is not None and name in self._names]
        gone = 0
        with contextlib.closing(Below(self.folder)) as below:
            for name in owned:
                if self._is_changed(name):
                    continue
                parent, _, last = name.rpartition("/")
                try:
                    os.unlink(last, dir_fd=below.handle(parent))
                    gone += 1
                except FileNotFoundError:
                    pass
                except OSError as error:
                    raise disk_error(error, self.folder / name, "deleted") from error
        if owned:
            self._append("gone", owned)
        return gone

    def read(self) -> None:
        """Reads what the marker says that is not known yet."""
        with self._open(write=False, new=False) as file:
            if file is not None:
                self._read(file)

    def _plain(self, name: str | os.PathLike[str]) -> str | None:
        """The name without detours; None for one that leaves the folder, and for the marker."""
        plain = os.path.normpath(os.fspath(name))
        # `inside` takes ten times as long as this test, and there may be 100,000 names.
        if plain.startswith(("/", ".")) or "\0" in plain:
            path = inside(self.folder, name)
            plain = os.path.relpath(path, self.folder) if path is not None else MARKER
        return None if plain == MARKER else plain

    def _new_ones(self, names: Iterable[str | os.PathLike[str]], write: bool) -> list[str]:
        """Those of the names that the marker has to have anew, after looking whether this work may write them."""
        wanted = []
        for name in names:
            plain = self._plain(name)
            if plain is None:
                raise BddsegError(f"{sanitize_path(os.fspath(name))} does not lie in {sanitize_path(self.folder)}")
            wanted.append(plain)
        with self._open(write=write, new=False) as file:
            # Another process of the same work may have made some meanwhile.
            if file is not None:
                self._read(file)
            self._refuse_links(wanted)
            root = os.fspath(self.folder)
            there = [n for n in wanted if n not in self._names and _kind(f"{root}/{n}") is not None]
            self._refuse(there, "it did not make")
            self._refuse([name for name in wanted if self._is_changed(name)], "someone has changed since")
        # What is written again has another content from then on.
        return [name for name in dict.fromkeys(wanted) if self._names.get(name, "not its own")]

    def _refuse_links(self, names: list[str]) -> None:
        for parent in sorted({name.rpartition("/")[0] for name in names} - {""}):
            below = self.folder
            for part in parent.split("/"):
                below /= part
                kind = _kind(below)
                if kind is not None and not stat.S_ISDIR(kind):
                    what = "a link" if stat.S_ISLNK(kind) else "no folder"
                    raise BddsegError(f"{sanitize_path(below)} is {what}: name an empty folder to {self.work} into")

    def _refuse(self, names: list[str], why: str) -> None:
        if not names:
            return
        named = ", ".join(sanitize(name) for name in names[:_NAMED])
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        raise BddsegError(
            f"{self.work} refuses to replace {named}{more} in {sanitize_path(self.folder)}, which {why}: "
            "name an empty folder"
        )

    def _is_changed(self, name: str) -> bool:
        known, path = self._names.get(name), self.folder / name
        return bool(known) and _kind(path) is not None and content_hash(path) != known

    def _append(self, deed: str, names: list[str] | dict[str, str]) -> None:
        with self._open(write=True, new=True) as file:
            assert file is not None
            try:
                self._read(file)
                end = self._read_to  # what is behind it was torn
                os.ftruncate(file, end)
                lines = [] if end else [_HEADER]
                every = list(names)
                for start in range(0, len(every), _BATCH):
                    batch = every[start : start + _BATCH]
                    said = {name: names[name] for name in batch} if isinstance(names, dict) else batch
                    lines.append(json.dumps({"work": self.work, deed: said}).encode() + b"\n")
                try:
                    with os.fdopen(os.dup(file), "ab") as stream:
                        stream.writelines(lines)
                    os.fsync(file)
                except OSError:
                    os.ftruncate(file, end)
                    raise
            except OSError as error:
                raise disk_error(error, self.folder / MARKER) from error
            self._read_to = os.lseek(file, 0, os.SEEK_END)
        self._change(deed, names)

    def _change(self, deed: str, names: list[str] | dict[str, str]) -> None:
        if deed == "gone":
            for name in names:
                self._names.pop(name, None)
        else:
            self._names.update(names if isinstance(names, dict) else dict.fromkeys(names, ""))

    def _read(self, file: int) -> None:
        """Takes in the whole lines behind what was read before."""
        os.lseek(file, self._read_to, os.SEEK_SET)
        with os.fdopen(os.dup(file), "rb") as stream:
            while (line := stream.readline(_LONGEST_LINE)).endswith(b"\n"):
                self._take(line, header=self._read_to == 0)
                self._read_to += len(line)
            if self._read_to == 0 and not _HEADER.startswith(line):
                raise self._no_marker()

    def _take(self, line: bytes, header: bool) -> None:
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            raw = None
        if header and line != _HEADER:
            raise self._no_marker()
        if not isinstance(raw, dict) or raw.get("work") != self.work:
            return
        for deed in ("made", "gone"):
            names = raw.get(deed)
            if isinstance(names, list):
                plain = (self._plain(name) for name in names if isinstance(name, str))
                self._change(deed, [name for name in plain if name is not None])
        if isinstance(known := raw.get("are"), dict):
            # Only of what was claimed, whose names were looked at then.
            self._change("are", {n: h for n, h in known.items() if n in self._names and isinstance(h, str)})

    def _no_marker(self) -> BddsegError:
        marker = sanitize_path(self.folder / MARKER)
        return BddsegError(f"{marker} is no marker that this version can read: name an empty folder")

    @contextlib.contextmanager
    def _open(self, write: bool, new: bool) -> Iterator[int | None]:
        """The marker, locked; None where there is none. A link, or anything but a file, is refused."""
        path = self.folder / MARKER
        flags = (os.O_RDWR if write else os.O_RDONLY) | (os.O_CREAT if new else 0)
        try:
            # Without blocking, or a pipe of that name would be waited for.
            file = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
        except FileNotFoundError as error:
            if new:
                raise disk_error(error, path) from error
            yield None
            return
        except OSError as error:
            raise disk_error(error, path, "opened") from error
        try:
            if not stat.S_ISREG(os.fstat(file).st_mode):
                raise BddsegError(f"{sanitize_path(path)} is no file: name an empty folder")
            hold(file, alone=write)
            yield file
        finally:
            os.close(file)


def own(folder: Path, work: str) -> OwnedFolder:
    """Makes a folder for what `work` writes and reads what it made there before. The marker comes with the first claim.

    Args:
        folder: as a person named it; a link is followed, for it is the person's own.
        work: the command's word: predict, export, report, ...

    Raises:
        BddsegError: the folder cannot be made, or what is called like the marker is none.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise disk_error(error, folder, "made") from error
    owned = OwnedFolder(folder, work)
    owned.read()
    sweep([folder, *(folder / parent for parent in {name.rpartition("/")[0] for name in owned.made()} - {""})])
    return owned


def _kind(path: str | Path) -> int | None:
    try:
        return os.lstat(path).st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise disk_error(error, path, "looked at") from error
