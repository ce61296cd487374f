"""Scanning a dataset into its catalog: image sizes and pixels by class, on all cores, resumable.

Run as `python -P -m bddseg_tui.core.data.scan ROOT` it is what the app starts: a process of its own, so that decoding
masks never competes with drawing, which may be killed at any moment and goes on from the last commit.
"""

import fcntl
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import localtime, monotonic, sleep, strftime, time

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog import Catalog, ScanResult, UnwritableError
from bddseg_tui.core.data.catalog.listing import folder_times
from bddseg_tui.core.data.catalog.salvage import Repair, repair
from bddseg_tui.core.data.catalog_process import run_on_catalog
from bddseg_tui.core.data.dataset import Dataset, list_samples
from bddseg_tui.core.data.image_file import BadFileError, read_mask, read_size
from bddseg_tui.core.data.size_mismatch import size_mismatch
from bddseg_tui.core.errors import BddsegError, UsageError
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.processes.parallel import map_unordered
from bddseg_tui.core.sanitize import sanitize, sanitize_path

COMMIT_EVERY_S = 0.5
WAIT_S = 0.3
FEW = 3000
"""So many samples can all be looked at while nobody notices, within a tenth of a second."""


def scan(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None], workers: int | None = None) -> bool:
    """Lists the dataset's files, then reads each sample that is new or changed.

    Calls `report(done, total)` at each commit. Returns False, having done nothing, while another process scans.

    Raises:
        BddsegError: a folder cannot be listed, no image is left at all, or the catalog cannot be written. What is
            known of samples that were not seen stays.
    """
    with scan_lock(catalog.path) as free:
        if not free:
            return False
        with catalog.kept_open():
            _scan(catalog, dataset, report, workers)
    return True


def _scan(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None], workers: int | None) -> None:
    total, left = _list(catalog, dataset, report)
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
    with suppress(BddsegError):
        catalog.clear_left_over()


def _list(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None]) -> tuple[int, int]:
    """(samples in all, samples yet to be scanned), once the catalog knows which files there are."""
    began = time()
    try:
        times = folder_times(dataset)
        found = catalog.refresh(list_samples(dataset), lambda total, left: report(total - left, total))
    except OSError as error:
        raise disk_error(error, error.filename or dataset.root, "listed") from error
    catalog.remember_folders(times, began)
    return found


def scan_or_wait(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None]) -> None:
    """Scans; while another process does so, reports how far that one is, and then looks for what it left."""
    while not scan(catalog, dataset, report):
        total, left = catalog.progress()
        report(total - left, total)
        sleep(WAIT_S)


def as_of(catalog: Catalog, dataset: Dataset, even_if_old: bool) -> str | None:
    """Since when no file was added or taken away, in words, if all samples are scanned and these are many; else None.

    Only the times of the folders are looked at: a file that was changed in place is not noticed. With `even_if_old` not
    even those.

    Raises:
        UsageError: with `even_if_old`, if there was no scan yet.
    """
    total, left = catalog.progress()
    if even_if_old:
        if not total:
            raise UsageError("this dataset was not scanned yet: leave out --no-scan")
        return f"as of the last scan; {left:,} samples are yet to be read" if left else "as of the last scan"
    if left or total <= FEW:
        return None
    try:
        at = catalog.listed_at(dataset)
    except OSError:
        return None
    if at is None:
        return None
    when = strftime("%Y-%m-%d %H:%M:%S", localtime(at))
    return f"as of the scan of {when}, since when no file was added or taken away (--scan looks at each)"


def bring_up_to_date(catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None]) -> str:
    """Scans; returns "", or why the catalog could not be written, if it holds an earlier scan.

    Raises:
        BddsegError: as `scan`.
    """
    try:
        scan_or_wait(catalog, dataset, report)
    except UnwritableError as error:
        if not catalog.progress()[0]:
            raise
        return f"as of the last scan: {error}"
    return ""


def repair_catalog(path: Path, root: Path) -> Repair:
    """Makes a damaged catalog anew with the tags that can be read, while no scan goes on.

    Raises:
        BddsegError: it is not damaged, is being scanned, or cannot be written.
    """
    if not path.exists():
        raise BddsegError(f"there is no catalog of {sanitize_path(root)}: it is made when the dataset is opened")
    with scan_lock(path) as free:
        if not free:
            raise BddsegError(f"the catalog {sanitize_path(path)} is being scanned: wait, or end the app that does so")
        return repair(path, root)


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
                raise size_mismatch(image, mask, (width, height), (ids.shape[1], ids.shape[0]))
            counts = tuple(int(n) for n in np.bincount(ids.ravel(), minlength=NUM_CLASSES))
    except BadFileError as error:
        problem = f"{error.kind}: {sanitize(error.detail)}"
    return ScanResult(row, width, height, counts, problem)


@contextmanager
def scan_lock(catalog: Path) -> Iterator[bool]:
    """Holds the lock of whoever scans into a catalog; False where another process has it.

    Raises:
        UnwritableError: the lock's file cannot be made.
    """
    # flock goes with its process, so a killed scan leaves nothing behind that someone must clean up.
    path = catalog.with_suffix(".scan-lock")
    try:
        file = path.open("w")
    except OSError as error:
        raise UnwritableError(str(disk_error(error, path))) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


if __name__ == "__main__":
    os.nice(5)
    sys.exit(run_on_catalog(sys.argv[1:], "bddseg_tui.core.data.scan", "the scan", scan_or_wait))
