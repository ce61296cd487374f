"""Tags: words that people give to samples. Only people take them away; a scan never does."""

from collections.abc import Iterable, Iterator
from itertools import islice

from bddseg_tui.core.data.catalog.database import Database, give_way
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

_BATCH = 5000


def add_tag(database: Database, ids: Iterable[int], tag: str) -> None:
    """Gives these samples a tag, in short transactions; each is on disk when the next begins.

    Raises:
        BddsegError: it is not one word, or cannot be written.
    """
    clean = clean_tag(tag)
    for some in _batches(ids):
        with database.writing(durable=True) as db:
            db.execute("INSERT OR IGNORE INTO tag_names (name) VALUES (?)", (clean,))
            (number,) = db.execute("SELECT id FROM tag_names WHERE name = ?", (clean,)).fetchone()
            db.executemany("INSERT OR IGNORE INTO tags VALUES (?, ?)", [(i, number) for i in some])


def remove_tag(database: Database, ids: Iterable[int], tag: str) -> None:
    """Takes a tag from these samples."""
    number = "(SELECT id FROM tag_names WHERE name = ?)"
    for some in _batches(ids):
        with database.writing(durable=True) as db:
            values = [(i, sanitize(tag).strip().lower()) for i in some]
            db.executemany(f"DELETE FROM tags WHERE sample = ? AND tag = {number}", values)


def tags(database: Database) -> list[str]:
    """Every tag in use, in order."""
    sql = "SELECT name FROM tag_names n WHERE EXISTS (SELECT 1 FROM tags WHERE tag = n.id) ORDER BY name"
    with database.reading() as db:
        return [name for (name,) in db.execute(sql)]


def clean_tag(tag: str) -> str:
    """A tag as it is kept: one word in small letters.

    Raises:
        BddsegError: it is none.
    """
    clean = sanitize(tag).strip().lower()
    if not clean or any(c.isspace() for c in clean):
        raise BddsegError(f"a tag is one word, not {sanitize(tag)!r}")
    return clean


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    source = iter(ids)
    first = True
    while some := list(islice(source, _BATCH)):
        if not first:
            give_way()
        first = False
        yield some
