"""The files of a training cache: opening, locking, growing and filling them."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.runs.training_caches import ABOUT, IMAGES, LOCK, MASKS, UPDATE_LOCK
from bddseg_tui.core.sanitize import sanitize_path

_LOOK_EVERY_S = 0.2
Wait = Callable[[], None]


@dataclass
class OpenFolder:
    """A cache's folder whose `update.lock` this process holds.

    `alone` says that no other process reads it: only then may slots that nothing refers to be written again.
    """

    path: Path
    size: tuple[int, int]
    lock: int
    alone: bool

    @property
    def slot_bytes(self) -> tuple[int, int]:
        """Bytes that a slot takes in the files of images and of masks."""
        pixels = self.size[0] * self.size[1]
        return 3 * pixels, pixels

    def capacity(self) -> int:
        """How many slots the files have."""
        try:
            sizes = [(self.path / name).stat().st_size for name in (IMAGES, MASKS)]
        except FileNotFoundError:
            return 0
        return min(size // slot for size, slot in zip(sizes, self.slot_bytes, strict=True))

    def grow(self, capacity: int) -> None:
        """Makes room for so many slots; space is taken now, since a mapped file on a full disk would be a SIGBUS.

        Raises:
            BddsegError: there is not enough room; the message says how much it takes.
        """
        need = (capacity - self.capacity()) * sum(self.slot_bytes)
        free = shutil.disk_usage(self.path).free
        if need > free:
            raise BddsegError(
                f"the cache takes {_gigabytes(need)} more, and {sanitize_path(self.path.parent)} has "
                f"{_gigabytes(free)} free: make room (`bddseg-tui workspace` shows what takes it), set a smaller "
                "height and width, or train on fewer images (train_limit)"
            )
        for name, size in zip((IMAGES, MASKS), self.slot_bytes, strict=True):
            handle = os.open(self.path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                before = os.fstat(handle).st_size
                try:
                    if capacity * size > before:
                        os.posix_fallocate(handle, before, capacity * size - before)
                except OSError:
                    os.ftruncate(handle, before)
                    raise
            finally:
                os.close(handle)

    def sync(self) -> None:
        """Brings the pixels to the disk, also those that other processes wrote."""
        for name in (IMAGES, MASKS):
            handle = os.open(self.path / name, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def clear(self) -> None:
        """Takes away what is damaged; who reads it keeps the files that are open."""
        for path in self.path.iterdir():
            if path.name not in (LOCK, UPDATE_LOCK):
                path.unlink()


def write_slot(folder: Path, slot: int, image: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
    """Fills a slot with an image, uint8 [3, H, W], and a mask, uint8 [H, W]."""
    for name, pixels in ((IMAGES, image), (MASKS, mask)):
        mapped = np.memmap(folder / name, np.uint8, "r+", slot * pixels.size, pixels.shape)
        mapped[:] = pixels


def map_slots(folder: Path, size: tuple[int, int]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """All slots, mapped from disk for reading: uint8 [S, 3, H, W] and uint8 [S, H, W]."""
    images = np.memmap(folder / IMAGES, np.uint8, "r").reshape(-1, 3, *size)
    masks = np.memmap(folder / MASKS, np.uint8, "r").reshape(-1, *size)
    return images, masks


@contextmanager
def opened(path: Path, dataset: Path, size: tuple[int, int], wait: Wait) -> Iterator[OpenFolder]:
    """A cache's folder, made if need be, for looking into it and adding to it; afterwards it is open for reading.

    Whoever adds is alone with that; readers go on meanwhile, for no slot that is in use is written again. `wait` is
    called again and again while another process adds, and may raise. `OpenFolder.lock` stays open and shared, which
    keeps the slots that were found as they are until it is closed or the process ends.

    Raises:
        OSError: the folder cannot be written.
    """
    while True:
        path.mkdir(parents=True, exist_ok=True)
        update = os.open(path / UPDATE_LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        lock = -1
        try:
            _take(update, fcntl.LOCK_EX, wait)
            lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            alone = _tried(lock, fcntl.LOCK_EX)
            if not alone:
                # Others read it, or one deletes it.
                _take(lock, fcntl.LOCK_SH, wait)
            if not (_is(lock, path / LOCK) and _is(update, path / UPDATE_LOCK)):
                os.close(lock)
                continue
            try:
                if not (path / ABOUT).exists():
                    write_text(path / ABOUT, json.dumps({"dataset": os.fspath(dataset)}))
                folder = OpenFolder(path, size, lock, alone)
                yield folder
                fcntl.flock(lock, fcntl.LOCK_SH)
            except BaseException:
                os.close(lock)
                raise
            return
        finally:
            os.close(update)


def _take(handle: int, kind: int, wait: Wait) -> None:
    while not _tried(handle, kind):
        wait()
        time.sleep(_LOOK_EVERY_S)


def _tried(handle: int, kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is(handle: int, path: Path) -> bool:
    """Whether a path still leads to the file that was opened: another process may have deleted the whole folder."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
