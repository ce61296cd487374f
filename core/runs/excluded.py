"""The training images that a run leaves out: those that its setting `exclude` matches when the run is made.

The list is kept in the run's folder, so that a resume, and every process, leaves out the same images whatever is tagged
meanwhile.
"""

import json
import os
from pathlib import Path

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.paths import relative
from bddseg_tui.core.data.dataset import Dataset
from bddseg_tui.core.data.filter_language import parse_query
from bddseg_tui.core.data.scan import scan
from bddseg_tui.core.errors import BddsegError, RecordError
from bddseg_tui.core.files.atomic import write_text
from bddseg_tui.core.files.disk_errors import disk_error, disk_reason
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize_path
from bddseg_tui.core.workspace.workspace import Workspace

_FILE = "excluded.json"
_LARGEST = 1 << 30
_KNOWN_UNSCANNED = ("tag:", "name:", "split:")
"""Terms that ask for nothing that only a scan finds."""


def find_excluded(workspace: Workspace, dataset: Dataset, text: str) -> list[bytes]:
    """Images of the train split that a filter matches, as paths relative to the dataset, in order.

    Raises:
        UsageError: the filter makes no sense.
        BddsegError: the catalog cannot be read, or, where the filter needs a scan, written.
    """
    if not text.strip():
        return []
    query = parse_query(f"{text} split:train")
    path = workspace.catalog_path(dataset.root)
    needs_scan = any(not word.removeprefix("-").startswith(_KNOWN_UNSCANNED) for word in text.split())
    if not path.exists() and not needs_scan:
        # Nothing was ever tagged: a catalog is not made for that.
        return []
    catalog = Catalog(path, dataset.root)
    if needs_scan:
        scan(catalog, dataset, lambda done, total: None)
    return sorted(relative(image, dataset.root) for image in catalog.images(query))


def write_excluded(run: Path, images: list[bytes]) -> None:
    """Keeps the list in the folder of a run, where there is something to leave out.

    Raises:
        BddsegError: the disk is full.
    """
    if images:
        try:
            write_text(run / _FILE, json.dumps([os.fsdecode(image) for image in images]))
        except OSError as error:
            raise disk_error(error, run / _FILE) from error


def read_excluded(run: Path) -> frozenset[bytes]:
    """The images that a run leaves out; none in runs of earlier versions.

    Raises:
        BddsegError: the list is damaged: to train on these images would be another run.
    """
    path = run / _FILE
    try:
        raw = decode(read_regular(path, _LARGEST))
        if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
            raise RecordError("it is no list of names")
        return frozenset(os.fsencode(name) for name in raw)
    except FileNotFoundError:
        return frozenset()
    except (OSError, RecordError, UnicodeError) as error:
        why = disk_reason(error) if isinstance(error, OSError) else error
        raise BddsegError(f"{sanitize_path(path)} is damaged ({why}): start a new run") from error
