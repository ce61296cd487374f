"""Where the classes of each mask are, as packed bytes: kept beside the measures, gone with them when files change."""

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from bddseg_tui.core.data.catalog.database import Database, give_way
from bddseg_tui.core.data.catalog.paths import absolute, absolute_or_none

_PAGE = 500
Pending = tuple[int, Path, Path | None]


def unmeasured(database: Database, root: Path) -> Iterator[Pending]:
    """(id, image, mask) of every sample of which nothing was measured yet, read a page at a time."""
    sql = (
        "SELECT s.id, s.image, s.mask FROM samples s LEFT JOIN places p ON p.sample = s.id "
        "WHERE s.absent = 0 AND s.id > ? AND p.sample IS NULL ORDER BY s.id LIMIT ?"
    )
    last = -1
    while True:
        with database.reading() as db:
            page = db.execute(sql, (last, _PAGE)).fetchall()
        if not page:
            return
        last = page[-1][0]
        yield from ((i, absolute(image, root), absolute_or_none(mask, root)) for i, image, mask in page)


def progress(database: Database) -> tuple[int, int]:
    """(samples in all, samples of which nothing was measured yet)."""
    sql = "SELECT count(*), count(p.sample) FROM samples s LEFT JOIN places p ON p.sample = s.id WHERE s.absent = 0"
    with database.reading() as db:
        total, done = db.execute(sql).fetchone()
    return total, total - done


def record(database: Database, found: Iterable[tuple[int, bytes, bytes]]) -> None:
    """Keeps (id, grid, objects) of samples; both are empty of one without a mask that can be read."""
    with database.writing() as db:
        db.executemany("INSERT OR REPLACE INTO places VALUES (?, ?, ?)", list(found))
    give_way()


def stream(database: Database, split: str | None) -> Iterator[tuple[str, bytes, bytes]]:
    """(split, grid, objects) of every sample that has some, of a split or of all."""
    sql = (
        "SELECT s.split, p.grid, p.objects FROM places p JOIN samples s ON s.id = p.sample "
        "WHERE s.absent = 0 AND length(p.grid) > 0 AND (?1 IS NULL OR s.split = ?1)"
    )
    with database.reading() as db:
        for name, grid, objects in db.execute(sql, (split,)):
            yield name, bytes(grid), bytes(objects)


def usual_shape(database: Database) -> float:
    """Width by height of most images; 1 where no size is known."""
    sql = "SELECT width, height, count(*) FROM samples WHERE absent = 0 AND height > 0 GROUP BY width, height"
    shapes: Counter[float] = Counter()
    with database.reading() as db:
        for width, height, count in db.execute(sql):
            shapes[width / height] += count
    return shapes.most_common(1)[0][0] if shapes else 1.0
