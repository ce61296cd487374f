"""Tags in files: CSV with a line for each image and tag, or FiftyOne-style JSON: `samples` of `filepath` and `tags`."""

import csv
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bddseg_tui.core.data.catalog import Catalog
from bddseg_tui.core.data.catalog.paths import absolute
from bddseg_tui.core.data.catalog.tags import clean_tag
from bddseg_tui.core.data.sample_list_file import csv_line, from_spreadsheet_cell
from bddseg_tui.core.errors import BddsegError, RecordError, UsageError
from bddseg_tui.core.files.atomic import replacing
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.json_text import decode
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize, sanitize_path

ENDINGS = (".csv", ".json")
_LARGEST = 1 << 29
_IMAGE, _TAG = ("image", "filepath"), ("tag", "tags")
"""What the columns of a table may be called."""


@dataclass(frozen=True)
class TagsImported:
    """What came of a file of tags.

    Attributes:
        given: tags that samples did not have before.
        had: tags that they had already.
        samples: samples that were meant.
        unmatched: images of the file that are none of the dataset's, or might be several.
        refused: tags that are no word, and entries that make no sense.
    """

    given: int
    had: int
    samples: int
    unmatched: tuple[str, ...]
    refused: int


def export_tags(catalog: Catalog, to: Path) -> tuple[int, int]:
    """Writes all tags into a new .csv or .json file; returns how many tags of how many samples these are.

    A CSV has paths relative to the dataset; JSON has whole ones, as FiftyOne does.

    Raises:
        UsageError: the ending is another, or there is such a file already.
        BddsegError: the file cannot be written.
    """
    _check_ending(to)
    if os.path.lexists(to):
        raise UsageError(f"{sanitize_path(to)} is there already: choose another name")
    tags = samples = 0
    as_csv = to.suffix.lower() == ".csv"
    try:
        with replacing(to) as file:
            file.write(csv_line(("image", "tag")) if as_csv else b'{"media_type": "image", "samples": [')
            for image, words in catalog.tagged():
                if as_csv:
                    file.writelines(csv_line((os.fsdecode(image), word)) for word in words)
                else:
                    item = {"filepath": os.fspath(absolute(image, catalog.root)), "tags": list(words)}
                    file.write((b",\n" if samples else b"\n") + json.dumps(item).encode())
                tags, samples = tags + len(words), samples + 1
            file.write(b"" if as_csv else b"\n]}\n")
    except OSError as error:
        raise disk_error(error, to) from error
    return tags, samples


def import_tags(catalog: Catalog, source: Path) -> TagsImported:
    """Gives samples the tags that a file has for them; none is taken away, and done twice it changes nothing more.

    An image is known by its path: relative to the dataset, or the end of a longer one; or by its name without the
    ending, where only one has that. White space in a tag becomes a dash, as a tag is one word.

    Raises:
        UsageError: the ending is neither .csv nor .json.
        BddsegError: the file cannot be read, or is no table or JSON of this kind; or the catalog cannot be written.
    """
    _check_ending(source)
    try:
        data = read_regular(source, _LARGEST)
        entries = list(_table(data) if source.suffix.lower() == ".csv" else _samples(data))
    except OSError as error:
        raise disk_error(error, source, "read") from error
    except RecordError as error:
        raise BddsegError(f"{sanitize_path(source)}: {error}") from error
    known, stems = _known(catalog)
    wanted: dict[str, dict[int, None]] = {}
    unmatched: dict[str, None] = {}
    refused = 0
    for image, tag in entries:
        if (sample := _match(image, known, stems)) is None:
            unmatched[sanitize(image)] = None
            continue
        try:
            wanted.setdefault(clean_tag("-".join(tag.split())), {})[sample] = None
        except BddsegError:
            refused += 1
    given = sum(len(catalog.add_tag(samples, tag)) for tag, samples in wanted.items())
    asked = sum(map(len, wanted.values()))
    meant = len({sample for samples in wanted.values() for sample in samples})
    return TagsImported(given, asked - given, meant, tuple(unmatched), refused)


def _check_ending(path: Path) -> None:
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{sanitize_path(path)}: how? the name ends in {' or '.join(ENDINGS)}")


def _table(data: bytes) -> Iterator[tuple[str, str]]:
    """(image, tag) of each line; a cell may hold several tags.

    Raises:
        RecordError: it is no table with these columns.
    """
    text = data.decode("utf-8-sig", "surrogateescape")
    try:
        rows = csv.reader(io.StringIO(text, newline=""))
        head = [cell.strip().lower() for cell in next(rows, [])]
        places = [next((head.index(name) for name in names if name in head), None) for names in (_IMAGE, _TAG)]
        image, tag = places
        if image is None or tag is None:
            raise RecordError("its first line should name the columns: image,tag")
        for row in rows:
            if len(row) > max(image, tag):
                for word in from_spreadsheet_cell(row[tag]).split():
                    yield from_spreadsheet_cell(row[image]), word
    except csv.Error as error:
        raise RecordError(f"it is no CSV: {str(error)[:80]}") from error


def _samples(data: bytes) -> Iterator[tuple[str, str]]:
    """The same of JSON: an object with `samples`, or a list of them; what is none of it counts as a tag that is none.

    Raises:
        RecordError: it is no JSON of this kind.
    """
    raw = decode(data)
    items: Any = raw.get("samples") if isinstance(raw, dict) else raw
    if not isinstance(items, list):
        raise RecordError('it should be {"samples": [{"filepath": ..., "tags": [...]}]}')
    for item in items:
        path, tags = (item.get("filepath"), item.get("tags")) if isinstance(item, dict) else (None, None)
        if not isinstance(path, str) or not isinstance(tags, list | None):
            raise RecordError("a sample of it has no filepath, or its tags are no list")
        yield from ((path, tag if isinstance(tag, str) else "") for tag in tags or ())


def _known(catalog: Catalog) -> tuple[dict[bytes, int], dict[bytes, int | None]]:
    """Samples by their paths, and by their names without the ending; None where several have one."""
    known, stems = dict(catalog.image_ids()), {}
    for image, sample in known.items():
        stem = _stem(image)
        stems[stem] = None if stem in stems else sample
    return known, stems


def _match(image: str, known: dict[bytes, int], stems: dict[bytes, int | None]) -> int | None:
    try:
        raw = os.path.normpath(os.fsencode(image))
    except UnicodeError:
        return None
    parts = raw.lstrip(b"/").split(b"/")
    for start in range(len(parts)):
        if (sample := known.get(b"/".join(parts[start:]))) is not None:
            return sample
    return stems.get(_stem(raw))


def _stem(image: bytes) -> bytes:
    return os.path.splitext(os.path.basename(image))[0]  # noqa: PTH119, PTH122 (bytes)
