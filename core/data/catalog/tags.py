"""Tags: words that people give to samples. Only people take them away; a scan never does."""

from array import array
from collections.abc import Iterable, Iterator
from itertools import groupby, islice

from bddseg_tui.core.data.catalog.database import Database, give_way
from bddseg_tui.core.errors import BddsegError
from bddseg_tui.core.sanitize import sanitize

_BATCH = 5000
_AT_ONCE = 500
"""Samples in one statement."""


def add_tag(database: Database, ids: Iterable[int], tag: str) -> "array[int]":
    """Gives these samples a tag, in short transactions; each is on disk when the next begins.

    Returns the samples that did not have it before.

    Raises:
        BddsegError: it is not one word, or cannot be written.
    """
    clean, changed = clean_tag(tag), array("q")
    for some in _batches(ids):
        with database.writing(durable=True) as db:
            db.execute("INSERT OR IGNORE INTO tag_names (name) VALUES (?)", (clean,))
            (number,) = db.execute("SELECT id FROM tag_names WHERE name = ?", (clean,)).fetchone()
            for part in _parts(some):
                sql = f"INSERT OR IGNORE INTO tags VALUES {', '.join(['(?, ?)'] * len(part))} RETURNING sample"
                new = db.execute(sql, [value for i in part for value in (i, number)]).fetchall()
                changed.extend(i for (i,) in new)
    return changed


def remove_tag(database: Database, ids: Iterable[int], tag: str) -> "array[int]":
    """Takes a tag from these samples, in the same manner; returns those that had it."""
    clean, changed = sanitize(tag).strip().lower(), array("q")
    for some in _batches(ids):
        with database.writing(durable=True) as db:
            for part in _parts(some):
                sql = (
                    f"DELETE FROM tags WHERE sample IN ({', '.join('?' * len(part))}) "
                    "AND tag = (SELECT id FROM tag_names WHERE name = ?) RETURNING sample"
                )
                changed.extend(i for (i,) in db.execute(sql, [*part, clean]).fetchall())
    return changed


def count_tagged(database: Database, ids: Iterable[int], tag: str) -> int:
    """How many of these samples have a tag."""
    found = 0
    with database.reading() as db:
        for some in _batches(ids, pause=False):
            for part in _parts(some):
                sql = (
                    f"SELECT count(*) FROM tags WHERE sample IN ({', '.join('?' * len(part))}) "
                    "AND tag = (SELECT id FROM tag_names WHERE name = ?)"
                )
                found += int(db.execute(sql, [*part, sanitize(tag).strip().lower()]).fetchone()[0])
    return found


def tags(database: Database) -> list[str]:
    """Every tag in use, in order."""
    sql = "SELECT name FROM tag_names n WHERE EXISTS (SELECT 1 FROM tags WHERE tag = n.id) ORDER BY name"
    with database.reading() as db:
        return [name for (name,) in db.execute(sql)]


def tagged(database: Database) -> Iterator[tuple[bytes, tuple[str, ...]]]:
    """(image, its tags) of every sample that has some, also of those that are absent, in the order of the images."""
    sql = (
        "SELECT s.image, n.name FROM tags t JOIN samples s ON s.id = t.sample JOIN tag_names n ON n.id = t.tag "
        "ORDER BY s.image, n.name"
    )
    with database.reading() as db:
        for image, found in groupby(db.execute(sql), key=lambda row: bytes(row[0])):
            yield image, tuple(name for _, name in found)


def clean_tag(tag: str) -> str:
    """A tag as it is kept: one word in small letters.

    Raises:
        BddsegError: it is none.
    """
    clean = sanitize(tag).strip().lower()
    if not clean or any(c.isspace() for c in clean):
        raise BddsegError(f"a tag is one word, not {sanitize(tag)!r}")
    return clean


def _batches(ids: Iterable[int], pause: bool = True) -> Iterator[list[int]]:
    source = iter(ids)
    first = True
    while some := list(islice(source, _BATCH)):
        if not first and pause:
            give_way()
        first = False
        yield some


def _parts(ids: list[int]) -> Iterator[list[int]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))


def first_tags(database: Database) -> dict[int, str]:
    """Of each sample that has tags, the one that most samples have."""
    sql = (
        "SELECT t.sample, n.name FROM tags t JOIN tag_names n ON n.id = t.tag "
        "JOIN (SELECT tag, count(*) AS samples FROM tags GROUP BY tag) c ON c.tag = t.tag ORDER BY c.samples, n.name"
    )
    with database.reading() as db:
        # What comes later, the more frequent, takes the place.
        return dict(db.execute(sql).fetchall())
