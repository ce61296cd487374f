"""The sizes of images, from their files' headers, for a cache that keeps each one's own."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.dataset import Sample
from bddseg_tui.core.data.image_file import BadFileError, read_size
from bddseg_tui.core.errors import BddsegError

MOST_SIZES = 64
"""Each has files of its own that are open while a run trains."""
_READERS = 8
_AT_ONCE = 1000


def sizes_of(
    samples: list[Sample], root: Path, check: Callable[[], None]
) -> tuple[dict[tuple[int, int], frozenset[bytes]], list[str]]:
    """By (height, width), the images that have it, as paths relative to the root; and what is wrong with the others.

    `check` is called every thousand images, and may raise.

    Raises:
        BddsegError: there are more than `MOST_SIZES`.
    """
    found: dict[tuple[int, int], set[bytes]] = {}
    problems: list[str] = []
    for sample, size in _read_all(samples, check):
        if isinstance(size, str):
            problems.append(size)
        else:
            found.setdefault(size, set()).add(relative(sample.image, root))
    if len(found) > MOST_SIZES:
        raise BddsegError(
            f"the images have {len(found)} different sizes, and at most {MOST_SIZES} can be trained on as they are: "
            "set height and width, to which they are resized"
        )
    return {size: frozenset(images) for size, images in sorted(found.items())}, problems


def _read_all(samples: list[Sample], check: Callable[[], None]) -> Iterator[tuple[Sample, tuple[int, int] | str]]:
    with ThreadPoolExecutor(_READERS, "sizes") as pool:
        for start in range(0, len(samples), _AT_ONCE):
            check()
            some = samples[start : start + _AT_ONCE]
            yield from zip(some, pool.map(_size, some), strict=True)


def _size(sample: Sample) -> tuple[int, int] | str:
    try:
        width, height = read_size(sample.image)
    except BadFileError as error:
        return str(error)
    return height, width
