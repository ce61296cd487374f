"""Verdicts in files: a CSV that comes back, and copies of masks in which confirmed errors are unknown."""

import csv
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bddseg_tui.core.classes import CLASSES, RAW_UNKNOWN, find_class
from bddseg_tui.core.data.area_runs import as_text, box_of, count, from_text, mark
from bddseg_tui.core.data.catalog import Catalog, Row
from bddseg_tui.core.data.catalog.verdicts import WORDS, Verdict
from bddseg_tui.core.data.image_file import BadFileError, read_mask_values
from bddseg_tui.core.data.mask_hash import mask_hash
from bddseg_tui.core.data.sample_list_file import csv_line, from_spreadsheet_cell
from bddseg_tui.core.errors import BddsegError, RecordError, UsageError
from bddseg_tui.core.files.atomic import replacing, write_bytes
from bddseg_tui.core.files.disk_errors import disk_error
from bddseg_tui.core.files.owned_folder import own
from bddseg_tui.core.files.regular_file import read_regular
from bddseg_tui.core.sanitize import sanitize, sanitize_path

_LARGEST = 1 << 30
_COLUMNS = (
    *("image", "verdict", "given", "predicted", "left", "top", "right", "bottom", "size", "score", "area"),
    *("mask_hash", "at", "pixels"),
)
csv.field_size_limit(1 << 26)


@dataclass(frozen=True)
class VerdictsImported:
    """What came of a file of verdicts: taken in, there already, of images that are unknown, and lines without sense."""

    taken: int
    had: int
    unmatched: tuple[str, ...]
    refused: int


@dataclass(frozen=True)
class MasksWritten:
    """How many masks were written with how many confirmed areas, and those left out as they are others by now."""

    masks: int
    areas: int
    changed: tuple[str, ...]


def export_verdicts(catalog: Catalog, to: Path) -> int:
    """Writes the verdict that holds of each area into a new .csv file; returns how many these are.

    Raises:
        UsageError: the ending is another, or there is such a file already.
        BddsegError: the file cannot be written.
    """
    if to.suffix.lower() != ".csv":
        raise UsageError(f"{sanitize_path(to)}: how? the name ends in .csv")
    if os.path.lexists(to):
        raise UsageError(f"{sanitize_path(to)} is there already: choose another name")
    found = catalog.verdicts()
    try:
        with replacing(to) as file:
            file.write(csv_line(_COLUMNS))
            for v in found:
                classes = CLASSES[v.given].slug, CLASSES[v.predicted].slug
                cells = (os.fsdecode(v.image), v.word, *classes, *v.box, v.pixels, v.score, v.area, v.mask_hash, v.at)
                file.write(csv_line((*cells, as_text(v.runs))))
    except OSError as error:
        raise disk_error(error, to) from error
    return len(found)


def import_verdicts(catalog: Catalog, source: Path) -> VerdictsImported:
    """Takes in the verdicts of a file that `export_verdicts` wrote; done twice, it changes nothing more.

    Raises:
        BddsegError: the file cannot be read or is no such table, or the catalog cannot be written.
    """
    try:
        text = read_regular(source, _LARGEST).decode("utf-8-sig", "surrogateescape")
    except OSError as error:
        raise disk_error(error, source, "read") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"image", "verdict", "given", "predicted", "mask_hash", "pixels"} <= set(rows.fieldnames or ()):
        raise BddsegError(f"{sanitize_path(source)}: its first line should name the columns: {','.join(_COLUMNS)}")
    known = {image for image, _ in catalog.image_ids()}
    there = {verdict.key: verdict for verdict in catalog.verdicts()}
    wanted: list[Verdict] = []
    unmatched: dict[str, None] = {}
    had = refused = 0
    for verdict in _verdicts(rows):
        if verdict is None:
            refused += 1
        elif verdict.image not in known:
            unmatched[sanitize_path(verdict.image)] = None
        elif (old := there.get(verdict.key)) is not None and (old.word == verdict.word or old.at > verdict.at):
            had += 1
        else:
            wanted.append(verdict)
    return VerdictsImported(catalog.add_verdicts(wanted), had, tuple(unmatched), refused)


