"""Lists of samples as files for other programs: paths as text, a table as CSV, or JSON as `data list --json` has it."""

import csv
import io
import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from bddseg_tui.core.data.catalog import Row
from bddseg_tui.core.errors import UsageError
from bddseg_tui.core.files.atomic import replacing
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.sanitize import sanitize, sanitize_path

ENDINGS = (".txt", ".csv", ".json")
_COLUMNS = ("image", "split", "name", "width", "height", "problem", "tags", "miou19")
_FORMULA = tuple("=+-@\t\r")


def sample_facts(row: Row) -> dict[str, object]:
    """What is known of a sample, as an object of JSON; `pixels` are those of the mask by class."""
    return {
        "split": row.split,
        "name": sanitize(row.name),
        "image": sanitize_path(row.image),
        "width": row.width,
        "height": row.height,
        "problem": row.problem,
        "tags": list(row.tags),
        "miou19": row.miou,
        "figures": dict(row.figures),
        "measures": dict(row.measures),
        "pixels": None if row.counts is None else list(row.counts),
    }


def write_sample_list(path: Path, rows: Iterable[Row]) -> int:
    """Writes a list whose form the ending says: .txt has a path on each line, with the bytes that the file's name has.

    Returns how many samples it holds.

    Raises:
        UsageError: the ending says no form, or there is such a file already: it is never replaced.
        BddsegError: the file cannot be written; there is none then.
    """
    if path.suffix.lower() not in ENDINGS:
        raise UsageError(f"{sanitize_path(path)}: how? the name ends in {', '.join(ENDINGS)}")
    # A link that leads nowhere would be replaced as well.
    if os.path.lexists(path):
        raise UsageError(f"{sanitize_path(path)} is there already: choose another name")
    lines = {".txt": _paths, ".csv": _table, ".json": _objects}[path.suffix.lower()]
    count = 0

    def counted() -> Iterator[Row]:
        nonlocal count
        for row in rows:
            count += 1
            yield row

    try:
        with replacing(path) as file:
            for line in lines(counted()):
                file.write(line)
    except OSError as error:
        raise disk_error(error, path) from error
    return count


def spreadsheet_cell(text: str) -> str:
    """A cell that a spreadsheet does not take for a formula: such text begins with an apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def from_spreadsheet_cell(text: str) -> str:
    """The text that `spreadsheet_cell` made a cell of."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def csv_line(cells: Iterable[object]) -> bytes:
    """A line of CSV; bytes of names that are not UTF-8 stay what they are."""
    sink = io.StringIO()
    csv.writer(sink).writerow([spreadsheet_cell(c) if isinstance(c, str) else c for c in cells])
    return sink.getvalue().encode("utf-8", "surrogateescape")


def _paths(rows: Iterable[Row]) -> Iterator[bytes]:
    # A newline in a name would make two paths of one, so such a name is shown rather than kept.
    for row in rows:
        name = os.fspath(row.image)
        yield os.fsencode(sanitize(name) if "\n" in name else name) + b"\n"


def _table(rows: Iterable[Row]) -> Iterator[bytes]:
    yield csv_line(_COLUMNS)
    for row in rows:
        tags = " ".join(row.tags)
        yield csv_line((os.fspath(row.image), row.split, row.name, row.width, row.height, row.problem, tags, row.miou))


def _objects(rows: Iterable[Row]) -> Iterator[bytes]:
    between = b"[\n"
    for row in rows:
        yield between + json.dumps(sample_facts(row)).encode()
        between = b",\n"
    yield b"[]\n" if between == b"[\n" else b"\n]\n"
