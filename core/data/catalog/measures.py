"""Numbers that were measured of each image, apart from any evaluation: how well its label fits, how sharp it is, ...

Which there are is in `measure_kinds`; filters and sorting know them by these names. What was measured of an image goes
when the image or its mask changes, since it was of what was there before.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path

from bddseg_tui.core.data.catalog.database import Database, give_way
from bddseg_tui.core.data.catalog.paths import relative

_BATCH = 1000
_INSERT = "INSERT OR REPLACE INTO measured (sample, measure, value) SELECT id, ?, ? FROM samples WHERE image = ?"


def record_measures(database: Database, root: Path, found: Iterable[tuple[Path, Mapping[str, float]]]) -> None:
    """Keeps what was measured, (image, values 0..1 by the measure's name), beside what is known; some at a time.

    Images that the catalog does not know are left out.

    Raises:
        BddsegError: the catalog cannot be written; what was written before stays.
    """
    source = iter(found)
    numbers: dict[str, int] = {}
    while some := list(islice(source, _BATCH)):
        with database.writing() as db:
            for name in {name for _, values in some for name in values} - numbers.keys():
                db.execute("INSERT OR IGNORE INTO measures (name) VALUES (?)", (name,))
                numbers[name] = db.execute("SELECT id FROM measures WHERE name = ?", (name,)).fetchone()[0]
            db.executemany(
                _INSERT,
                [(numbers[name], v, relative(image, root)) for image, vs in some for name, v in vs.items()],
            )
        give_way()


def forget_measures(database: Database, names: Iterable[str]) -> None:
    """Takes away what was measured under these names, of every image.

    Raises:
        BddsegError: the catalog cannot be written.
    """
    with database.writing() as db:
        for name in names:
            db.execute("DELETE FROM measured WHERE measure = (SELECT id FROM measures WHERE name = ?)", (name,))


def measured(database: Database) -> dict[str, int]:
    """How many images each measure is known of, absent ones aside."""
    sql = (
        "SELECT k.name, count(*) FROM measured m JOIN measures k ON k.id = m.measure "
        "JOIN samples s ON s.id = m.sample WHERE s.absent = 0 GROUP BY k.name"
    )
    with database.reading() as db:
        return dict(db.execute(sql).fetchall())


def measure(database: Database, name: str) -> dict[int, float]:
    """A measure of each sample that it was taken of, by the sample's id."""
    sql = (
        "SELECT m.sample, m.value FROM measured m JOIN samples s ON s.id = m.sample "
        "WHERE s.absent = 0 AND m.measure = (SELECT id FROM measures WHERE name = ?)"
    )
    with database.reading() as db:
        return dict(db.execute(sql, (name,)).fetchall())


def is_measured(database: Database, name: str) -> bool:
    """Whether a measure is known of any image."""
    sql = "SELECT EXISTS (SELECT 1 FROM measured WHERE measure = (SELECT id FROM measures WHERE name = ?))"
    with database.reading() as db:
        return bool(db.execute(sql, (name,)).fetchone()[0])