def _verdicts(rows: "csv.DictReader[str]") -> Iterator[Verdict | None]:
    """A verdict a line; None for one that makes no sense."""
    try:
        for row in rows:
            try:
                yield _verdict({key: from_spreadsheet_cell(value or "") for key, value in row.items() if key})
            except (ValueError, UnicodeError, RecordError, KeyError, OverflowError):
                yield None
    except csv.Error as error:
        raise BddsegError(f"it is no CSV: {sanitize(str(error))[:80]}") from error


def _verdict(row: dict[str, str]) -> Verdict:
    word = next((w for w in WORDS if w == row["verdict"].strip().lower()), None)
    runs = from_text(row["pixels"])
    if word is None or not runs:
        raise ValueError("no verdict")
    given, predicted = find_class(row["given"]).id, find_class(row["predicted"]).id
    score = float(row["score"]) if row.get("score") else None
    at, area = float(row.get("at") or 0), int(row.get("area") or 0)
    image, of = os.fsencode(row["image"]), sanitize(row["mask_hash"])
    return Verdict(image, of, max(0, area), word, given, predicted, count(runs), box_of(runs), runs, score, at)


def export_masks(catalog: Catalog, to: Path) -> MasksWritten:
    """Writes a PNG for each mask with confirmed errors, at its path relative to the dataset below the folder `to`.

    What a person has put there or changed is never replaced; masks that are others by now are left out.

    Raises:
        BddsegError: nothing is confirmed, `to` cannot be written or holds files of these names that are a person's own.
    """
    by_image: dict[bytes, list[Verdict]] = {}
    for verdict in catalog.verdicts("confirmed"):
        by_image.setdefault(verdict.image, []).append(verdict)
    if not by_image:
        raise BddsegError("no label error is confirmed yet: there is no mask to write")
    if to.resolve() == catalog.root.resolve() or to.resolve().is_relative_to(catalog.root.resolve()):
        raise UsageError(f"{sanitize_path(to)} is the dataset's own folder, which is never written: name another")
    rows = {bytes(os.fsencode(os.path.relpath(r.image, catalog.root))): r for r in _rows(catalog, by_image)}
    made: dict[str, tuple[Row, list[Verdict]]] = {}
    changed: list[str] = []
    for image, verdicts in by_image.items():
        row = rows.get(image)
        mask = row.mask if row else None
        meant = [v for v in verdicts if mask is not None and v.mask_hash == _hash(mask)]
        if row is None or mask is None or len(meant) < len(verdicts):
            changed.append(sanitize_path(image))
        if row is not None and mask is not None and meant:
            made[os.path.relpath(mask, catalog.root)] = row, meant
    folder = own(to, "data verdicts export")
    folder.claim(made)
    try:
        for name, (row, meant) in made.items():
            path = to / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_bytes(path, _corrected(row.mask or path, meant))
    except OSError as error:
        raise disk_error(error, to) from error
    folder.done(made)
    return MasksWritten(len(made), sum(len(meant) for _, meant in made.values()), tuple(changed))


def _rows(catalog: Catalog, images: dict[bytes, list[Verdict]]) -> list[Row]:
    return catalog.find_images([catalog.root / os.fsdecode(image) for image in images])


def _hash(mask: Path) -> str | None:
    try:
        return mask_hash(mask)
    except OSError:
        return None


def _corrected(mask: Path, verdicts: list[Verdict]) -> bytes:
    """The mask as PNG with these areas unknown."""
    import numpy as np
    from PIL import Image

    try:
        values = np.asarray(read_mask_values(mask, strict=False)).copy()
    except BadFileError as error:
        raise BddsegError(str(error)) from error
    for verdict in verdicts:
        mark(values, verdict.runs, RAW_UNKNOWN)
    sink = io.BytesIO()
    Image.fromarray(values).save(sink, "PNG")
    return sink.getvalue()
