"""Embedding a dataset: images decoded in threads, encoded in batches, each batch committed.

Killed at any moment, it goes on from the last commit. An image whose content is known under another name is not
encoded again. One bad image is noted and left out.
"""

import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from bddseg_tui.core.data.dataset import Dataset, list_samples
from bddseg_tui.core.data.image_file import READER_VERSION
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.processes.parallel import cores
from bddseg_tui.core.retrieval.manifest import EXACT_LIMIT, read_manifest
from bddseg_tui.index.class_words import calibrate_on, find_labels, read_truth
from bddseg_tui.index.clip import Clip
from bddseg_tui.index.device_encoders import encoded_on
from bddseg_tui.index.image_loading import Batch, Loaded, encode_loaded, load_image
from bddseg_tui.index.stores.hnsw import GraphVectors, hnswlib_installed, update_hnsw
from bddseg_tui.index.vector_table import Entry, OtherModelError, VectorTable, clear_vectors
from bddseg_tui.index.vector_types import Vectors

_AHEAD = 3


def build_index(
    dataset: Dataset,
    clip: Clip,
    folder: Path,
    report: Callable[[str, int, int], None],
    batch: int | None = None,
    exact_limit: int = EXACT_LIMIT,
    devices: Sequence[str] = (),
) -> dict[str, Any]:
    """Brings the vectors of a dataset up to date, builds the graph where one is needed; returns the manifest.

    Args:
        report: called with (phase, done, total); it may raise to stop the work, which loses nothing.
        exact_limit: with more images than this a graph is kept, where hnswlib is installed.
        devices: where there are several, each has a process of its own that loads the model anew and encodes.

    Raises:
        BddsegError: not one image could be read, or the index is damaged.
    """
    try:
        table = VectorTable(folder, clip.identity, clip.dimension)
    except OtherModelError:
        # The weights behind the name have changed; of the old vectors none is of use.
        clear_vectors(folder)
        table = VectorTable(folder, clip.identity, clip.dimension)
    table.cut_tail()
    pending = table.refresh(_files(dataset))
    total = len(pending)
    batch = batch or (256 if clip.device.startswith("cuda") else 32)
    start, done, bad = time.monotonic(), 0, 0
    report("encode", 0, total)
    batches = [pending[at : at + batch] for at in range(0, total, batch)]
    if len(devices) > 1 and len(batches) > 1:
        encoded = encoded_on(devices, clip.name, dataset.root, batches)
    else:
        encoded = _encoded_here(table, clip, dataset.root, batches)
    for loaded, vectors in encoded:
        entries = [Entry(i.image, i.stamp, i.digest) for i in loaded if i.row is None and not i.why]
        reused = [(Entry(i.image, i.stamp, i.digest), i.row) for i in loaded if i.row is not None]
        failed = [(i.image, i.stamp, i.why) for i in loaded if i.why]
        table.append(entries, vectors, reused)
        table.fail(failed)
        done, bad = done + len(loaded), bad + len(failed)
        report("encode", done, total)
    if total and bad == total and not table.used():
        raise BddsegError(f"not one of {total:,} images could be read; the first: {table.failures()[0][1]}")
    seconds = time.monotonic() - start
    used = ",".join(devices) if len(devices) > 1 else clip.device
    facts = {"model": clip.name, "encoded": total, "seconds": round(seconds, 2), "device": used}
    manifest = table.finish({**facts, **_calibration(table, dataset, clip, folder, report)})
    if manifest["count"] > exact_limit and hnswlib_installed():
        _build_graph(table, folder, manifest, report)
    return manifest


def _calibration(
    table: VectorTable, dataset: Dataset, clip: Clip, folder: Path, report: Callable[[str, int, int], None]
) -> dict[str, Any]:
    """What the manifest says of the calibration: the one before, where nothing has changed that it was fitted on."""
    images, matrix = table.load(verify=False)
    labels = find_labels(dataset, images, clip.identity)
    before = read_manifest(folder)
    if before and before.calibration and before.calibration["labels"] == labels.checksum:
        return {"calibration": before.calibration}
    if not labels.samples:
        return {"calibration": None, "uncalibrated": "the dataset has no masks to calibrate on"}
    report("calibrate", 0, len(labels.samples))
    truth = read_truth(labels, lambda done, total: report("calibrate", done, total))
    calibration, why = calibrate_on(clip, matrix, labels, truth)
    return {"calibration": calibration, "uncalibrated": why}


def _build_graph(
    table: VectorTable, folder: Path, manifest: dict[str, Any], report: Callable[[str, int, int], None]
) -> None:
    rows, matrix = table.rows()
    vectors = GraphVectors(matrix[: manifest["rows_used"]], np.unique(rows), manifest["sha256"], table.path)
    update_hnsw(folder, vectors, lambda done, total: report("graph", done, total))


def _files(dataset: Dataset) -> Iterator[tuple[bytes, str]]:
    for sample in list_samples(dataset):
        try:
            status = sample.image.stat()
        except OSError:
            continue
        stamp = f"{status.st_size}:{status.st_mtime_ns}:{READER_VERSION}"
        yield os.fsencode(os.path.relpath(sample.image, dataset.root)), stamp


def _encoded_here(
    table: VectorTable, clip: Clip, root: Path, batches: Sequence[Batch]
) -> Iterator[tuple[list[Loaded], Vectors]]:
    """The batches, each loaded and encoded, in order; a few of them are decoded ahead of the model."""
    # Threads, as rclip has them: Pillow decodes and scales outside the interpreter's lock.
    with ThreadPoolExecutor(min(16, max(2, cores()))) as pool:
        queue: deque[list[Future[Loaded]]] = deque()
        left = iter(batches)
        while True:
            while len(queue) < _AHEAD and (batch := next(left, None)) is not None:
                queue.append([pool.submit(load_image, clip, root, *item, table.known) for item in batch])
            if not queue:
                return
            loaded = [future.result() for future in queue.popleft()]
            yield loaded, encode_loaded(clip, loaded)
