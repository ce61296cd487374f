"""Temporary files and folders beside what they will become: exclusive, unpredictable, swept when their maker is gone.

`tempfile` makes such names too, but files of mode 0600 whatever the umask, and nothing in its names tells who made
them: what a killed process left could be told from what a live one is writing by its age alone.
"""

import contextlib
import functools
import os
import re
import shutil
import time
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from bddseg_tui.core.processes.process import ProcessId, this_process

_NAME = re.compile(r"\.bddseg-([0-9a-f]{8})-([0-9a-f]{8})-(\d{1,10})-(\d{0,20})-[0-9a-f]{16}\.tmp")
"""Host, boot, process id, its start, and what nobody can guess."""
_EARLIER = re.compile(r"\.\d{1,10}-\d{1,20}\.tmp")
"""What versions up to 0.1 called them."""
_LARGE = ("predictions", "masks", "tensorboard")
"""Folders of results, which are swept by the job that fills them."""
_OLD_S = 86_400.0
"""Nothing takes that long to write: what cannot be told by its process is told by this age."""


def temporary_path(folder: Path) -> Path:
    """A name in `folder` that nobody can guess and that `sweep` knows."""
    return folder / f".bddseg-{_maker(os.getpid())}-{os.urandom(8).hex()}.tmp"


def temporary_file(folder: Path, mode: int = 0o666) -> tuple[int, Path]:
    """Makes a file that nothing else has opened; returns its handle and path. The umask is taken off `mode`.

    Raises:
        OSError: the folder cannot be written.
    """
    path = temporary_path(folder)
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode), path


@contextlib.contextmanager
def temporary_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, to fill and rename; what is left of it at the end of the block is deleted.

    Also for libraries that want a path and not a file: they get one in here.

    Raises:
        OSError: the parent cannot be written.
    """
    folder = temporary_path(parent)
    folder.mkdir()
    try:
        yield folder
    finally:
        # On a full disk this gives back the room that it takes to say what happened.
        shutil.rmtree(folder, ignore_errors=True)


def sweep(folders: Iterable[Path]) -> int:
    """Deletes temporaries of processes that are gone from these folders, not from those below; returns how many.

    Whether a process on another host lives cannot be told: its files stay, as does what cannot be deleted.
    """
    swept = 0
    for folder in folders:
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.startswith(".") and entry.name.endswith(".tmp") and _stale(entry):
                    swept += _delete(entry)
    return swept


def sweep_below(folder: Path, depth: int) -> int:
    """`sweep` for a folder and those below it, so many levels down; 300 runs take 20 ms. Links are not followed."""
    below = []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        below = [Path(e.path) for e in entries if depth and e.is_dir(follow_symlinks=False) and e.name not in _LARGE]
    return sweep([folder]) + sum(sweep_below(path, depth - 1) for path in below)


@functools.lru_cache(1)
def _maker(pid: int) -> str:
    process = this_process()
    return f"{_short(process.host)}-{_short(process.boot)}-{pid}-{process.start}"


def _stale(entry: "os.DirEntry[str]") -> bool:
    match = _NAME.fullmatch(entry.name)
    if match is None:
        return _EARLIER.fullmatch(entry.name) is not None and _old(entry)
    host, boot, pid, start = match.groups()
    here = this_process()
    if host != _short(here.host):
        return False
    if boot != _short(here.boot):
        # An earlier boot of this host, most likely; two containers may share a host's name, though.
        return _old(entry)
    return not ProcessId(here.host, here.boot, int(pid), start).alive()


def _old(entry: "os.DirEntry[str]") -> bool:
    try:
        return time.time() - entry.stat(follow_symlinks=False).st_mtime > _OLD_S
    except OSError:
        return False


def _delete(entry: "os.DirEntry[str]") -> bool:
    try:
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            os.unlink(entry.path)  # noqa: PTH108
    except OSError:
        return False
    return True


def _short(text: str) -> str:
    return f"{zlib.crc32(text.encode()):08x}"
