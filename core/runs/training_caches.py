"""The folders of training caches: how they are called, which are in use, and what they are of.

<workspace>/cache/v2-train-288x512-0123456789abcdef/    a split of a dataset at a size
    cache.json      what it is of, for people and for whoever makes room
    index.sqlite    image -> slot, with sizes and times (train/cache_index.py)
    images.u8       slots of uint8 [3, H, W], one after another
    masks.u8        slots of uint8 [H, W]
    lock            flock: shared by every process that reads it; exclusive for whoever deletes it or reuses slots
    update.lock     flock: exclusive for the one process that adds to it

Versions before had a folder for each state of the files, 288x512-0123456789abcdef/, which nothing reads any more.
"""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter
from typing_extensions import TypedDict

from bddseg_tui.core.errors import RecordError
from bddseg_tui.core.files.records import FileName, read_record

VERSION = 2
ABOUT, INDEX, IMAGES, MASKS = "cache.json", "index.sqlite", "images.u8", "masks.u8"
LOCK, UPDATE_LOCK = "lock", "update.lock"
_NAME = re.compile(rf"v{VERSION}-(\w+)-(\d+)x(\d+)-[0-9a-f]{{16}}")
_EARLIER = re.compile(r"\d+x\d+-[0-9a-f]{16}")


class About(TypedDict):
    """What `cache.json` says."""

    dataset: FileName


@dataclass(frozen=True)
class TrainingCache:
    """A cache in the workspace. `dataset` is None where that is unknown, as for those of earlier versions."""

    folder: Path
    dataset: Path | None
    earlier: bool


def cache_name(dataset: Path, split: str, size: tuple[int, int]) -> str:
    """The folder's name for a split of the dataset at this root, at (height, width)."""
    digest = hashlib.sha256(os.fsencode(dataset)).hexdigest()[:16]
    return f"v{VERSION}-{split}-{size[0]}x{size[1]}-{digest}"


def list_caches(cache: Path) -> list[TrainingCache]:
    """The training caches in the workspace's folder of caches, by name."""
    found = []
    for folder in sorted(cache.iterdir()):
        if folder.is_symlink() or not folder.is_dir():
            continue
        if _EARLIER.fullmatch(folder.name):
            found.append(TrainingCache(folder, None, True))
        elif _NAME.fullmatch(folder.name):
            found.append(TrainingCache(folder, _dataset(folder), False))
    return found


@contextmanager
def unused(folder: Path) -> Iterator[bool]:
    """Whether no process reads a cache; as long as the block lasts, none will that asks now.

    Raises:
        OSError: the folder cannot be written.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(handle)


def _dataset(folder: Path) -> Path | None:
    try:
        return Path(read_record(TypeAdapter(About), folder / ABOUT, 1 << 16)["dataset"])
    except (OSError, RecordError):
        return None
