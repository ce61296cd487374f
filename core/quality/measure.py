"""Measuring the images of a dataset: on all cores, committed twice a second, so that it may be killed and goes on.

Run as `python -P -m bddseg_tui.core.quality.measure ROOT CATALOG` it is what the app starts, as it starts a scan.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from time import monotonic

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog_process import run_on_catalog
from bddseg_tui.core.data.dataset import Dataset
from bddseg_tui.core.data.scan import scan_or_wait
from bddseg_tui.core.processes.parallel import map_unordered
from bddseg_tui.core.quality.image_measures import Measured, measure

COMMIT_EVERY_S = 0.5


def measure_dataset(
    catalog: Catalog, dataset: Dataset, report: Callable[[int, int], None], workers: int | None = None
) -> None:
    """Scans a dataset, then measures each image that has not been measured as it is now; reports (done, total).

    Two processes that do so at once do some of it twice, and no harm.

    Raises:
        BddsegError: the catalog cannot be written.
    """
    scan_or_wait(catalog, dataset, lambda done, total: None)
    total, left = catalog.unmeasured_count()
    report(total - left, total)
    usual = catalog.usual_shape()
    items = ((*pending, usual) for pending in catalog.unmeasured())
    with catalog.kept_open():
        for batch in _batches(map_unordered(measure, items, workers if left > 32 else 1, chunk=4)):
            left -= len(batch)
            _keep(catalog, batch)
            report(total - left, total)


def _batches(results: Iterator[Measured]) -> Iterator[list[Measured]]:
    """What came within half a second."""
    batch: list[Measured] = []
    began = monotonic()
    for result in results:
        batch.append(result)
        if monotonic() - began > COMMIT_EVERY_S:
            yield batch
            batch, began = [], monotonic()
    if batch:
        yield batch


def _keep(catalog: Catalog, batch: list[Measured]) -> None:
    # The places come last: they say that a sample is done.
    catalog.record_measures((m.image, m.values) for m in batch if m.values)
    catalog.record_places((m.sample, *(m.places.packed() if m.places else (b"", b""))) for m in batch)


def start(dataset: Dataset, catalog: Catalog) -> "subprocess.Popen[bytes]":
    """Starts measuring as a process, which ends with this one, or when its standard input is closed."""
    return subprocess.Popen(
        [
            sys.executable,
            "-P",
            "-m",
            "bddseg_tui.core.quality.measure",
            os.fspath(dataset.root),
            os.fspath(catalog.path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


if __name__ == "__main__":
    os.nice(5)
    sys.exit(run_on_catalog(sys.argv[1:], "bddseg_tui.core.quality.measure", "measuring", measure_dataset))
