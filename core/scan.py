"""Scanning a dataset into its catalog: image sizes and pixels by class, on all cores, resumable.

Run as `python -P -m core.scan ROOT` it is what the app starts: a process of its own, so that decoding masks never
competes with drawing, which may be killed at any moment and goes on from the last commit.
"""

import fcntl
import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

from core.catalog import Catalog, ScanResult
from core.classes import NUM_CLASSES
from core.dataset import Dataset, list_samples, open_dataset
from core.imagefile import BadFileError, read_mask, read_size
from core.parallel import map_unordered
from core.sanitize import sanitize

COMMIT_EVERY_S = 0.5
WAIT_S = 0.3


def scan(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None], workers: int | None = None) -> bool:
    """Lists the dataset's files, then reads each sample that is new or changed.

    Calls `report(done, total)` at each commit. Returns False, having done nothing, while another process scans.
    """
    with _scan_lock(catalog.path) as free:
        if not free:
            return False
        total, left = catalog.refresh(list_samples(dataset))
        report(total - left, total)
        batch: list[ScanResult] = []
        committed = monotonic()
        for result in map_unordered(scan_sample, catalog.pending(), workers if left > 64 else 1, chunk=8):
            batch.append(result)
            left -= 1
            if monotonic() - committed > COMMIT_EVERY_S:
                catalog.record(batch)
                batch, committed = [], monotonic()
                report(total - left, total)
        catalog.record(batch)
        report(total, total)
    return True


def scan_or_wait(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None]) -> None:
    """Scans; while another process does so, reports how far that one is, and then looks for what it left."""
    while not scan(catalog, dataset, report):
        total, left = catalog.progress()
        report(total - left, total)
        sleep(WAIT_S)


def scan_sample(item: tuple[int, Path, Path | None]) -> ScanResult:
    """Reads one sample: the image's header and the whole mask."""
    import numpy as np

    row, image, mask = item
    width = height = counts = problem = None
    try:
        width, height = read_size(image)
        if mask is not None:
            ids = read_mask(mask)
            if ids.shape != (height, width):
                kind = f"the mask is {ids.shape[1]}x{ids.shape[0]}, the image {width}x{height}"
                raise BadFileError("size-mismatch", mask, kind)
            counts = tuple(int(n) for n in np.bincount(ids.ravel(), minlength=NUM_CLASSES))
    except BadFileError as error:
        problem = f"{error.kind}: {sanitize(error.detail)}"
    return ScanResult(row, width, height, counts, problem)


@contextmanager
def _scan_lock(catalog: Path) -> Iterator[bool]:
    # flock goes with its process, so a killed scan leaves nothing behind that someone must clean up.
    with catalog.with_suffix(".scan-lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def main(argv: list[str]) -> int:
    """`python -P -m core.scan ROOT CATALOG`: prints {"done", "total"} as JSON lines."""
    parent = os.getppid()

    def report(done: int, total: int) -> None:
        if os.getppid() != parent:
            raise SystemExit(0)
        print(json.dumps({"done": done, "total": total}), flush=True)

    dataset = open_dataset(Path(argv[0]))
    scan_or_wait(Catalog(Path(argv[1]), dataset.root), dataset, report)
    return 0


if __name__ == "__main__":
    os.nice(5)
    sys.exit(main(sys.argv[1:]))
