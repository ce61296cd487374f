"""What a scan found out of each sample, and which it has yet to read."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bddseg_tui.core.classes import NUM_CLASSES
from bddseg_tui.core.data.catalog.database import Database
from bddseg_tui.core.data.catalog.paths import absolute, absolute_or_none
from bddseg_tui.core.data.catalog.records import COUNT_COLUMNS, ScanResult


def record(database: Database, results: Sequence[ScanResult]) -> None:
    """Stores what a scan found out, all in one transaction."""
    names = ", ".join(f"{c} = ?" for c in ("width", "height", "problem", "pixels", *COUNT_COLUMNS))
    with database.writing() as db:
        for r in results:
            counts = r.counts or (None,) * NUM_CLASSES
            pixels = sum(r.counts) if r.counts else None
            values = (r.width, r.height, r.problem, pixels, *counts, r.id)
            db.execute(f"UPDATE samples SET scanned = 1, {names} WHERE id = ?", values)


def unscanned(database: Database, root: Path) -> Iterator[tuple[int, Path, Path | None]]:
    """(id, image, mask) of every sample that is yet to be scanned, read a page at a time."""
    sql = "SELECT id, image, mask FROM samples WHERE scanned = 0 AND absent = 0 AND id > ? ORDER BY id LIMIT 1000"
    last = -1
    while True:
        with database.reading() as db:
            page = db.execute(sql, (last,)).fetchall()
        if not page:
            return
        last = page[-1][0]
        yield from ((i, absolute(image, root), absolute_or_none(mask, root)) for i, image, mask in page)
