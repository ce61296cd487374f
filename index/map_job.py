"""Making the map of an index: what is laid out goes into the dataset's catalog, where filters find it."""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.retrieval.manifest import read_manifest_record
from bddseg_tui.core.retrieval.map_record import MAP_FILE, MapRecordFile
from bddseg_tui.core.workspace.workspace import MAP_FOLDER
from bddseg_tui.index.embedding_map import lay_out
from bddseg_tui.index.vector_table import VectorTable

MEASURED = ("map-x", "map-y", "cluster")


@dataclass(frozen=True)
class MapWanted:
    """A map of the dataset at `root`, whose index is in `index`; with `keep_places` what is on the map stays there."""

    root: Path
    index: Path
    catalog: Path
    model: str
    keep_places: bool = True


def make_map(wanted: MapWanted, report: Callable[[str, int, int], None]) -> MapRecordFile:
    """Lays out all images of the index and records where each lies; returns what the map says of itself.

    Args:
        wanted: of what.
        report: called with (phase, done, total); it may raise to stop the work, which changes nothing yet recorded.

    Raises:
        BddsegError: the index cannot be read, the library is not there, or the catalog cannot be written.
    """
    manifest = read_manifest_record(wanted.index)
    images, vectors = VectorTable(wanted.index, manifest["identity"], manifest["dimension"]).load()
    catalog = Catalog(wanted.catalog, wanted.root)
    known = np.full((len(images), 2), np.nan, np.float32)
    if wanted.keep_places and _is_of(wanted):
        x, y = catalog.measure("map-x"), catalog.measure("map-y")
        ids = dict(catalog.image_ids())
        for at, image in enumerate(images):
            if (sample := ids.get(image)) in x and sample in y:
                known[at] = x[sample], y[sample]
    layout = lay_out(vectors, known, report)
    report("record", 0, len(images))
    if layout.placed == 0:
        # Of another layout, places of images that this index does not have would mean nothing.
        catalog.forget_measures(MEASURED)
    catalog.record_measures(
        (wanted.root / os.fsdecode(image), {"map-x": float(p[0]), "map-y": float(p[1]), "cluster": float(c)})
        for image, p, c in zip(images, layout.points, layout.clusters, strict=True)
    )
    record: MapRecordFile = {
        "model": wanted.model,
        "vectors": manifest["sha256"],
        "images": len(images),
        "placed": layout.placed,
        "seconds": round(layout.seconds, 2),
        "built": round(time.time(), 3),
    }
    path = wanted.index / MAP_FOLDER / MAP_FILE
    try:
        write_text(path, json.dumps(record, indent=1))
    except OSError as error:
        raise disk_error(error, path) from error
    return record


def _is_of(wanted: MapWanted) -> bool:
    """Whether the places that the catalog has are of this model: it has those of the map that was made last."""
    mine = wanted.index / MAP_FOLDER / MAP_FILE
    others = wanted.index.parent.glob(f"*/{MAP_FOLDER}/{MAP_FILE}")
    try:
        newest = max(others, key=lambda path: path.stat().st_mtime_ns, default=None)
    except OSError as error:
        raise BddsegError(f"the maps of this dataset cannot be looked at: {error}") from error
    return newest == mine
